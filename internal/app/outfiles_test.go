package app

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestCheckOutFiles: a file that cannot be written, or by which another would be lost, is refused before
// anything is done.
func TestCheckOutFiles(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	if err := os.Mkdir(at("photos"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"model.onnx", "old.json", "photos/a.jpg", "photos/old.jsonl"} {
		if err := os.WriteFile(at(name), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(at("model.onnx"), at("link.yaml")); err != nil {
		t.Fatal(err)
	}
	used := []string{at("model.onnx"), at("photos"), "rtsp://camera/1", ""}
	for _, c := range []struct {
		name string
		outs []outFile
		code int
		want string
	}{
		{"new files", []outFile{{"--json", at("a.json")}, {"--html", at("a.html")}}, 0, ""},
		{"one that is there", []outFile{{"--out", at("old.json")}}, 0, ""},
		{"none, and stdout twice", []outFile{{"--out", ""}, {"--out", "-"}, {"--timeline", "-"}}, 0, ""},
		{"what is read", []outFile{{"--out", at("model.onnx")}}, 2, "--out " + at("model.onnx") + " would overwrite what is read"},
		{"what is read, by a link", []outFile{{"--out", at("link.yaml")}}, 2, "overwrite"},
		{"one of the pictures that are read", []outFile{{"--out", at("photos/a.jpg")}}, 2, "overwrite"},
		{"a new picture, and results, beside them", []outFile{{"--out", at("photos/b.jpg")}, {"--json", at("photos/old.jsonl")}}, 0, ""},
		{"one file twice", []outFile{{"--json", at("z")}, {"--html", dir + "/./z"}}, 2, "--json " + at("z") + " and --html"},
		{"a folder", []outFile{{"--out", dir}}, 2, "is a directory"},
		{"in no folder", []outFile{{"--out", at("none/a")}}, 4, at("none/a") + ": its folder is not there"},
		{"in a file", []outFile{{"--out", at("old.json/a")}}, 4, "old.json/a"},
	} {
		err := checkOutFiles(used, c.outs...)
		if ExitCode(err) != c.code || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, exit %d; want %d and %q", c.name, err, ExitCode(err), c.code, c.want)
		}
	}
	if os.Getuid() == 0 {
		return // may write everywhere
	}
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	if err := checkOutFiles(nil, outFile{"--out", at("a")}); ExitCode(err) != 4 {
		t.Errorf("in a folder that may not be written to: %v", err)
	}
}
