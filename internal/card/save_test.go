package card

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
)

// TestSaveIn reads back what was written: the same model, without the files that
// the first card named.
func TestSaveIn(t *testing.T) {
	each(t, "*.good.yaml", func(t *testing.T, path string) {
		c, err := read(path)
		if err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		for range 2 { // the second time over the first
			to, err := c.SaveIn(dir)
			if err != nil || to != filepath.Join(dir, c.Name+".yaml") || to != c.PathIn(dir) {
				t.Fatalf("written to %s: %v", to, err)
			}
		}
		back, err := read(c.PathIn(dir))
		if err != nil {
			t.Fatal(err)
		}
		if string(back.Canonical()) != string(c.Canonical()) || back.Source != c.Source || back.License != c.License {
			t.Errorf("read back:\n%s\nwant\n%s", back.Canonical(), c.Canonical())
		}
		if want := filepath.Join(dir, filepath.Base(c.File)); back.Path() != want {
			t.Errorf("its file is %s, want %s", back.Path(), want)
		}
		entries, err := os.ReadDir(dir)
		if err != nil || len(entries) != 1 {
			t.Errorf("%d files in the folder, %v", len(entries), err)
		}
	})
}

func TestSaveInNoFolder(t *testing.T) {
	c := Default()
	c.Name, c.File = "net", "net.onnx"
	dir := filepath.Join(t.TempDir(), "none")
	if _, err := c.SaveIn(dir); err == nil || !strings.Contains(err.Error(), dir) {
		t.Errorf("error %v, want one that names the folder", err)
	}
}

// TestReadFS reads a card and its labels from where no system's file is.
func TestReadFS(t *testing.T) {
	const text = "name: net\nfile: net.onnx\ninput: {width: 64, height: 64}\nhead: {kind: yolox}\nlabels: "
	fsys := fstest.MapFS{
		"sub/net.yaml": {Data: []byte(text + "a.names")},
		"sub/a.names":  {Data: []byte("one\ntwo\n")},
		"bad.yaml":     {Data: []byte(text + "b.names")},
	}
	c, err := ReadFS(fsys, "sub/net.yaml")
	if err != nil || len(c.Labels.Names) != 2 || c.Label(1) != "two" {
		t.Errorf("got %+v, %v", c, err)
	}
	for path, want := range map[string]string{"bad.yaml": "b.names", "none.yaml": "none.yaml"} {
		if _, err := ReadFS(fsys, path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want one that names %s", path, err, want)
		}
	}
}
