package app

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// --out and --annotate are told apart before either is opened, also where neither
// is there yet.
func TestResultsAndClipApart(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	for _, err := range []error{
		os.WriteFile(at("old.mp4"), []byte("old"), 0o600),
		os.Link(at("old.mp4"), at("hard.mp4")),
		os.Symlink("old.mp4", at("soft.mp4")),
		os.Mkdir(at("real"), 0o700),
		os.Symlink("real", at("way")),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		out, clip string
		same      bool
	}{
		{at("old.mp4"), at("old.mp4"), true},
		{at("old.mp4"), at("hard.mp4"), true},
		{at("soft.mp4"), at("old.mp4"), true},
		{at("new.mp4"), dir + "/real/../new.mp4", true},
		{at("way/new.mp4"), at("real/new.mp4"), true},
		{at("new.mp4"), at("newer.mp4"), false},
		{at("new.mp4"), at("real/new.mp4"), false},
		{at("none/new.mp4"), at("nothing/new.mp4"), false},
		{"-", at("new.mp4"), false},
		{"", at("new.mp4"), false},
		{at("new.jsonl"), "", false},
	} {
		err := apart(c.out, c.clip)
		if (err != nil) != c.same || c.same && (ExitCode(err) != 2 || !strings.Contains(err.Error(), "are one file")) {
			t.Errorf("%s and %s: %v", c.out, c.clip, err)
		}
	}
	o := BatchOptions{Inputs: []string{at("x.jpg")}, Out: at("old.mp4"), Annotate: at("old.mp4")}
	if err := Batch(t.Context(), &Env{}, o); ExitCode(err) != 2 {
		t.Errorf("batch: %v", err)
	}
}
