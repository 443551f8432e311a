package app

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A dataset that the user stops has exit code 130, says what lies there and has no
// truth of a part.
func TestSceneDatasetStops(t *testing.T) {
	env, _ := cachedIn(t)
	drain, dir := make(chan struct{}), t.TempDir()
	close(drain)
	env.Drain = drain
	err := SceneDataset(t.Context(), env, SceneDatasetOptions{Dir: dir, Scenes: 1000, Frames: 1, Every: 1, Size: "320x180"})
	if ExitCode(err) != 130 || !strings.Contains(err.Error(), dir) || !strings.Contains(err.Error(), "truth is not written") {
		t.Errorf("exit %d, %v", ExitCode(err), err)
	}
	if _, err := os.Stat(filepath.Join(dir, "instances.json")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the truth of a part: %v", err)
	}
}

// TestSceneDatasetKeepsAnother: a dataset that lies there is not written over.
func TestSceneDatasetKeepsAnother(t *testing.T) {
	env, _ := cachedIn(t)
	dir := t.TempDir()
	o := SceneDatasetOptions{Dir: dir, Scenes: 1, Frames: 1, Every: 1, Size: "160x90"}
	if err := SceneDataset(t.Context(), env, o); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(dir, "images")); err != nil {
		t.Fatal(err)
	}
	if err := SceneDataset(t.Context(), env, o); ExitCode(err) != 2 || !strings.Contains(err.Error(), "instances.json is there already") {
		t.Errorf("exit %d, %v", ExitCode(err), err)
	}
	if _, err := os.Stat(filepath.Join(dir, "images")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("pictures of a dataset that is refused: %v", err)
	}
}
