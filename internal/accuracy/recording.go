package accuracy

import (
	"cmp"
	"fmt"
	"math"
	"path"
	"slices"

	"braid/internal/coco"
	"braid/sink/wire"
)

// Recording gathers what was found in the images of a truth, message by
// message. It belongs to one goroutine.
type Recording struct {
	truth   *coco.Dataset
	classes Classes
	files   map[string]int // index into truth.Images, ambiguous where a name is there twice
	times   []stamp        // by time
	seen    map[int64]origin

	analysed []int64 // ids of images
	found    []Detection
	counts   Coverage
}

// Coverage counts how messages and images of the truth came together.
type Coverage struct {
	Images   int `json:"images"`   // of the truth
	Analysed int `json:"analysed"` // of these, with a message
	Failed   int `json:"failed"`   // of these, whose message says that the frame failed
	Strange  int `json:"strange"`  // messages of frames that the truth does not have
}

// Missing is how many images of the truth have no message: they were dropped, or
// not reached.
func (c Coverage) Missing() int { return c.Images - c.Analysed - c.Failed }

// stamp is when an image of the truth is shown.
type stamp struct {
	pts   int64
	index int
}

// origin tells messages apart.
type origin struct {
	run string
	seq uint64
}

// ambiguous marks the name of several files.
const ambiguous = -1

// slack is how far a message's time may be from its image's, nanoseconds.
// Containers round times, Matroska to whole milliseconds.
const slack = 1e6

// NewRecording prepares for the messages of a truth. An image that has a time is
// found by it, one that has none by the base name of its file.
func NewRecording(truth *coco.Dataset, classes Classes) *Recording {
	r := &Recording{truth: truth, classes: classes, files: map[string]int{}, seen: map[int64]origin{}, analysed: []int64{}}
	for i := range truth.Images {
		m := &truth.Images[i]
		if m.PTS != nil {
			r.times = append(r.times, stamp{*m.PTS, i})
			continue
		}
		name := path.Base(m.File)
		if _, twice := r.files[name]; twice {
			i = ambiguous
		}
		r.files[name] = i
	}
	slices.SortFunc(r.times, func(a, b stamp) int { return cmp.Compare(a.pts, b.pts) })
	r.counts.Images = len(truth.Images)
	return r
}

// Add takes a message, of which it keeps nothing. A message that comes again is
// passed over; an error is a message that cannot belong to the truth.
func (r *Recording) Add(m *wire.Frame) error {
	i, ok := r.find(m)
	switch {
	case !ok:
		r.counts.Strange++
		return nil
	case i == ambiguous:
		return fmt.Errorf("the annotations have several images called %s: which of them is meant?", m.File)
	}
	image := &r.truth.Images[i]
	from := origin{m.Run, m.Seq}
	if before, again := r.seen[image.ID]; again {
		if before == from {
			return nil
		}
		if before.run == m.Run {
			return fmt.Errorf("run %s shows image %s twice, in #%d and #%d: the annotations are of another recording", m.Run, describe(image), before.seq, m.Seq)
		}
		return fmt.Errorf("there are two messages for image %s, run %s #%d and run %s #%d: choose one run",
			describe(image), before.run, before.seq, m.Run, m.Seq)
	}
	r.seen[image.ID] = from
	if m.Error != "" {
		r.counts.Failed++
		return nil
	}
	if !sameShape(m.Size, image) {
		return fmt.Errorf("image %s is %dx%d, the annotations say %dx%d", describe(image), m.Size[0], m.Size[1], image.Width, image.Height)
	}
	r.counts.Analysed++
	r.analysed = append(r.analysed, image.ID)
	r.keep(m, image)
	return nil
}

// keep turns objects into detections.
func (r *Recording) keep(m *wire.Frame, image *coco.Image) {
	w, h := float64(image.Width), float64(image.Height)
	for i := range m.Objects {
		o := &m.Objects[i]
		if category, ok := r.classes.byLabel[o.Label]; ok {
			r.found = append(r.found, Detection{image.ID, category, float64(o.Score), [4]float64{
				float64(o.Box[0]) * w, float64(o.Box[1]) * h, float64(o.Box[2]) * w, float64(o.Box[3]) * h,
			}})
		}
	}
}

// find is the index of a message's image, or ambiguous.
func (r *Recording) find(m *wire.Frame) (index int, ok bool) {
	if i, ok := r.files[m.File]; ok {
		return i, true
	}
	at, _ := slices.BinarySearchFunc(r.times, m.PTS, func(s stamp, pts int64) int { return cmp.Compare(s.pts, pts) })
	best := slack
	for _, s := range r.times[max(at-1, 0):min(at+1, len(r.times))] {
		if off := math.Abs(float64(s.pts) - float64(m.PTS)); off <= best {
			best, index, ok = off, s.index, true
		}
	}
	return index, ok
}

// sameShape allows for a picture that was scaled on the way: one has the
// other's aspect, but for rounding to even sizes.
func sameShape(size [2]int, image *coco.Image) bool {
	const tolerance = 0.02
	if size[0] < 1 || size[1] < 1 {
		return false
	}
	ratio := float64(size[0]) * float64(image.Height) / (float64(size[1]) * float64(image.Width))
	return math.Abs(ratio-1) <= tolerance
}

// describe names an image for a person.
func describe(m *coco.Image) string {
	if m.File != "" {
		return m.File
	}
	return fmt.Sprintf("%d at %.3f s", m.ID, float64(*m.PTS)/1e9)
}

// Coverage says how many images have a message so far.
func (r *Recording) Coverage() Coverage { return r.counts }

// Evaluate measures what was found so far. Images without a message, or whose
// frame failed, are left out: a frame that was dropped is not a miss.
func (r *Recording) Evaluate() Result {
	return Evaluate(r.truth, r.found, Options{Images: r.analysed, Categories: r.classes.Categories})
}
