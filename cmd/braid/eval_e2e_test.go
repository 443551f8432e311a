//go:build e2e

package main

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"braid/internal/card/cardtest"
	"braid/internal/coco"
	"braid/internal/testdata"
)

// evaluation is what eval -o json prints.
type evaluation struct {
	MAP        float64 `json:"mAP"`
	AP50       float64
	Images     int
	Detections int
	Recall     float64
	Classes    []struct {
		Name  string
		AP    float64
		Boxes int
	}
	Frames *struct{ Images, Analysed, Missing, Strange int }
}

// cocoVal is the folder and the truth of 128 pictures.
func cocoVal(t *testing.T) (images, annotations string) {
	t.Helper()
	return testdata.Path(t, "images/coco-val-dev/images"), testdata.Path(t, "images/coco-val-dev/instances.json")
}

// TestEvalMeasuresWhatTheReferenceMeasures holds eval against pycocotools on
// detections that a numpy program made with the same models.
func TestEvalMeasuresWhatTheReferenceMeasures(t *testing.T) {
	t.Parallel()
	images, annotations := cocoVal(t)
	cuts := thirds(t, testdata.Path(t, "models/yolox_nano.onnx"))
	const tolerance = 0.003
	for _, c := range []struct {
		name, card, plan string
		ap, ap50         float64
	}{
		{"yolox-nano", cardtest.YOLOXNano(t, threshold), "auto", 0.342, 0.504},
		{"yolox-nano in three segments", cardtest.YOLOXNano(t, threshold), writeFile(t, "plan.yaml", planFile(cuts, 2)), 0.342, 0.504},
		{"yolo-fastest-1.1-xl", cardtest.YOLOFastest(t, threshold), "serial", 0.229, 0.454},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := decode[evaluation](t, mustRun(t, "eval", "--model", c.card, "--plan", c.plan, "--images", images, "--annotations", annotations, "-o", "json"))
			if math.Abs(got.MAP-c.ap) > tolerance || math.Abs(got.AP50-c.ap50) > tolerance {
				t.Errorf("AP %.4f, AP50 %.4f, want %.3f, %.3f", got.MAP, got.AP50, c.ap, c.ap50)
			}
			if got.Images != 128 || got.Detections < 10_000 || len(got.Classes) != 80 {
				t.Errorf("%d images, %d detections, %d classes", got.Images, got.Detections, len(got.Classes))
			}
		})
	}
}

// few is a truth of the first pictures, with the classes of cocoVal.
func few(t *testing.T, n int) (images, annotations string) {
	t.Helper()
	images, all := cocoVal(t)
	d, err := coco.ReadFile(all)
	if err != nil {
		t.Fatal(err)
	}
	d.Images = d.Images[:n]
	var kept []coco.Annotation
	for _, a := range d.Annotations {
		if a.Image <= d.Images[n-1].ID {
			kept = append(kept, a)
		}
	}
	d.Annotations = kept
	return images, writeDataset(t, d)
}

func writeDataset(t *testing.T, d *coco.Dataset) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "instances.json")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := d.Write(f); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestEvalOfSomeClasses leaves out what was not asked for, on both sides, and
// fails where that is not good enough.
func TestEvalOfSomeClasses(t *testing.T) {
	images, annotations := few(t, 12)
	card := cardtest.YOLOXNano(t, threshold)
	args := []string{"eval", "--model", card, "--images", images, "--annotations", annotations, "--classes", "person,motorcycle", "-o", "json"}
	got := decode[evaluation](t, mustRun(t, args...))
	if len(got.Classes) != 2 || got.Classes[0].Name != "person" || got.Classes[0].Boxes == 0 || got.MAP < 0.1 || got.MAP > 1 {
		t.Errorf("got %+v", got)
	}
	r := braid(t, append(args, "--min-ap50", "1")...)
	if again := decode[evaluation](t, r); r.code != 5 || again.MAP != got.MAP || !strings.Contains(r.stderr, "below --min-ap50 1") {
		t.Errorf("exit %d:\n%s%s", r.code, r.out, r.stderr)
	}
}

// TestEvalOfRecordedDetections judges what batch has written, of a folder by
// file and with some messages missing.
func TestEvalOfRecordedDetections(t *testing.T) {
	images, annotations := cocoVal(t)
	out := filepath.Join(t.TempDir(), "x.jsonl")
	mustRun(t, "batch", images, "--model", cardtest.YOLOXNano(t, threshold), "--max-frames", "40", "--out", out)
	got := decode[evaluation](t, mustRun(t, "eval", "--detections", out, "--annotations", annotations, "-o", "json"))
	if f := got.Frames; f == nil || f.Images != 128 || f.Analysed != 40 || f.Missing != 88 || f.Strange != 0 || got.Images != 40 {
		t.Errorf("got %+v", got.Frames)
	}
	if got.AP50 < 0.3 || got.AP50 > 0.6 || got.Recall < 0.3 || got.Recall > 0.7 {
		t.Errorf("AP50 %.3f, recall %.3f", got.AP50, got.Recall)
	}
}

// TestEvalOfAVideo matches messages with frames by their time: the truth are the
// detections themselves.
func TestEvalOfAVideo(t *testing.T) {
	out := filepath.Join(t.TempDir(), "x.jsonl")
	mustRun(t, "batch", testdata.Path(t, "videos/sam2_01_dog.mp4"), "--model", cardtest.YOLOXNano(t, threshold), "--max-frames", "30", "--out", out)
	d := &coco.Dataset{Categories: []coco.Category{{ID: 1, Name: "person"}, {ID: 2, Name: "dog"}}}
	for i, f := range frames(t, out) {
		d.Images = append(d.Images, coco.Image{ID: int64(i), Width: f.Size[0], Height: f.Size[1], PTS: &f.PTS})
		for _, o := range f.Objects {
			a := coco.Annotation{ID: int64(len(d.Annotations)), Image: int64(i), Category: 1, Box: [4]float64{
				float64(o.Box[0]) * float64(f.Size[0]), float64(o.Box[1]) * float64(f.Size[1]),
				float64(o.Box[2]) * float64(f.Size[0]), float64(o.Box[3]) * float64(f.Size[1]),
			}}
			if a.Area = a.Box[2] * a.Box[3]; o.Label == "dog" {
				a.Category = 2
			}
			if o.Label == "dog" || o.Label == "person" {
				d.Annotations = append(d.Annotations, a)
			}
		}
	}
	args := []string{"eval", "--detections", out, "--annotations", writeDataset(t, d), "--classes", "person,dog", "-o", "json"}
	got := decode[evaluation](t, mustRun(t, args...))
	if len(d.Annotations) < 30 || got.Images != 30 || math.Abs(got.MAP-1) > 1e-9 || got.Recall != 1 {
		t.Errorf("%d boxes, AP %.4f, recall %.4f on %d images, want 1 on 30", len(d.Annotations), got.MAP, got.Recall, got.Images)
	}
}

// TestEvalComparesPlans: a cut with two streams changes no AP, and is told so.
func TestEvalComparesPlans(t *testing.T) {
	images, annotations := few(t, 12)
	card := cardtest.YOLOXNano(t, threshold)
	cut := writeFile(t, "plan.yaml", planFile(thirds(t, testdata.Path(t, "models/yolox_nano.onnx")), 2))
	type compared struct {
		MAP     float64 `json:"mAP"`
		Plan    string
		Compare struct {
			MAP     float64 `json:"mAP"`
			Plan    string
			Changed bool
			Drop    float64
			Classes []struct{ Name string }
		}
	}
	args := []string{"eval", "--model", card, "--images", images, "--annotations", annotations, "--plan", "serial"}
	got := decode[compared](t, mustRun(t, append(args, "--compare-plan", cut, "--max-drop", "0", "-o", "json")...))
	c := got.Compare
	if c.Changed || c.Drop != 0 || c.MAP != got.MAP || c.MAP < 0.1 || c.Plan == got.Plan || len(c.Classes) != 80 {
		t.Errorf("got %+v", got)
	}
	auto := decode[compared](t, mustRun(t, append(args, "--compare-plan", "auto", "-o", "json")...)) // where the CPU has fp16, perhaps in that
	if c := auto.Compare; math.Abs(c.Drop) > 0.01 || c.Plan == auto.Plan {
		t.Errorf("got %+v", auto)
	}
	full := filepath.Join(t.TempDir(), "fp32.yaml")
	mustRun(t, "plan", "--model", card, "--precision", "fp32", "--out", full)
	for _, p := range []string{full, cut} {
		if r := mustRun(t, append(args, "--compare-plan", p)...); !strings.Contains(r.out, "changes no AP") {
			t.Errorf("%s: got\n%s", p, r.out)
		}
	}
	for _, bad := range [][]string{{"--compare-plan", "serial"}, {"--max-drop", "0.1"}} {
		if r := braid(t, append(args, bad...)...); r.code != 2 || !strings.Contains(r.stderr, bad[0]) {
			t.Errorf("%v: exit %d\n%s", bad, r.code, r.stderr)
		}
	}
}

// TestEvalRefuses names what is wrong.
func TestEvalRefuses(t *testing.T) {
	images, annotations := few(t, 3)
	card := cardtest.YOLOXNano(t, threshold)
	d, err := coco.ReadFile(annotations)
	if err != nil {
		t.Fatal(err)
	}
	lacking, six, empty, turned := *d, *d, *d, *d
	lacking.Images = append([]coco.Image{{ID: 1, File: "no-such.jpg", Width: 1, Height: 1}}, d.Images...)
	six.Categories = d.Categories[:6]
	six.Annotations, empty.Annotations = nil, nil
	turned.Images = append([]coco.Image{}, d.Images...)
	turned.Images[0].Width, turned.Images[0].Height = d.Images[0].Height, d.Images[0].Width
	bad := writeFile(t, "bad.json", `{"images":[{"id":1}],"annotations":[],"categories":[]}`)
	recorded := writeFile(t, "x.jsonl", `{"schema":"braid.v1.Frame","camera":"a","run":"r","seq":1,"file":"else.jpg","clock":"pts","pts_ns":0,"size":[1,1],"model":"m","plan":"p","objects":[]}`+"\n")
	for _, c := range []struct {
		name string
		args []string
		code int
		want []string
	}{
		{"no truth", []string{"--images", images}, 2, []string{"--annotations"}},
		{"nothing to judge", []string{"--annotations", annotations}, 2, []string{"--images", "--detections"}},
		{"a share over one", []string{"--images", images, "--annotations", annotations, "--min-map", "34"}, 2, []string{"--min-map"}},
		{"missing truth", []string{"--images", images, "--annotations", "no.json"}, 3, []string{"no.json"}},
		{"broken truth", []string{"--images", images, "--annotations", bad}, 3, []string{"bad.json", "images[0]", "width"}},
		{"missing picture", []string{"--images", images, "--annotations", writeDataset(t, &lacking)}, 3, []string{"no-such.jpg"}},
		{"other classes", []string{"--images", images, "--annotations", writeDataset(t, &six)}, 3, []string{"train", "--classes"}},
		{"unknown class", []string{"--images", images, "--annotations", annotations, "--classes", "person,unicorn"}, 3, []string{"unicorn"}},
		{"no boxes", []string{"--images", images, "--annotations", writeDataset(t, &empty)}, 3, []string{"no box"}},
		{"turned picture", []string{"--images", images, "--annotations", writeDataset(t, &turned)}, 3, []string{d.Images[0].File}},
		{"unknown model", []string{"--images", images, "--annotations", annotations, "--model", "nothing"}, 3, []string{"nothing"}},
		{"missing recording", []string{"--detections", "no.jsonl", "--annotations", annotations}, 3, []string{"no.jsonl"}},
		{"no recording", []string{"--detections", bad, "--annotations", annotations}, 3, []string{"bad.json", "line 1"}},
		{"another recording", []string{"--detections", recorded, "--annotations", annotations}, 3, []string{"x.jsonl", "none of its 1 messages"}},
		{"another camera", []string{"--detections", recorded, "--annotations", annotations, "--camera", "b"}, 3, []string{`"b"`, `"a"`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := braid(t, append([]string{"eval", "--model", card}, c.args...)...)
			if r.code != c.code || r.out != "" {
				t.Errorf("exit %d, want %d; stdout %q", r.code, c.code, r.out)
			}
			for _, part := range c.want {
				if !strings.Contains(lastLines(r.stderr), part) {
					t.Errorf("the message does not say %q:\n%s", part, r.stderr)
				}
			}
		})
	}
}
