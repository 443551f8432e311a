// Package coco is the COCO instances file: pictures, the boxes in them and the
// categories of these. It reads, checks and writes such files, and draws no
// conclusion from what they say.
//
// The format is that of https://cocodataset.org/#format-data, object detection.
// braid adds keys that others ignore: of an image frame, pts_ns and
// labeled_category_ids, of an annotation track and visible.
package coco

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// Dataset is one file.
type Dataset struct {
	Images      []Image      `json:"images"`
	Annotations []Annotation `json:"annotations"`
	Categories  []Category   `json:"categories"`
}

// Image is one picture, or one frame of a recording.
type Image struct {
	ID      int64   `json:"id"`
	File    string  `json:"file_name"`                     // with slashes, below the folder of the images
	Width   int     `json:"width"`                         // pixels
	Height  int     `json:"height"`                        // pixels
	Frame   *int    `json:"frame,omitempty"`               // place in the recording, from 0
	PTS     *int64  `json:"pts_ns,omitempty"`              // stream time in the recording, nanoseconds
	Labeled []int64 `json:"labeled_category_ids,omitzero"` // categories of which every object has a box; nil: all of them
}

// LabelsAll says whether every object of a category has a box in the image.
func (m *Image) LabelsAll(category int64) bool {
	return m.Labeled == nil || slices.Contains(m.Labeled, category)
}

// Annotation is the box of one object, or of a crowd of them.
type Annotation struct {
	ID       int64      `json:"id"`
	Image    int64      `json:"image_id"`
	Category int64      `json:"category_id"`
	Box      [4]float64 `json:"bbox"` // x and y of the top left corner, width and height, pixels
	Area     float64    `json:"area"` // of the object's outline, pixels; Read takes the box's where the file has none
	Crowd    bool       `json:"iscrowd"`
	Track    *int64     `json:"track,omitempty"`   // the same object has the same in every image
	Visible  *float64   `json:"visible,omitempty"` // share of the object that is not hidden, 0..1
}

// Category is a class of objects.
type Category struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
}

// Validate says what is wrong with a Dataset, naming the first entry at fault:
// ids that are missing a partner or are used twice, sizes that cannot be.
func (d *Dataset) Validate() error {
	categories := map[int64]bool{}
	names := map[string]bool{}
	for i, c := range d.Categories {
		switch {
		case c.Name == "":
			return fmt.Errorf("categories[%d]: name is missing", i)
		case categories[c.ID]:
			return fmt.Errorf("categories[%d]: id %d is used twice", i, c.ID)
		case names[c.Name]:
			return fmt.Errorf("categories[%d]: name %q is used twice", i, c.Name)
		}
		categories[c.ID], names[c.Name] = true, true
	}
	images := make(map[int64]bool, len(d.Images))
	for i := range d.Images {
		m := &d.Images[i]
		if images[m.ID] {
			return fmt.Errorf("images[%d]: id %d is used twice", i, m.ID)
		}
		images[m.ID] = true
		if err := m.validate(categories); err != nil {
			return fmt.Errorf("images[%d] (id %d): %w", i, m.ID, err)
		}
	}
	annotations := make(map[int64]bool, len(d.Annotations))
	for i := range d.Annotations {
		a := &d.Annotations[i]
		if annotations[a.ID] {
			return fmt.Errorf("annotations[%d]: id %d is used twice", i, a.ID)
		}
		annotations[a.ID] = true
		if err := a.validate(images, categories); err != nil {
			return fmt.Errorf("annotations[%d] (id %d): %w", i, a.ID, err)
		}
	}
	return nil
}

func (m *Image) validate(categories map[int64]bool) error {
	switch {
	case m.File == "" && m.PTS == nil:
		return errors.New("file_name is missing, and there is no pts_ns in its place")
	case m.Width < 1 || m.Height < 1:
		return fmt.Errorf("size %dx%d is out of range", m.Width, m.Height)
	case m.Frame != nil && *m.Frame < 0:
		return fmt.Errorf("frame %d is negative", *m.Frame)
	}
	for _, id := range m.Labeled {
		if !categories[id] {
			return fmt.Errorf("labeled_category_ids: category %d is not listed", id)
		}
	}
	return nil
}

func (a *Annotation) validate(images, categories map[int64]bool) error {
	switch {
	case !images[a.Image]:
		return fmt.Errorf("image %d is not listed", a.Image)
	case !categories[a.Category]:
		return fmt.Errorf("category %d is not listed", a.Category)
	case !(a.Area >= 0 && a.Area <= math.MaxFloat64):
		return fmt.Errorf("area %g is out of range", a.Area)
	case a.Visible != nil && !(*a.Visible >= 0 && *a.Visible <= 1):
		return fmt.Errorf("visible %g is not within 0 to 1", *a.Visible)
	case !(a.Box[2] >= 0 && a.Box[3] >= 0):
		return fmt.Errorf("bbox %v has a negative size", a.Box)
	}
	for _, v := range a.Box {
		if !(math.Abs(v) <= maxCoordinate) {
			return fmt.Errorf("bbox %v is out of range", a.Box)
		}
	}
	return nil
}

// maxCoordinate keeps sums and products of coordinates finite and exact enough.
const maxCoordinate = 1e9
