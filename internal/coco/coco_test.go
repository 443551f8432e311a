package coco

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"braid/internal/testdata"
)

const good = `{
  "info": {"year": 2026}, "licenses": [],
  "images": [
    {"id": 7, "file_name": "a.jpg", "width": 640, "height": 480, "coco_url": "x"},
    {"id": 8, "file_name": "b.jpg", "width": 10, "height": 20, "frame": 0, "pts_ns": 40000000, "labeled_category_ids": []},
    {"id": 9, "width": 10, "height": 20, "pts_ns": 0, "labeled_category_ids": [3]}
  ],
  "annotations": [
    {"id": 1, "image_id": 7, "category_id": 3, "bbox": [1, 2.5, 3, 4], "area": 11, "iscrowd": 1, "segmentation": {"counts": [1], "size": [1, 1]}},
    {"id": 900100448263, "image_id": 8, "category_id": 4, "bbox": [-1, 0, 3, 4], "track": 0, "visible": 0.25}
  ],
  "categories": [{"id": 3, "name": "person", "supercategory": "x"}, {"id": 4, "name": "car"}]
}`

func ptr[T any](v T) *T { return &v }

func TestRead(t *testing.T) {
	got, err := Read(strings.NewReader(good))
	if err != nil {
		t.Fatal(err)
	}
	want := &Dataset{
		Images: []Image{
			{ID: 7, File: "a.jpg", Width: 640, Height: 480},
			{ID: 8, File: "b.jpg", Width: 10, Height: 20, Frame: ptr(0), PTS: ptr(int64(40_000_000)), Labeled: []int64{}},
			{ID: 9, Width: 10, Height: 20, PTS: ptr(int64(0)), Labeled: []int64{3}},
		},
		Annotations: []Annotation{
			{ID: 1, Image: 7, Category: 3, Box: [4]float64{1, 2.5, 3, 4}, Area: 11, Crowd: true},
			{ID: 900100448263, Image: 8, Category: 4, Box: [4]float64{-1, 0, 3, 4}, Area: 12, Track: ptr(int64(0)), Visible: ptr(0.25)},
		},
		Categories: []Category{{3, "person"}, {4, "car"}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	for i, all := range []bool{true, false, true} {
		if got.Images[i].LabelsAll(3) != all {
			t.Errorf("image %d labels all of category 3: %v, want %v", i, !all, all)
		}
	}
	if got.Images[2].LabelsAll(4) {
		t.Error("image 2 does not label category 4")
	}
}

func TestReadSaysWhatIsWrong(t *testing.T) {
	for _, c := range []struct{ old, with, want string }{
		{good, ``, "not JSON"},
		{good, `[{"image_id": 1}]`, "object with images, annotations and categories"},
		{good, good[:200], "not JSON at byte 200"},
		{`"images": [`, `"pictures": [`, "list images is missing"},
		{`"categories": [`, `"classes": [`, "list categories is missing"},
		{`{"id": 7,`, `{`, "images[0]: id is missing"},
		{`{"id": 7,`, `{"id": 8,`, "images[1]: id 8 is used twice"},
		{`{"id": 7,`, `{"id": "7",`, "images.id at byte"},
		{`"file_name": "a.jpg", `, ``, "images[0] (id 7): file_name is missing"},
		{`"width": 640, `, ``, "images[0]: width is missing"},
		{`"height": 480`, `"height": 0`, "size 640x0"},
		{`"frame": 0`, `"frame": -1`, "frame -1"},
		{`[3]}`, `[5]}`, "images[2] (id 9): labeled_category_ids: category 5"},
		{`"image_id": 7, `, ``, "annotations[0]: image_id is missing"},
		{`"image_id": 7, `, `"image_id": 70, `, "annotations[0] (id 1): image 70 is not listed"},
		{`"category_id": 3, `, `"category_id": 30, `, "category 30 is not listed"},
		{`"bbox": [1, 2.5, 3, 4], `, ``, "bbox is missing"},
		{`[1, 2.5, 3, 4]`, `[1, 2.5, 3]`, "bbox has 3 numbers"},
		{`[1, 2.5, 3, 4]`, `[1, 2.5, -3, 4]`, "negative size"},
		{`[1, 2.5, 3, 4]`, `[1, 2.5e30, 3, 4]`, "out of range"},
		{`"area": 11`, `"area": -11`, "area -11"},
		{`"iscrowd": 1`, `"iscrowd": 2`, "iscrowd is 2"},
		{`"visible": 0.25`, `"visible": 25`, "visible 25"},
		{`{"id": 900100448263`, `{"id": 1`, "annotations[1]: id 1 is used twice"},
		{`{"id": 4, "name"`, `{"id": 3, "name"`, "categories[1]: id 3 is used twice"},
		{`{"id": 4, "name"`, `{"name"`, "categories[1]: id is missing"},
		{`"car"`, `"person"`, `name "person" is used twice`},
		{`"car"`, `""`, "categories[1]: name is missing"},
	} {
		if !strings.Contains(good, c.old) {
			t.Fatalf("%q is not in the file", c.old)
		}
		_, err := Read(strings.NewReader(strings.Replace(good, c.old, c.with, 1)))
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q for %q: got %v, want %q", c.with, c.old, err, c.want)
		}
	}
}

func TestReadFileNamesTheFile(t *testing.T) {
	bad := filepath.Join(t.TempDir(), "bad.json")
	if err := os.WriteFile(bad, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{bad, filepath.Join(t.TempDir(), "none.json")} {
		if _, err := ReadFile(path); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: got %v", path, err)
		}
	}
}

func TestWriteRefusesWhatReadRefuses(t *testing.T) {
	d := Dataset{Images: []Image{{ID: 1}}}
	var b bytes.Buffer
	if err := d.Write(&b); err == nil || b.Len() > 0 {
		t.Errorf("wrote %q, error %v", b.String(), err)
	}
}

// datasets are Datasets that are valid.
func datasets(t *rapid.T) *Dataset {
	d := &Dataset{Images: []Image{}, Annotations: []Annotation{}, Categories: []Category{}}
	for i := range rapid.IntRange(1, 4).Draw(t, "categories") {
		d.Categories = append(d.Categories, Category{int64(i) * 3, fmt.Sprintf("<%d> é", i)})
	}
	for i := range rapid.IntRange(1, 5).Draw(t, "images") {
		m := Image{ID: int64(i), File: fmt.Sprint(i), Width: rapid.IntRange(1, 99).Draw(t, "w"), Height: 1}
		if rapid.Bool().Draw(t, "framed") {
			m.Frame, m.PTS, m.Labeled = &i, ptr(rapid.Int64().Draw(t, "pts")), []int64{0}
		}
		d.Images = append(d.Images, m)
	}
	number := rapid.Float64Range(0, 5000)
	for i := range rapid.IntRange(0, 9).Draw(t, "boxes") {
		a := Annotation{
			ID: int64(i), Image: rapid.Int64Range(0, int64(len(d.Images)-1)).Draw(t, "of"), Crowd: rapid.Bool().Draw(t, "crowd"),
			Box: [4]float64{number.Draw(t, "x"), -number.Draw(t, "y"), number.Draw(t, "w"), number.Draw(t, "h")}, Area: number.Draw(t, "area"),
		}
		if rapid.Bool().Draw(t, "tracked") {
			a.Track, a.Visible = ptr(int64(i)), ptr(number.Draw(t, "visible")/5000)
		}
		d.Annotations = append(d.Annotations, a)
	}
	return d
}

func TestWhatIsWrittenReadsBackTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := datasets(t)
		var b bytes.Buffer
		if err := want.Write(&b); err != nil {
			t.Fatal(err)
		}
		text := b.String()
		got, err := Read(&b)
		if err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("got  %+v\nwant %+v\nfrom %s", got, want, text)
		}
	})
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(good))
	f.Add([]byte(`{"images":[],"annotations":[],"categories":[]}`))
	f.Add([]byte(`{"images":null,"annotations":[{}],"categories":[{"id":1e3}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		d, err := Read(bytes.NewReader(data))
		if err != nil {
			return
		}
		var b bytes.Buffer
		if err := d.Write(&b); err != nil {
			t.Fatalf("what was read cannot be written: %v", err)
		}
		if again, err := Read(&b); err != nil || !reflect.DeepEqual(again, d) {
			t.Fatalf("what was written reads differently: %v", err)
		}
	})
}

// TestRealFiles reads files that others made.
func TestRealFiles(t *testing.T) {
	for name, boxes := range map[string]int{"images/coco-val-dev/instances.json": 898, "train/instances.json": 17385} {
		t.Run(name, func(t *testing.T) {
			d, err := ReadFile(testdata.Path(t, name))
			if err != nil {
				t.Fatal(err)
			}
			if len(d.Annotations) != boxes {
				t.Errorf("%d boxes, want %d", len(d.Annotations), boxes)
			}
		})
	}
}

func BenchmarkRead(b *testing.B) {
	d := &Dataset{Categories: []Category{{1, "person"}}, Images: []Image{{ID: 1, File: "a", Width: 1, Height: 1}}, Annotations: make([]Annotation, 36781)}
	for i := range d.Annotations {
		d.Annotations[i] = Annotation{ID: int64(i), Image: 1, Category: 1, Box: [4]float64{236.98, 142.51, 24.7, 69.5}, Area: 531.8071}
	}
	var file bytes.Buffer
	if err := d.Write(&file); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(file.Len()))
	for b.Loop() {
		if _, err := Read(bytes.NewReader(file.Bytes())); err != nil {
			b.Fatal(err)
		}
	}
}
