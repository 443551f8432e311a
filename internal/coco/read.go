package coco

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
)

// The keys of a file, with those that must be there as pointers, so that one
// that is missing is told from one that is 0.
type (
	fileJSON struct {
		Images      []imageJSON      `json:"images"`
		Annotations []annotationJSON `json:"annotations"`
		Categories  []categoryJSON   `json:"categories"`
	}
	imageJSON struct {
		ID      *int64  `json:"id"`
		File    string  `json:"file_name"`
		Width   *int    `json:"width"`
		Height  *int    `json:"height"`
		Frame   *int    `json:"frame"`
		PTS     *int64  `json:"pts_ns"`
		Labeled []int64 `json:"labeled_category_ids"`
	}
	annotationJSON struct {
		ID       *int64    `json:"id"`
		Image    *int64    `json:"image_id"`
		Category *int64    `json:"category_id"`
		Box      []float64 `json:"bbox"`
		Area     *float64  `json:"area"`
		Crowd    int       `json:"iscrowd"`
		Track    *int64    `json:"track"`
		Visible  *float64  `json:"visible"`
	}
	categoryJSON struct {
		ID   *int64 `json:"id"`
		Name string `json:"name"`
	}
)

// ReadFile reads and checks a file. Its errors name the file.
func ReadFile(path string) (*Dataset, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("reading annotations: %w", err)
	}
	defer f.Close()
	d, err := Read(f)
	if err != nil {
		return nil, fmt.Errorf("reading annotations %s: %w", path, err)
	}
	return d, nil
}

// Read reads and checks a Dataset. Keys that it does not know are passed over;
// its error names the first entry at fault and what it lacks.
func Read(r io.Reader) (*Dataset, error) {
	data, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	var f fileJSON
	if err := json.Unmarshal(data, &f); err != nil {
		return nil, describe(err)
	}
	d, err := f.dataset()
	if err != nil {
		return nil, err
	}
	return d, d.Validate()
}

// describe says where in the file the decoder stopped.
func describe(err error) error {
	if e, ok := errors.AsType[*json.SyntaxError](err); ok {
		return fmt.Errorf("not JSON at byte %d: %w", e.Offset, err)
	}
	if e, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		if e.Field == "" {
			return fmt.Errorf("a COCO file is an object with images, annotations and categories, this is a JSON %s", e.Value)
		}
		return fmt.Errorf("%s at byte %d is a JSON %s, want %s", e.Field, e.Offset, e.Value, e.Type)
	}
	return err
}

func (f *fileJSON) dataset() (*Dataset, error) {
	for _, l := range []struct {
		name string
		ok   bool
	}{{"images", f.Images != nil}, {"annotations", f.Annotations != nil}, {"categories", f.Categories != nil}} {
		if !l.ok {
			return nil, fmt.Errorf("the list %s is missing", l.name)
		}
	}
	d := &Dataset{
		Images:      make([]Image, len(f.Images)),
		Annotations: make([]Annotation, len(f.Annotations)),
		Categories:  make([]Category, len(f.Categories)),
	}
	for i, m := range f.Images {
		if missing := firstMissing(key{"id", m.ID != nil}, key{"width", m.Width != nil}, key{"height", m.Height != nil}); missing != "" {
			return nil, fmt.Errorf("images[%d]: %s is missing", i, missing)
		}
		d.Images[i] = Image{*m.ID, m.File, *m.Width, *m.Height, m.Frame, m.PTS, m.Labeled}
	}
	for i := range f.Annotations {
		if err := f.Annotations[i].into(&d.Annotations[i]); err != nil {
			return nil, fmt.Errorf("annotations[%d]: %w", i, err)
		}
	}
	for i, c := range f.Categories {
		if c.ID == nil {
			return nil, fmt.Errorf("categories[%d]: id is missing", i)
		}
		d.Categories[i] = Category{*c.ID, c.Name}
	}
	return d, nil
}

func (a *annotationJSON) into(to *Annotation) error {
	missing := firstMissing(key{"id", a.ID != nil}, key{"image_id", a.Image != nil},
		key{"category_id", a.Category != nil}, key{"bbox", a.Box != nil})
	switch {
	case missing != "":
		return fmt.Errorf("%s is missing", missing)
	case len(a.Box) != 4:
		return fmt.Errorf("bbox has %d numbers, want x, y, width, height", len(a.Box))
	case a.Crowd != 0 && a.Crowd != 1:
		return fmt.Errorf("iscrowd is %d, want 0 or 1", a.Crowd)
	}
	*to = Annotation{
		ID: *a.ID, Image: *a.Image, Category: *a.Category, Box: [4]float64(a.Box),
		Area: a.Box[2] * a.Box[3], Crowd: a.Crowd == 1, Track: a.Track, Visible: a.Visible,
	}
	if a.Area != nil {
		to.Area = *a.Area
	}
	return nil
}

// key is one that must be there.
type key struct {
	name  string
	there bool
}

func firstMissing(keys ...key) string {
	for _, k := range keys {
		if !k.there {
			return k.name
		}
	}
	return ""
}
