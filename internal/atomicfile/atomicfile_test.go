package atomicfile

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestWriteReplaces(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.json")
	for _, text := range []string{"one", "another"} {
		if err := Write(path, []byte(text)); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != text {
			t.Errorf("%q, %v", got, err)
		}
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o644 {
		t.Errorf("%v, %v", info, err)
	}
	alone(t, filepath.Dir(path))
}

func TestWriteLeavesNothingBehind(t *testing.T) {
	dir := t.TempDir()
	taken := filepath.Join(dir, "folder")
	if err := os.MkdirAll(filepath.Join(taken, "full"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := Write(taken, []byte("x")); err == nil {
		t.Error("a folder was replaced")
	}
	alone(t, dir)
	missing := filepath.Join(dir, "missing", "a")
	if err := Write(missing, nil); !os.IsNotExist(err) || err.Error() != "writing "+missing+": no such file or directory" {
		t.Errorf("in a folder that is missing: %v", err)
	}
	if err := Write(taken, nil); err == nil || !strings.HasPrefix(err.Error(), "writing "+taken+": ") {
		t.Errorf("over a folder: %v", err)
	}
}

// alone fails where more than one entry is in a folder.
func alone(t *testing.T, dir string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("%v, %v", entries, err)
	}
}
