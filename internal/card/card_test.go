package card

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

var update = flag.Bool("update", false, "rewrite golden files")

func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs (-update rewrites it):\n%s", path, got)
	}
}

func each(t *testing.T, pattern string, test func(t *testing.T, path string)) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", pattern))
	if err != nil || len(files) == 0 {
		t.Fatalf("no %s: %v", pattern, err)
	}
	for _, f := range files {
		t.Run(filepath.Base(f), func(t *testing.T) { test(t, f) })
	}
}

// TestGoodFiles shows the cards with their defaults filled in, and their
// canonical bytes.
func TestGoodFiles(t *testing.T) {
	each(t, "*.good.yaml", func(t *testing.T, path string) {
		c, err := read(path)
		if err != nil {
			t.Fatal(err)
		}
		out, err := yaml.Marshal(c)
		if err != nil || !json.Valid(c.Canonical()) {
			t.Fatalf("%v\n%s", err, c.Canonical())
		}
		golden(t, strings.TrimSuffix(path, ".good.yaml")+".golden", string(out)+"# "+string(c.Canonical())+"\n")
		back, err := Parse(out, path)
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		back.Labels.Names = c.Labels.Names
		if string(back.Canonical()) != string(c.Canonical()) {
			t.Errorf("read back:\n%s\nwant\n%s", back.Canonical(), c.Canonical())
		}
	})
}

func TestBadFiles(t *testing.T) {
	each(t, "*.bad.yaml", func(t *testing.T, path string) {
		_, err := read(path)
		if err == nil {
			t.Fatal("taken")
		}
		golden(t, strings.TrimSuffix(path, ".yaml")+".golden", err.Error()+"\n")
	})
}

func TestLabel(t *testing.T) {
	c, err := read("testdata/contract.good.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for class, want := range map[int]string{0: "person", 1: "car", 2: "", 3: "person", 4: "4", -1: "-1"} {
		if got := c.Label(class); got != want {
			t.Errorf("Label(%d) = %q, want %q", class, got, want)
		}
	}
}

func TestID(t *testing.T) {
	c := Card{Name: "net"}
	if c.ID() != "net" {
		t.Errorf("without a hash the id is %q", c.ID())
	}
	if c.SHA256 = strings.Repeat("3f1c9a2b", 8); c.ID() != "net@3f1c9a2b" {
		t.Errorf("id is %q", c.ID())
	}
}

// TestCanonical says what makes two cards different for a result.
func TestCanonical(t *testing.T) {
	base := func() *Card {
		c, err := read("testdata/contract.good.yaml")
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	want := string(base().Canonical())
	for name, change := range map[string]func(*Card){
		"file":    func(c *Card) { c.File = "moved.onnx" },
		"license": func(c *Card) { c.License = "MIT" },
		"source":  func(c *Card) { c.Source = "" },
		"labels written as a list": func(c *Card) {
			c.Labels.File = ""
		},
	} {
		c := base()
		if change(c); string(c.Canonical()) != want {
			t.Errorf("%s changes the canonical bytes", name)
		}
	}
	for name, change := range map[string]func(*Card){
		"name":   func(c *Card) { c.Name = "x" },
		"sha256": func(c *Card) { c.SHA256 = "x" },
		"input":  func(c *Card) { c.Input.Pad = 0 },
		"head":   func(c *Card) { c.Head.Strides = []int{8} },
		"labels": func(c *Card) { c.Labels.Names[0] = "x" },
		"nms":    func(c *Card) { c.NMS.Score = 0.26 },
	} {
		c := base()
		if change(c); string(c.Canonical()) == want {
			t.Errorf("%s does not change the canonical bytes", name)
		}
	}
}

func TestPath(t *testing.T) {
	c := Card{File: "a/b.onnx", dir: "/cards"}
	if got := c.Path(); got != filepath.FromSlash("/cards/a/b.onnx") {
		t.Errorf("relative: %s", got)
	}
	if c.File = "/abs.onnx"; c.Path() != "/abs.onnx" {
		t.Errorf("absolute: %s", c.Path())
	}
}

func FuzzParse(f *testing.F) {
	files, _ := filepath.Glob("testdata/*.yaml")
	for _, name := range files {
		if data, err := os.ReadFile(name); err == nil {
			f.Add(data)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := Parse(data, "c.yaml")
		if err != nil {
			return
		}
		if !json.Valid(c.Canonical()) {
			t.Errorf("canonical bytes are no JSON: %s", c.Canonical())
		}
		out, err := yaml.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		if back, err := Parse(out, "back.yaml"); err != nil || string(back.Canonical()) != string(c.Canonical()) {
			t.Errorf("read back: %v\n%s", err, out)
		}
	})
}
