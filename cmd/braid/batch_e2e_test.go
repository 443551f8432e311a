//go:build e2e

package main

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"braid/accel/network"
	"braid/internal/card/cardtest"
	"braid/internal/testdata"
	"braid/sink/wire"
)

// threshold is the score of the reference detections.
const threshold = 0.4

// TestBatchFindsWhatTheReferenceFinds holds batch against detections that a
// numpy program made of the same videos and models.
func TestBatchFindsWhatTheReferenceFinds(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ video, model string }{
		{"udacity_solidWhiteRight", "yolox_nano"},
		{"udacity_solidWhiteRight", "yolo-fastest-1.1-xl"},
		{"sam2_01_dog", "yolox_nano"},
		{"sam2_01_dog", "yolo-fastest-1.1-xl"},
		{"intel_one-by-one-person-detection", "yolox_nano"},
	} {
		t.Run(c.video+"/"+c.model, func(t *testing.T) {
			video := testdata.Path(t, "videos/"+c.video+".mp4")
			expected := testdata.Path(t, "expected/"+c.video+".mp4."+c.model+".json")
			out := filepath.Join(t.TempDir(), "x.jsonl")
			mustRun(t, "batch", video, "--model", modelCard(t, c.model), "--out", out)
			match, err := exec.Command("python3", testdata.Path(t, "tools/match.py"), expected, out).CombinedOutput()
			t.Logf("%s", match)
			if err != nil {
				t.Errorf("matching: %v", err)
			}
		})
	}
}

func modelCard(t *testing.T, model string) string {
	t.Helper()
	if model == "yolox_nano" {
		return cardtest.YOLOXNano(t, threshold)
	}
	return cardtest.YOLOFastest(t, threshold)
}

// TestPlansChangeNothing runs one video as a pipeline of three segments, in four
// streams, and both ways at once, and wants the boxes of the plain plan.
func TestPlansChangeNothing(t *testing.T) {
	t.Parallel()
	video := testdata.Path(t, "videos/udacity_solidWhiteRight.mp4")
	card := cardtest.YOLOXNano(t, threshold)
	cuts := thirds(t, testdata.Path(t, "models/yolox_nano.onnx"))
	run := func(t *testing.T, plan string) ([]wire.Frame, summary) {
		out := filepath.Join(t.TempDir(), "x.jsonl")
		r := mustRun(t, "batch", video, "--model", card, "--out", out, "--plan", plan, "-o", "json")
		return frames(t, out), summaryOf(t, r.out)
	}
	want, _ := run(t, "serial")
	for _, c := range []struct {
		name              string
		segments, streams int
	}{{"three segments", 3, 1}, {"four streams", 1, 4}, {"three segments in two streams", 3, 2}} {
		t.Run(c.name, func(t *testing.T) {
			got, s := run(t, writeFile(t, "plan.yaml", planFile(cuts[:c.segments-1], c.streams)))
			if err := sameBoxes(want, got); err != nil {
				t.Error(err)
			}
			ran := 0
			for _, stage := range s.Stages {
				if !strings.HasPrefix(stage.Stage, "infer.") {
					continue
				}
				ran++
				if len(stage.Workers) != c.streams {
					t.Errorf("%s ran in %d streams, want %d", stage.Stage, len(stage.Workers), c.streams)
				}
				total := uint64(0)
				for _, n := range stage.Workers {
					total += n
					if n == 0 {
						t.Errorf("%s has an idle stream: %v", stage.Stage, stage.Workers)
					}
				}
				if total != uint64(len(want)) {
					t.Errorf("%s ran %d frames, want %d", stage.Stage, total, len(want))
				}
			}
			balanced(t, s)
			if ran != c.segments {
				t.Errorf("%d segments ran, want %d", ran, c.segments)
			}
		})
	}
}

// thirds are two cut points that lie about a third of the layers apart.
func thirds(t *testing.T, path string) []string {
	t.Helper()
	n, err := network.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	cuts := n.Cuts()
	return []string{cuts[len(cuts)/3].At, cuts[2*len(cuts)/3].At}
}

func planFile(cuts []string, streams int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "version: 1\nin_flight: %d\nsegments:\n", streams*(len(cuts)+1)+3)
	for _, at := range cuts {
		fmt.Fprintf(&b, "  - {until: %q, devices: [cpu], streams: %d}\n", at, streams)
	}
	fmt.Fprintf(&b, "  - {devices: [cpu], streams: %d}\n", streams)
	return b.String()
}

// sameBoxes compares detections to 0.001, leaving out what is so near to the
// threshold that rounding decides.
func sameBoxes(want, got []wire.Frame) error {
	if len(want) != len(got) {
		return fmt.Errorf("%d frames, want %d", len(got), len(want))
	}
	for i := range want {
		for _, pair := range [][2]wire.Frame{{want[i], got[i]}, {got[i], want[i]}} {
			for _, o := range pair[0].Objects {
				if math.Abs(float64(o.Score)-threshold) > 0.001 && !has(pair[1].Objects, o) {
					return fmt.Errorf("frame %d: %+v is only on one side", i+1, o)
				}
			}
		}
	}
	return nil
}

func has(objects []wire.Object, o wire.Object) bool {
	for _, p := range objects {
		same := p.Class == o.Class && near(p.Score, o.Score)
		for i := range o.Box {
			same = same && near(p.Box[i], o.Box[i])
		}
		if same {
			return true
		}
	}
	return false
}

func near(a, b float32) bool { return math.Abs(float64(a)-float64(b)) <= 0.001 }

// TestBatchIsDeterministic wants the same bytes of the same input, also when the
// first run was cut off and resumed.
func TestBatchIsDeterministic(t *testing.T) {
	t.Parallel()
	video := testdata.Path(t, "videos/sam2_01_dog.mp4")
	photos := filepath.Dir(testdata.Path(t, "images/well-known/dog.jpg"))
	card := cardtest.YOLOXNano(t, threshold)
	dir := t.TempDir()
	batch := func(out string, more ...string) []byte {
		args := append([]string{"batch", video, photos, "--model", card, "--max-frames", "60", "--out", out}, more...)
		mustRun(t, args...)
		data, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	first := batch(filepath.Join(dir, "a.jsonl"))
	if again := batch(filepath.Join(dir, "b.jsonl")); !bytes.Equal(first, again) {
		t.Error("a second run wrote other bytes")
	}
	for _, part := range []int{0, 1, len(first) / 3, len(first) - 100} {
		out := filepath.Join(dir, fmt.Sprintf("cut%d.jsonl", part))
		if err := os.WriteFile(out, first[:part], 0o600); err != nil {
			t.Fatal(err)
		}
		if got := batch(out, "--resume"); !bytes.Equal(first, got) {
			t.Errorf("resumed from %d of %d bytes: other bytes", part, len(first))
		}
	}
	if n := bytes.Count(first, []byte("\n")); n != 65 {
		t.Errorf("%d lines, want 60 frames and 5 images", n)
	}
}

// TestBatchNamesInputs checks cameras and files of inputs with equal names.
func TestBatchNamesInputs(t *testing.T) {
	a, b := filepath.Join(t.TempDir(), "clip.jpg"), filepath.Join(t.TempDir(), "clip.jpg")
	photo, err := os.ReadFile(testdata.Path(t, "images/well-known/dog.jpg"))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range []string{a, b} {
		if err := os.WriteFile(p, photo, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	out := filepath.Join(t.TempDir(), "x.jsonl")
	mustRun(t, "batch", a, b, "--model", cardtest.YOLOXNano(t, threshold), "--out", out)
	got := frames(t, out)
	if len(got) != 2 || got[0].Camera != "clip" || got[1].Camera != "clip-2" || got[0].File != "clip.jpg" {
		t.Errorf("got %+v", got)
	}
	if len(got[0].Objects) == 0 {
		t.Error("nothing was found on the picture of a dog")
	}
}
