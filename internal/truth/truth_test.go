package truth

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"braid/internal/coco"
	"braid/source/synth"
	"braid/source/synth/actor"
)

func TestRecorder(t *testing.T) {
	r := NewRecorder()
	r.Add(coco.Image{File: "a.jpg", Width: 640, Height: 360}, []synth.Object{
		{Class: actor.Bus, Track: 7, Box: [4]float64{10, 20, 100.5, 40}, Visible: 0.87654},
		{Class: actor.Person, Track: 8, Box: [4]float64{10, 20, 5, 15}, Visible: 1},
		{Class: actor.Truck, Track: 9, Box: [4]float64{10, 20, 50, 50}, Visible: 0.2},
	})
	r.Add(coco.Image{File: "b.jpg", Width: 640, Height: 360}, nil)
	d := r.Dataset()
	if err := d.Validate(); err != nil {
		t.Fatal(err)
	}
	if len(d.Images) != 2 || len(d.Annotations) != 3 || d.Images[1].ID != 2 || len(d.Images[1].Labeled) != actor.Classes {
		t.Fatalf("%+v", d)
	}
	bus := d.Annotations[0]
	if bus.Category != 6 || bus.Crowd || bus.Area != 4020 || *bus.Track != 7 || *bus.Visible != 0.8765 {
		t.Errorf("the bus is %+v", bus)
	}
	if !d.Annotations[1].Crowd || !d.Annotations[2].Crowd {
		t.Error("a tiny object and a hidden one are asked for")
	}
}

func TestOfNamesFramesByTheirTime(t *testing.T) {
	o := synth.Options{Seed: 3, Width: 160, Height: 90, FPS: 2, Seconds: 1.5}
	d, err := Of(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if len(d.Images) != 3 || *d.Images[2].PTS != 1e9 || *d.Images[2].Frame != 2 {
		t.Errorf("%+v", d.Images)
	}
}

// However many scenes are drawn at once, the files are the same.
func TestPicturesDoNotDependOnWorkers(t *testing.T) {
	var truths, pictures [2][]byte
	for k, workers := range []int{1, 3} {
		dir := t.TempDir()
		scenes := 0
		p := Pictures{First: 5, Scenes: 3, Frames: 2, Every: 1.5, Width: 160, Height: 90, Workers: workers}
		if workers == 1 {
			p.Done = func() { scenes++ }
		}
		if err := p.Write(t.Context(), dir); err != nil {
			t.Fatal(err)
		}
		if workers == 1 && scenes != 3 {
			t.Errorf("told of %d scenes", scenes)
		}
		truths[k] = read(t, filepath.Join(dir, "instances.json"))
		pictures[k] = read(t, filepath.Join(dir, "images", "scene-000007-001.jpg"))
	}
	if !bytes.Equal(truths[0], truths[1]) || !bytes.Equal(pictures[0], pictures[1]) {
		t.Error("three workers draw something else than one")
	}
	d, err := coco.Read(bytes.NewReader(truths[0]))
	if err != nil || len(d.Images) != 6 {
		t.Errorf("%d images, %v", len(d.Images), err)
	}
}

// Once it is to stop no scene is begun, and there is no truth of a part.
func TestPicturesBeginNoSceneAfterAStop(t *testing.T) {
	cause := errors.New("enough")
	for _, workers := range []int{1, 2} {
		ctx, stop := context.WithCancelCause(t.Context())
		var begun atomic.Int64
		dir := t.TempDir()
		p := Pictures{
			First: 1, Scenes: 100, Frames: 1, Every: 1, Width: 160, Height: 90, Workers: workers,
			Done: func() { begun.Add(1); stop(cause) },
		}
		if err := p.Write(ctx, dir); !errors.Is(err, cause) {
			t.Errorf("%d workers: %v", workers, err)
		}
		if n := begun.Load(); n > int64(workers) {
			t.Errorf("%d workers begin %d scenes", workers, n)
		}
		if _, err := os.Stat(filepath.Join(dir, "instances.json")); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%d workers: the truth of a part: %v", workers, err)
		}
	}
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestPicturesValidate(t *testing.T) {
	good := Pictures{First: 1, Scenes: 1, Frames: 1, Every: 1, Width: 160, Height: 90}
	if err := good.Validate(); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*Pictures){
		"no scenes": func(p *Pictures) { p.Scenes = 0 },
		"no frames": func(p *Pictures) { p.Frames = -1 },
		"no time":   func(p *Pictures) { p.Every = 0 },
		"odd size":  func(p *Pictures) { p.Width = 161 },
	} {
		p := good
		change(&p)
		if p.Validate() == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// What takes long stops within a frame.
func TestStops(t *testing.T) {
	cause := errors.New("enough")
	for name, do := range map[string]func(ctx context.Context) error{
		"pictures": func(ctx context.Context) error {
			return Pictures{First: 1, Scenes: 1, Frames: 1e6, Every: 0.05, Width: 160, Height: 90}.Write(ctx, t.TempDir())
		},
		"truth": func(ctx context.Context) error {
			_, err := Of(ctx, synth.Options{Seed: 1, Width: 160, Height: 90, FPS: 10, Seconds: 80_000})
			return err
		},
	} {
		ctx, cancel := context.WithTimeoutCause(t.Context(), 300*time.Millisecond, cause)
		if err := do(ctx); !errors.Is(err, cause) {
			t.Errorf("%s returned %v", name, err)
		}
		cancel()
	}
}
