package wire_test

import (
	"encoding/json"
	"flag"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"braid/sink/wire"
)

var update = flag.Bool("update", false, "write the golden files and the schemas")

// contractFrame is the example of the contract.
func contractFrame() wire.Frame {
	return wire.Frame{
		Site: "demo", Camera: "gate-1", Run: "01J9ZC3K5X6Q", Seq: 48213,
		Capture: time.Date(2026, 11, 23, 10, 0, 0, 123456000, time.UTC), Clock: "wall",
		PTS: 1607100000, Size: [2]int{1920, 1080},
		Model: "yolox-nano@3f1c9a2b", Plan: "p-7f3a01c2",
		Skipped: &wire.Skipped{N: 2, Why: "late"}, Age: 41.7,
		Stages: []wire.Stage{
			{Name: "decode", Time: 2100 * time.Microsecond},
			{Name: "prep", Time: 900 * time.Microsecond},
			{Name: "infer.0", Time: 8100 * time.Microsecond},
			{Name: "infer.1", Time: 7900 * time.Microsecond},
			{Name: "detect", Time: 310 * time.Microsecond},
			{Name: "queue", Time: 1500 * time.Microsecond},
		},
		Objects: []wire.Object{{Label: "person", Score: 0.91, Box: [4]float32{0.1021, 0.2040, 0.0512, 0.3111}}},
	}
}

func goldenFrames() map[string]wire.Frame {
	batch := wire.Frame{
		Camera: "a", Run: "0123456789ab", Seq: 1, File: "in/a.mp4", Clock: "pts", Size: [2]int{640, 480},
		Model: "yolox-nano@3f1c9a2b", Plan: "p-7f3a01c2",
	}
	failed := contractFrame()
	failed.Skipped, failed.Stages = nil, nil
	failed.Error = "running segment 1 on gpu:0: out of memory"
	odd := batch
	odd.Camera, odd.File = "Überwachung \"Süd\"\n", "b\xffad\u2028\\"
	odd.Objects = []wire.Object{
		{Label: "a", Class: 79, Score: float32(math.NaN()), Box: [4]float32{-0.00001, -0.01, 1, float32(math.Inf(1))}},
		{Label: "b", Class: -1, Score: 0.123456, Box: [4]float32{0.00005, 0.99999, 1e-30, 0.5}},
	}
	return map[string]wire.Frame{"contract": contractFrame(), "batch": batch, "failed": failed, "odd": odd}
}

func goldenCamera() wire.Camera {
	return wire.Camera{
		Site: "demo", Instance: "host-1", Camera: "gate-1", Run: "01J9ZC3K5X6Q", State: wire.StateBackoff,
		Since: time.Date(2026, 11, 23, 10, 0, 0, 5000000, time.UTC), Attempt: 3,
		Error: "opening camera gate-1: connection refused", URL: "rtsp://10.0.0.7/stream1",
		Counts: wire.Counts{
			In: 100, Published: 90, InFlight: 1,
			Failed: map[string]uint64{"nats": 2}, Dropped: map[string]uint64{"policy": 7},
		},
	}
}

func goldenStats() wire.Stats {
	return wire.Stats{
		Site: "demo", Instance: "host-1", Time: time.Date(2026, 11, 23, 10, 0, 1, 0, time.UTC),
		Model: "yolox-nano@3f1c9a2b", Plan: "p-7f3a01c2",
		Cameras: []wire.CameraStats{{Camera: "gate-1", State: wire.StatePlaying, Counts: wire.Counts{In: 100, Published: 100}, FPS: 14.98765}},
		Nodes:   []wire.NodeStats{{Name: "infer.0", Workers: 2, Busy: 0.9, Starved: 0.06, Blocked: math.NaN(), Queue: 1}},
	}
}

// goldens are all golden messages by the name of their file.
func goldens(t *testing.T) map[string][]byte {
	t.Helper()
	all := map[string][]byte{}
	for name, f := range goldenFrames() {
		all["frame-"+name] = f.AppendJSON(nil)
	}
	for name, m := range map[string]any{
		"camera": goldenCamera(), "camera-empty": wire.Camera{}, "stats": goldenStats(), "stats-empty": wire.Stats{},
	} {
		b, err := json.Marshal(m)
		if err != nil {
			t.Fatalf("marshalling %s: %v", name, err)
		}
		all[name] = b
	}
	return all
}

func TestGolden(t *testing.T) {
	for name, got := range goldens(t) {
		compareFile(t, filepath.Join("testdata", name+".json"), append(got, '\n'))
	}
}

func compareFile(t *testing.T, path string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Errorf("%s differs (go test -update writes it):\ngot  %s\nwant %s", path, got, want)
	}
}
