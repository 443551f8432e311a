package accuracy

import (
	"math"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"

	"braid/internal/coco"
	"braid/sink/wire"
)

func ptr[T any](v T) *T { return &v }

// clip is the truth of three frames, 40 ms apart, each with a person, and of a
// picture.
func clip() *coco.Dataset {
	d := &coco.Dataset{Categories: []coco.Category{{ID: 1, Name: "person"}}}
	for i := range int64(3) {
		d.Images = append(d.Images, coco.Image{ID: i + 1, Width: 200, Height: 100, PTS: ptr(i * 40_000_000)})
	}
	d.Images = append(d.Images, coco.Image{ID: 4, Width: 200, Height: 100, File: "some/where/a.jpg"})
	for i := range d.Images {
		d.Annotations = append(d.Annotations, coco.Annotation{ID: int64(i), Image: int64(i + 1), Category: 1, Box: [4]float64{20, 10, 40, 50}, Area: 2000})
	}
	return d
}

func message(seq uint64, pts int64, file string, labels ...string) *wire.Frame {
	m := &wire.Frame{Run: "r", Seq: seq, PTS: pts, File: file, Size: [2]int{400, 200}}
	for _, l := range labels {
		m.Objects = append(m.Objects, wire.Object{Label: l, Score: 0.5, Box: [4]float32{0.1, 0.1, 0.2, 0.5}})
	}
	return m
}

func recording(t *testing.T) *Recording {
	t.Helper()
	d := clip()
	c, err := Recorded([]string{"person", "dog"}, d.Categories, []string{"person"})
	if err != nil {
		t.Fatal(err)
	}
	return NewRecording(d, c)
}

func TestRecordingFindsImages(t *testing.T) {
	r := recording(t)
	failed := message(3, 80_000_000, "clip.mp4")
	failed.Error = "infer.0: no"
	for _, m := range []*wire.Frame{
		message(1, 999_999, "clip.mp4", "person", "dog"),
		message(1, 0, "clip.mp4", "person"), // again
		message(2, 60_000_000, "clip.mp4", "person"),
		failed,
		message(4, math.MaxInt64, "clip.mp4"),
		message(5, math.MinInt64, "clip.mp4"),
		message(1, 40_000_000, "a.jpg", "dog"), // by its file, whatever the time
	} {
		if err := r.Add(m); err != nil {
			t.Fatal(err)
		}
	}
	if want := (Coverage{Images: 4, Analysed: 2, Failed: 1, Strange: 3}); r.Coverage() != want || want.Missing() != 1 {
		t.Errorf("got %+v, want %+v", r.Coverage(), want)
	}
	res := r.Evaluate()
	k := res.Classes[0]
	if res.Images != 2 || k.Counts != (Counts{Right: 1, Missed: 1}) || res.Detections != 1 {
		t.Errorf("got %+v, want one of two found: those of the dropped and the failed frame are no misses", res)
	}
	want := [4]float64{20, 10, 40, 50}
	for i, v := range r.found[0].Box {
		if math.Abs(v-want[i]) > 1e-5 {
			t.Errorf("the box is %v, want %v", r.found[0].Box, want)
		}
	}
}

func TestRecordingTakesTheNearestImage(t *testing.T) {
	r := recording(t)
	for i, c := range []struct {
		pts   int64
		index int
		ok    bool
	}{
		{-1_000_000, 0, true},
		{-1_000_001, 0, false},
		{1_000_001, 0, false},
		{39_000_000, 1, true},
		{41_000_000, 1, true},
		{80_999_999, 2, true},
		{81_000_001, 0, false},
	} {
		if index, ok := r.find(&wire.Frame{PTS: c.pts}); ok != c.ok || ok && index != c.index {
			t.Errorf("%d: image %d, %v at %d ns, want %d, %v", i, index, ok, c.pts, c.index, c.ok)
		}
	}
}

func TestRecordingRefuses(t *testing.T) {
	other := message(2, 0, "")
	small := message(1, 0, "")
	small.Size = [2]int{200, 200}
	none := message(1, 0, "")
	none.Size = [2]int{}
	for _, c := range []struct {
		name string
		add  []*wire.Frame
		want string
	}{
		{"two messages for an image", []*wire.Frame{message(1, 0, ""), other}, "run r shows image 1 at 0.000 s twice, in #1 and #2"},
		{"another shape", []*wire.Frame{small}, "1 at 0.000 s is 200x200, the annotations say 200x100"},
		{"no size", []*wire.Frame{none}, "is 0x0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := recording(t)
			var err error
			for _, m := range c.add {
				if err != nil {
					t.Fatal(err)
				}
				err = r.Add(m)
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
	d := clip()
	d.Images = append(d.Images, coco.Image{ID: 5, Width: 1, Height: 1, File: "else/a.jpg"})
	if err := NewRecording(d, Classes{}).Add(message(1, 0, "a.jpg")); err == nil || !strings.Contains(err.Error(), "several images called a.jpg") {
		t.Errorf("got %v", err)
	}
}

// lines are messages of two cameras.
const lines = `{"schema":"braid.v1.Frame","camera":"a","seq":1,"objects":[{"label":"dog"},{"label":"cat"}]}

{"schema":"braid.v1.Frame","camera":"b","seq":1,"objects":[{"label":"cow"}]}
{"schema":"braid.v1.Frame","camera":"a","seq":2,"objects":[{"label":"cat"}]}
`

func TestReadFrames(t *testing.T) {
	frames, err := ReadFrames(strings.NewReader(lines), "a")
	if err != nil || len(frames) != 2 || frames[1].Seq != 2 {
		t.Fatalf("got %+v, %v", frames, err)
	}
	if got := Labels(frames); !reflect.DeepEqual(got, []string{"cat", "dog"}) {
		t.Errorf("labels are %q", got)
	}
	for _, c := range []struct{ text, camera, want string }{
		{"", "", "no messages"},
		{lines, "", `several cameras, there are ["a" "b"]: choose one by --camera`},
		{lines, "c", `no message of camera "c", there are ["a" "b"]`},
		{lines + `{"schema":"braid.v1.Stats"}`, "a", "line 5: "},
		{lines + `{"schema":"braid.v1.Fra`, "a", "line 5: "},
	} {
		if _, err := ReadFrames(strings.NewReader(c.text), c.camera); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("camera %q: got %v, want %q", c.camera, err, c.want)
		}
	}
	if _, err := ReadFrames(iotest.ErrReader(iotest.ErrTimeout), ""); err == nil {
		t.Error("a reader's error was lost")
	}
}

// FuzzRecording puts any file against a small truth.
func FuzzRecording(f *testing.F) {
	f.Add(lines)
	f.Add(`{"schema":"braid.v1.Frame","camera":"a","size":[2,1],"pts_ns":40000001,"objects":[{"label":"person","score":-1,"box":[0,0,-1,9e30]}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		frames, err := ReadFrames(strings.NewReader(text), "")
		if err != nil {
			return
		}
		d := clip()
		classes, err := Recorded(Labels(frames), d.Categories, []string{"person"})
		if err != nil {
			t.Fatal(err)
		}
		r := NewRecording(d, classes)
		for i := range frames {
			if r.Add(&frames[i]) != nil {
				return
			}
		}
		for i, v := range stats(r.Evaluate()) {
			if v != None && !(v >= 0 && v <= 1) {
				t.Fatalf("stats[%d] is %g", i, v)
			}
		}
		if c := r.Coverage(); c.Missing() < 0 || c.Analysed+c.Failed+c.Strange > len(frames) {
			t.Fatalf("%+v of %d messages", c, len(frames))
		}
	})
}
