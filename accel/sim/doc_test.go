package sim

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"braid/accel/plan"
	"braid/internal/strict"
	"braid/internal/strict/stricttest"
	"braid/internal/testdata"
)

var update = flag.Bool("update", false, "rewrite documentation")

func TestDocumentation(t *testing.T) {
	const doc = "docs/simulation.md"
	f := &File{}
	stricttest.Block(t, doc, "machine", strict.Table(f, ""), *update)
	stricttest.Block(t, doc, "device", strict.Table(f, "devices[]."), *update)
	schema, err := strict.SchemaOf(f, "braid devices")
	if err != nil {
		t.Fatal(err)
	}
	stricttest.File(t, "docs/schema/devices.json", string(schema), *update)
}

// TestExamples parses the files that come with braid, and those of the page.
func TestExamples(t *testing.T) {
	root := testdata.Root(t)
	files, err := filepath.Glob(filepath.Join(root, "configs", "*", "*.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	read := func(path string) string {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	n := 0
	for _, path := range files {
		if dir := filepath.Base(filepath.Dir(path)); dir != "machines" && dir != "sim" {
			continue
		}
		n++
		f, err := ParseFile([]byte(read(path)), path)
		if err != nil {
			t.Error(err)
		}
		if filepath.Base(filepath.Dir(path)) == "sim" && len(f.Runnable()) != len(f.Devices) {
			t.Errorf("%s: not all of its devices can be run on", path)
		}
	}
	page := read(filepath.Join(root, "docs", "simulation.md"))
	_, text, _ := strings.Cut(page, "```yaml plan\n")
	text, _, _ = strings.Cut(text, "```")
	if _, err := plan.Parse([]byte(text), "docs/simulation.md"); err != nil {
		t.Error(err)
	}
	_, text, _ = strings.Cut(page, "```yaml\n")
	text, _, _ = strings.Cut(text, "```")
	if _, err := ParseFile([]byte(text), "docs/simulation.md"); err != nil || n < 3 {
		t.Errorf("%d files, %v", n, err)
	}
}
