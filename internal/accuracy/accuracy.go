// Package accuracy holds detections against a truth: average precision and
// recall as COCO defines them, and the bookkeeping that leads there, from
// messages to the images and categories of a coco.Dataset. It runs no model and
// reads no pictures.
//
// The numbers are those of pycocotools' COCOeval for boxes, whose definition is
// https://cocodataset.org/#detection-eval: greedy matching by score at ten IoU
// thresholds from 0.5 to 0.95, at most 100 detections of a category in an image,
// precision taken at 101 recalls, the mean over the categories that have boxes.
package accuracy

import (
	"cmp"
	"slices"

	"braid/internal/coco"
)

// None stands for a number that has no meaning, as in pycocotools: the AP of a
// category that has no box in the truth.
const None = -1

// Detection is one box that was found.
type Detection struct {
	Image, Category int64 // ids
	Score           float64
	Box             [4]float64 // x and y of the top left corner, width and height, pixels of the image
}

// Options say what is evaluated.
type Options struct {
	Images     []int64 // ids; nil: all
	Categories []int64 // ids; nil: all
}

// Result is what was measured, each number from 0 to 1 or None.
type Result struct {
	AP       float64 `json:"mAP"` // mean over IoU 0.50, 0.55 … 0.95
	AP50     float64 `json:"AP50"`
	AP75     float64 `json:"AP75"`
	APSmall  float64 `json:"AP_small"`  // objects up to 32x32 pixels
	APMedium float64 `json:"AP_medium"` // up to 96x96
	APLarge  float64 `json:"AP_large"`
	AR1      float64 `json:"AR_1"` // recall with so many detections of a category in an image, mean over the IoUs
	AR10     float64 `json:"AR_10"`
	AR100    float64 `json:"AR_100"`
	ARSmall  float64 `json:"AR_small"`
	ARMedium float64 `json:"AR_medium"`
	ARLarge  float64 `json:"AR_large"`

	Images     int     `json:"images"`     // evaluated
	Detections int     `json:"detections"` // on them, of the categories
	Classes    []Class `json:"classes"`    // by category id
}

// Class is the result of one category.
type Class struct {
	ID         int64   `json:"id"`
	Name       string  `json:"name"`
	AP         float64 `json:"AP"`
	AP50       float64 `json:"AP50"`
	Boxes      int     `json:"boxes"` // in the truth, without crowds
	Detections int     `json:"detections"`
	Counts     `json:"-"`
}

// Counts are the detections at the score at which they were made, at IoU 0.5.
type Counts struct {
	Right, Wrong, Missed int
}

// Recall is the share of the boxes that was found, None where there is no box.
func (c Counts) Recall() float64 { return ratio(c.Right, c.Right+c.Missed) }

// Precision is the share of the detections that are right, None where there is
// no detection.
func (c Counts) Precision() float64 { return ratio(c.Right, c.Right+c.Wrong) }

// Plus is the sum of two Counts.
func (c Counts) Plus(o Counts) Counts {
	return Counts{c.Right + o.Right, c.Wrong + o.Wrong, c.Missed + o.Missed}
}

func ratio(part, whole int) float64 {
	if whole == 0 {
		return None
	}
	return float64(part) / float64(whole)
}

// Evaluate measures detections against a truth. Of equal scores in one image
// the one that stands earlier in found comes first, and of those in several
// images the one of the lower image id. Detections of images and categories that
// are not evaluated are left out, and so are boxes and detections of a category
// that an image does not label (coco.Image.Labeled). Scores must be finite.
func Evaluate(truth *coco.Dataset, found []Detection, o Options) Result {
	images := truthImages(truth, o.Images)
	r := Result{Images: len(images)}
	byCategory := gather(truth, found, images)
	var sum sums
	for _, c := range truthCategories(truth, o.Categories) {
		class := Class{ID: c.ID, Name: c.Name}
		cells := byCategory[c.ID]
		for _, cell := range cells {
			class.Detections += cell.all
		}
		sum.add(&class, cells)
		r.Detections += class.Detections
		r.Classes = append(r.Classes, class)
	}
	sum.into(&r)
	return r
}

// truthImages are the images to evaluate.
func truthImages(truth *coco.Dataset, only []int64) []*coco.Image {
	chosen := chooser(only)
	var out []*coco.Image
	for i := range truth.Images {
		if m := &truth.Images[i]; chosen(m.ID) {
			out = append(out, m)
		}
	}
	return out
}

// truthCategories are the categories to evaluate, by id.
func truthCategories(truth *coco.Dataset, only []int64) []coco.Category {
	chosen := chooser(only)
	var out []coco.Category
	for _, c := range truth.Categories {
		if chosen(c.ID) {
			out = append(out, c)
		}
	}
	slices.SortFunc(out, func(a, b coco.Category) int { return cmp.Compare(a.ID, b.ID) })
	return out
}

// chooser says of an id whether it is one of only; nil means that all are.
func chooser(only []int64) func(int64) bool {
	if only == nil {
		return func(int64) bool { return true }
	}
	set := make(map[int64]bool, len(only))
	for _, id := range only {
		set[id] = true
	}
	return func(id int64) bool { return set[id] }
}
