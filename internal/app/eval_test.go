package app

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"braid/internal/accuracy"
	"braid/internal/coco"
	"braid/source/images"
)

func TestEvalOptions(t *testing.T) {
	for _, c := range []struct {
		name string
		o    EvalOptions
		want string // "" is no error
	}{
		{"pictures", EvalOptions{Annotations: "a", Images: "i", MinMAP: 1}, ""},
		{"recorded", EvalOptions{Annotations: "a", Detections: "d", Camera: "c"}, ""},
		{"no truth", EvalOptions{Images: "i"}, "--annotations"},
		{"nothing to judge", EvalOptions{Annotations: "a"}, "--images DIR"},
		{"two things to judge", EvalOptions{Annotations: "a", Images: "i", Detections: "d"}, "--detections"},
		{"a camera of pictures", EvalOptions{Annotations: "a", Images: "i", Camera: "c"}, "--camera"},
		{"percent", EvalOptions{Annotations: "a", Images: "i", MinMAP: 34}, "--min-map 34"},
		{"two plans", EvalOptions{Annotations: "a", Images: "i", ComparePlan: "p", MaxDrop: 0.002}, ""},
		{"two plans of a recording", EvalOptions{Annotations: "a", Detections: "d", ComparePlan: "p"}, "--compare-plan"},
		{"a negative drop", EvalOptions{Annotations: "a", Images: "i", ComparePlan: "p", MaxDrop: -0.1}, "--max-drop -0.1"},
		{"no number", EvalOptions{Annotations: "a", Images: "i", MinAP50: math.NaN()}, "--min-ap50 NaN"},
	} {
		err := c.o.validate()
		if c.want == "" && err != nil || c.want != "" && (ExitCode(err) != 2 || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
	}
}

func TestEvalPictures(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a.jpg", "sub/a.jpg"} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	truth := &coco.Dataset{Images: []coco.Image{{ID: 7, File: "sub/a.jpg"}, {ID: 3, File: "a.jpg"}}}
	src, err := pictures(truth, dir, slog.New(slog.DiscardHandler))
	if err != nil || src.Info().Frames != 2 {
		t.Fatalf("got %v, %v", src, err)
	}
	for i, m := range truth.Images {
		if want := time.Duration(i) * images.Interval; m.PTS == nil || *m.PTS != int64(want) {
			t.Errorf("image %d comes at %v, want %v", i, m.PTS, want)
		}
	}
	for file, want := range map[string]string{"b.jpg": "image 9 of the annotations", "../a.jpg": `"../a.jpg"`, "/a.jpg": "below " + dir} {
		truth.Images[1] = coco.Image{ID: 9, File: file}
		_, err := pictures(truth, dir, slog.New(slog.DiscardHandler))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", file, err, want)
		}
		if file == "b.jpg" && !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: got %v", file, err)
		}
	}
	if _, err := pictures(&coco.Dataset{}, dir, slog.New(slog.DiscardHandler)); err == nil {
		t.Error("no images were taken for some")
	}
}

// measured is a report of one class.
func measured() *evalReport {
	return newEvalReport(accuracy.Result{
		AP: 0.3, AP50: 0.5, APSmall: accuracy.None, Images: 2, Detections: 8,
		Classes: []accuracy.Class{
			{ID: 1, Name: "person", AP: 0.3, AP50: 0.5, Boxes: 4, Detections: 8, Counts: accuracy.Counts{Right: 3, Wrong: 1, Missed: 1}},
			{ID: 2, Name: "car", AP: accuracy.None, AP50: accuracy.None},
		},
	})
}

func TestEvalCheck(t *testing.T) {
	r := measured()
	if err := r.check(EvalOptions{MinMAP: 0.3, MinAP50: 0.5}); err != nil {
		t.Error(err)
	}
	err := r.check(EvalOptions{MinMAP: 0.31, MinAP50: 0.51})
	if ExitCode(err) != 5 || !strings.Contains(err.Error(), "mAP 0.3000 is below --min-map 0.31") || !strings.Contains(err.Error(), "AP50 0.5000") {
		t.Errorf("got %v", err)
	}
}

func TestEvalReport(t *testing.T) {
	print := func(r *evalReport, asJSON bool) string {
		var out bytes.Buffer
		if err := r.print(&Env{Out: &out, JSON: asJSON}); err != nil {
			t.Fatal(err)
		}
		return out.String()
	}
	r := measured()
	var keys map[string]any
	if err := json.Unmarshal([]byte(print(r, true)), &keys); err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]any{"mAP": 0.3, "AP50": 0.5, "images": 2.0, "detections": 8.0, "recall": nil, "frames": nil} {
		if keys[key] != want {
			t.Errorf("%s is %v, want %v", key, keys[key], want)
		}
	}
	if classes, ok := keys["classes"].([]any); !ok || len(classes) != 2 {
		t.Errorf("classes are %v", keys["classes"])
	}
	if text := print(r, false); strings.Contains(text, "RECALL") || !strings.Contains(text, "car     -") || r.boxes() != 4 {
		t.Errorf("%d boxes in\n%s", r.boxes(), text)
	}
	r.operate(accuracy.Coverage{Images: 9, Analysed: 2, Failed: 3})
	if err := json.Unmarshal([]byte(print(r, true)), &keys); err != nil {
		t.Fatal(err)
	}
	if keys["recall"] != 0.75 || keys["precision"] != 0.75 || keys["frames"].(map[string]any)["missing"] != 4.0 {
		t.Errorf("got %v", keys)
	}
	if text := print(r, false); !strings.Contains(text, "2 of 9 images analysed; left out: 4 without a message, 3 failed") || !strings.Contains(text, "RECALL") {
		t.Errorf("got\n%s", text)
	}
}
