package accuracy

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"braid/internal/coco"
)

// golden is a case of testdata/golden.json, which testdata/golden.py has made
// with pycocotools.
type golden struct {
	Name       string
	Truth      json.RawMessage
	Found      []json.RawMessage // [image, category, score, box]
	Images     []int64
	Categories []int64
	Expected   struct {
		Stats   [12]float64
		Classes [][3]float64 // id, AP, AP50
	}
}

func (g *golden) read(t *testing.T) (*coco.Dataset, []Detection) {
	t.Helper()
	truth, err := coco.Read(bytes.NewReader(g.Truth))
	if err != nil {
		t.Fatal(err)
	}
	var found []Detection
	for _, raw := range g.Found {
		var d Detection
		if err := json.Unmarshal(raw, &[]any{&d.Image, &d.Category, &d.Score, &d.Box}); err != nil {
			t.Fatal(err)
		}
		found = append(found, d)
	}
	return truth, found
}

// stats are the numbers of a Result as pycocotools orders them.
func stats(r Result) [12]float64 {
	return [12]float64{
		r.AP, r.AP50, r.AP75, r.APSmall, r.APMedium, r.APLarge,
		r.AR1, r.AR10, r.AR100, r.ARSmall, r.ARMedium, r.ARLarge,
	}
}

func TestAgreesWithPycocotools(t *testing.T) {
	data, err := os.ReadFile("testdata/golden.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []golden
	if err := json.Unmarshal(data, &cases); err != nil {
		t.Fatal(err)
	}
	const tolerance = 1e-9
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			truth, found := c.read(t)
			r := Evaluate(truth, found, Options{Images: c.Images, Categories: c.Categories})
			for i, got := range stats(r) {
				if want := c.Expected.Stats[i]; !(math.Abs(got-want) <= tolerance) {
					t.Errorf("stats[%d] is %.12f, want %.12f", i, got, want)
				}
			}
			if len(r.Classes) != len(c.Expected.Classes) {
				t.Fatalf("%d classes, want %d", len(r.Classes), len(c.Expected.Classes))
			}
			for i, want := range c.Expected.Classes {
				k := r.Classes[i]
				if float64(k.ID) != want[0] || !(math.Abs(k.AP-want[1]) <= tolerance) || !(math.Abs(k.AP50-want[2]) <= tolerance) {
					t.Errorf("class %d: AP %.12f, AP50 %.12f, want class %v: %.12f, %.12f", k.ID, k.AP, k.AP50, want[0], want[1], want[2])
				}
			}
		})
	}
}

// TestThresholds wants numpy's linspace(0.5, 0.95, 10).
func TestThresholds(t *testing.T) {
	if want := [thresholds]float64{0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.8999999999999999, 0.95}; leastOverlap != want {
		t.Errorf("got %v, want %v", leastOverlap, want)
	}
}

func TestNothingToFind(t *testing.T) {
	truth := &coco.Dataset{
		Images:     []coco.Image{{ID: 1, File: "a", Width: 9, Height: 9}},
		Categories: []coco.Category{{ID: 4, Name: "cat"}},
	}
	found := []Detection{{Image: 1, Category: 4, Score: 0.5, Box: [4]float64{0, 0, 5, 5}}, {Image: 2, Category: 4, Score: 1}}
	r := Evaluate(truth, found, Options{})
	for i, v := range stats(r) {
		if v != None {
			t.Errorf("stats[%d] is %g, want none", i, v)
		}
	}
	k := r.Classes[0]
	if r.Images != 1 || r.Detections != 1 || k.Counts != (Counts{Wrong: 1}) || k.Recall() != None || k.Precision() != 0 {
		t.Errorf("got %+v", r)
	}
}

func TestCounts(t *testing.T) {
	at := func(x float64) [4]float64 { return [4]float64{x, 0, 10, 10} }
	truth := &coco.Dataset{
		Images:     []coco.Image{{ID: 1, File: "a", Width: 99, Height: 99}, {ID: 2, File: "b", Width: 99, Height: 99, Labeled: []int64{}}},
		Categories: []coco.Category{{ID: 4, Name: "cat"}},
		Annotations: []coco.Annotation{
			{ID: 1, Image: 1, Category: 4, Box: at(0), Area: 100},
			{ID: 2, Image: 1, Category: 4, Box: at(20), Area: 100},
			{ID: 3, Image: 1, Category: 4, Box: at(40), Area: 100, Crowd: true},
			{ID: 4, Image: 1, Category: 4, Box: at(60), Area: 100},
			{ID: 5, Image: 2, Category: 4, Box: at(0), Area: 100}, // of an image that labels no cats
		},
	}
	var found []Detection
	for _, x := range []float64{1, 1, 41, 42, 43, 60, 80} {
		found = append(found, Detection{1, 4, 0.5, at(x)}, Detection{2, 4, 0.5, at(x)})
	}
	k := Evaluate(truth, found, Options{}).Classes[0]
	// Right are one of the two at 1, and that at 60. The other at 1 and that at 80
	// are wrong, those on the crowd neither.
	if want := (Counts{Right: 2, Wrong: 2, Missed: 1}); k.Counts != want || k.Boxes != 3 || k.Detections != 7 {
		t.Errorf("%+v of %d boxes, %d detections, want %+v of 3, 7", k.Counts, k.Boxes, k.Detections, want)
	}
	if k.Recall() != 2.0/3 || k.Precision() != 0.5 {
		t.Errorf("recall %g, precision %g", k.Recall(), k.Precision())
	}
	if sum := k.Counts.Plus(k.Counts); sum != (Counts{4, 4, 2}) {
		t.Errorf("twice that is %+v", sum)
	}
}

// worlds are truths and detections near them.
func worlds(t *rapid.T) (*coco.Dataset, []Detection) {
	d := &coco.Dataset{Categories: []coco.Category{{ID: 1, Name: "a"}, {ID: 2, Name: "b"}}}
	coordinate := rapid.Float64Range(0, 60)
	drawBox := func() [4]float64 {
		return [4]float64{coordinate.Draw(t, "x"), coordinate.Draw(t, "y"), 1 + coordinate.Draw(t, "w"), 1 + coordinate.Draw(t, "h")}
	}
	for i := range rapid.IntRange(1, 5).Draw(t, "images") {
		d.Images = append(d.Images, coco.Image{ID: int64(i), File: fmt.Sprint(i), Width: 99, Height: 99})
	}
	image := rapid.Int64Range(0, int64(len(d.Images)-1))
	category := rapid.Int64Range(1, 2)
	var found []Detection
	for i := range rapid.IntRange(0, 8).Draw(t, "boxes") {
		b := drawBox()
		a := coco.Annotation{
			ID: int64(i + 1), Image: image.Draw(t, "of"), Category: category.Draw(t, "category"),
			Box: b, Area: b[2] * b[3], Crowd: rapid.IntRange(0, 5).Draw(t, "crowd") == 0,
		}
		d.Annotations = append(d.Annotations, a)
		if rapid.Bool().Draw(t, "found") {
			b[0] += rapid.Float64Range(-5, 5).Draw(t, "off")
			found = append(found, Detection{Image: a.Image, Category: a.Category, Box: b})
		}
	}
	for range rapid.IntRange(0, 5).Draw(t, "strays") {
		found = append(found, Detection{Image: image.Draw(t, "of"), Category: category.Draw(t, "category"), Box: drawBox()})
	}
	for i := range found { // all scores differ
		found[i].Score = (rapid.Float64Range(0, 0.9).Draw(t, "score") + float64(i)) / float64(len(found))
	}
	return d, found
}

func TestOrderDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		truth, found := worlds(t)
		want := Evaluate(truth, found, Options{})
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		rename := rng.Perm(len(truth.Images))
		for i := range truth.Images {
			truth.Images[i].ID = int64(rename[i])
		}
		for i := range truth.Annotations {
			a := &truth.Annotations[i]
			a.Image = int64(rename[a.Image])
		}
		for i := range found {
			found[i].Image = int64(rename[found[i].Image])
		}
		rng.Shuffle(len(truth.Images), func(i, j int) { truth.Images[i], truth.Images[j] = truth.Images[j], truth.Images[i] })
		rng.Shuffle(len(found), func(i, j int) { found[i], found[j] = found[j], found[i] })
		got := Evaluate(truth, found, Options{})
		if !slices.Equal(got.Classes, want.Classes) || stats(got) != stats(want) {
			t.Fatalf("got  %+v\nwant %+v", got, want)
		}
	})
}

func TestAFindOfMoreNeverHurts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		truth, found := worlds(t)
		if len(truth.Annotations) == 0 {
			t.Skip("nothing to find")
		}
		before := Evaluate(truth, found, Options{})
		a := rapid.SampledFrom(truth.Annotations).Draw(t, "hit")
		// The best of all detections is one that hits a box exactly. Whatever had that
		// box before may now be wrong, or take another: so all others of it go first.
		found = slices.DeleteFunc(found, func(d Detection) bool {
			return d.Image == a.Image && d.Category == a.Category
		})
		without := Evaluate(truth, found, Options{})
		with := Evaluate(truth, append(found, Detection{Image: a.Image, Category: a.Category, Score: 2, Box: a.Box}), Options{})
		if with.AP50 < without.AP50 || with.AP < without.AP || with.AR100 < without.AR100 {
			t.Fatalf("AP50 %g, AP %g, AR %g with one more hit than %g, %g, %g", with.AP50, with.AP, with.AR100, without.AP50, without.AP, without.AR100)
		}
		for _, r := range []Result{before, without, with} {
			for i, v := range stats(r) {
				if v != None && !(v >= 0 && v <= 1) {
					t.Fatalf("stats[%d] is %g", i, v)
				}
			}
		}
	})
}

func TestThePerfectDetectorScoresOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		truth, _ := worlds(t)
		var found []Detection
		for _, a := range truth.Annotations {
			if !a.Crowd {
				found = append(found, Detection{a.Image, a.Category, 0.5, a.Box})
			}
		}
		r := Evaluate(truth, found, Options{})
		if r.AP != None && (math.Abs(r.AP-1) > 1e-12 || r.AR100 != 1) {
			t.Fatalf("AP %g, AR %g", r.AP, r.AR100)
		}
	})
}

// BenchmarkEvaluate is the size of COCO val2017 with 20 detections an image.
func BenchmarkEvaluate(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 2))
	truth := &coco.Dataset{}
	for c := range int64(80) {
		truth.Categories = append(truth.Categories, coco.Category{ID: c, Name: fmt.Sprint(c)})
	}
	var found []Detection
	for i := range int64(5000) {
		truth.Images = append(truth.Images, coco.Image{ID: i})
		for k := range 27 {
			box := [4]float64{rng.Float64() * 500, rng.Float64() * 500, rng.Float64() * 99, rng.Float64() * 99}
			category := rng.Int64N(80)
			if k < 7 {
				truth.Annotations = append(truth.Annotations, coco.Annotation{ID: i*7 + int64(k), Image: i, Category: category, Box: box, Area: box[2] * box[3]})
			}
			found = append(found, Detection{i, category, rng.Float64(), box})
		}
	}
	for b.Loop() {
		if r := Evaluate(truth, found, Options{}); r.AP < 0 {
			b.Fatal(r.AP)
		}
	}
}
