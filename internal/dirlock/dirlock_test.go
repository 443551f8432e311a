package dirlock

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

func TestOneAtATime(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	l, err := Take(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Take(dir); !errors.Is(err, ErrTaken) || err.Error() != dir+" is used by another process" {
		t.Errorf("a second time: %v", err)
	}
	if err := l.Release(); err != nil {
		t.Fatal(err)
	}
	l, err = Take(dir)
	if err != nil {
		t.Fatalf("after it was released: %v", err)
	}
	if err := l.Release(); err != nil {
		t.Fatal(err)
	}
	if err := (*Lock)(nil).Release(); err != nil {
		t.Error(err)
	}
}

func TestFolderThatCannotBe(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Take(filepath.Join(file, "dir")); err == nil || errors.Is(err, ErrTaken) {
		t.Errorf("below a file: %v", err)
	}
}
