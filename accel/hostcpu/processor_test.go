package hostcpu

import (
	"os"
	"path/filepath"
	"testing"
)

func TestProcessor(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		p := filepath.Join(dir, name)
		if err := os.WriteFile(p, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return p
	}
	if got := processorName(write("x86", "processor\t: 0\nmodel name\t: Some CPU @ 2.0\nmodel name\t: Other\n")); got != "Some CPU @ 2.0" {
		t.Errorf("name on x86: %q", got)
	}
	if got := processorName(write("arm", "processor\t: 0\nModel\t\t: A Board\n")); got != "A Board" {
		t.Errorf("name on arm: %q", got)
	}
	if got := processorName(filepath.Join(dir, "none")); got == "" {
		t.Error("no name where nothing is known")
	}
	if got := instructions(write("x86flags", "flags\t\t: fpu avx2\n")); got != "fpu avx2" {
		t.Errorf("instruction sets on x86: %q", got)
	}
	if got := instructions(write("armfeatures", "Features\t: fp asimd\n")); got != "fp asimd" {
		t.Errorf("instruction sets on arm: %q", got)
	}
}
