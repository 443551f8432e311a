// Package stricttest keeps documentation true to the code: what can be made from
// the structs is compared with what the files under docs say.
package stricttest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"braid/internal/testdata"
)

// File compares a file of the repository with what it should be, or rewrites it.
func File(t testing.TB, name, want string, update bool) {
	t.Helper()
	path := filepath.Join(testdata.Root(t), filepath.FromSlash(name))
	if update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("%s is not up to date: run this test with -update\nwant:\n%s", name, want)
	}
}

// Block compares the part of a Markdown file between the lines
// <!-- block: ID --> and <!-- end --> with what it should be, or rewrites it.
func Block(t testing.TB, name, id, want string, update bool) {
	t.Helper()
	path := filepath.Join(testdata.Root(t), filepath.FromSlash(name))
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(data), "<!-- block: "+id+" -->\n")
	got, after, closed := strings.Cut(rest, "<!-- end -->")
	if !ok || !closed {
		t.Fatalf("%s has no block %q", name, id)
	}
	if got == want {
		return
	}
	if !update {
		t.Errorf("block %s of %s is not up to date: run this test with -update\nwant:\n%s", id, name, want)
		return
	}
	text := before + "<!-- block: " + id + " -->\n" + want + "<!-- end -->" + after
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
