package accuracy

import (
	"cmp"
	"math"
	"slices"

	"braid/internal/coco"
)

// thresholds is the number of IoU thresholds.
const thresholds = 10

// The places of two of them.
const at50, at75 = 0, 5

// leastOverlap are the IoU thresholds, to the last bit those that numpy's
// linspace(0.5, 0.95, 10) gives pycocotools: integer boxes can lie exactly on one.
var leastOverlap = func() (out [thresholds]float64) {
	first, last := 0.5, 0.95
	step := (last - first) / (thresholds - 1)
	for i := range out {
		out[i] = float64(float64(i)*step) + first // the conversion keeps the product from being fused with the sum
	}
	out[thresholds-1] = last
	return out
}()

// mostFound is how many detections of a category in an image count.
const mostFound = 100

// areaRange bounds the areas of objects, both ends included, in pixels.
type areaRange struct{ least, most float64 }

func (r areaRange) holds(area float64) bool { return area >= r.least && area <= r.most }

// COCO's ranges of areas.
var (
	anyArea     = areaRange{0, 1e10}
	sizedRanges = [3]areaRange{{0, 32 * 32}, {32 * 32, 96 * 96}, {96 * 96, 1e10}}
)

// cell is what an image has of one category.
type cell struct {
	image    int64
	truth    []*coco.Annotation
	found    []Detection // best first, at most mostFound
	all      int         // found, before the others were cut off
	overlaps [][]float64 // by detection and box
}

// gather sorts boxes and detections into cells, by category; those of one
// category are in the order of their images' ids.
func gather(truth *coco.Dataset, found []Detection, images []*coco.Image) map[int64][]*cell {
	byID := make(map[int64]*coco.Image, len(images))
	for _, m := range images {
		byID[m.ID] = m
	}
	type key struct{ image, category int64 }
	cells := map[key]*cell{}
	out := map[int64][]*cell{}
	at := func(image, category int64) *cell {
		m := byID[image]
		if m == nil || !m.LabelsAll(category) {
			return nil
		}
		c := cells[key{image, category}]
		if c == nil {
			c = &cell{image: image}
			cells[key{image, category}] = c
			out[category] = append(out[category], c)
		}
		return c
	}
	for i := range truth.Annotations {
		a := &truth.Annotations[i]
		if c := at(a.Image, a.Category); c != nil {
			c.truth = append(c.truth, a)
		}
	}
	for _, d := range found {
		if c := at(d.Image, d.Category); c != nil {
			c.found = append(c.found, d)
		}
	}
	for _, list := range out {
		slices.SortFunc(list, func(a, b *cell) int { return cmp.Compare(a.image, b.image) })
		for _, c := range list {
			c.prepare()
		}
	}
	return out
}

// prepare sorts the detections, cuts them off and measures overlaps.
func (c *cell) prepare() {
	c.all = len(c.found)
	slices.SortStableFunc(c.found, func(a, b Detection) int { return cmp.Compare(b.Score, a.Score) })
	c.found = c.found[:min(len(c.found), mostFound)]
	c.overlaps = make([][]float64, len(c.found))
	for d := range c.found {
		c.overlaps[d] = make([]float64, len(c.truth))
		for b := range c.truth {
			c.overlaps[d][b] = overlap(c.found[d].Box, c.truth[b].Box, c.truth[b].Crowd)
		}
	}
}

// overlap is intersection over union. With a crowd it is intersection over the
// detection: being inside is enough.
func overlap(found, truth [4]float64, crowd bool) float64 {
	w := math.Min(found[0]+found[2], truth[0]+truth[2]) - math.Max(found[0], truth[0])
	h := math.Min(found[1]+found[3], truth[1]+truth[3]) - math.Max(found[1], truth[1])
	if w <= 0 || h <= 0 {
		return 0
	}
	shared := float64(w * h) // the conversions keep products from being fused with sums
	whole := float64(found[2] * found[3])
	if !crowd {
		whole = whole + float64(truth[2]*truth[3]) - shared
	}
	return shared / whole
}

// judged is what became of one detection: a bit for each IoU threshold.
type judged struct {
	score   float64
	rank    int    // among the detections of its cell, from 0
	matched uint16 // with a box
	ignored uint16 // neither right nor wrong
}

// judge matches detections with boxes at each threshold, best detection first:
// each takes the free box with the largest overlap, an ignored one only where no
// other will do, of equal overlaps the last. Crowds are ignored, and never taken.
// Boxes outside the range of areas are ignored, and so are detections outside of
// it that match nothing. It appends to out and adds the boxes that should be found
// to needed.
func (c *cell) judge(in areaRange, out []judged, needed int) ([]judged, int) {
	ignored := make([]bool, len(c.truth))
	var order, last []int
	for b, t := range c.truth {
		if ignored[b] = t.Crowd || !in.holds(t.Area); ignored[b] {
			last = append(last, b)
		} else {
			order = append(order, b)
		}
	}
	needed += len(order)
	order = append(order, last...)
	first := len(out)
	for rank, d := range c.found {
		out = append(out, judged{score: d.Score, rank: rank})
	}
	taken := make([]bool, len(c.truth))
	for t, least := range leastOverlap {
		clear(taken)
		for d := range c.found {
			j := &out[first+d]
			b := c.match(d, least, order, taken, ignored)
			switch {
			case b >= 0:
				taken[b] = true
				j.matched |= 1 << t
				if ignored[b] {
					j.ignored |= 1 << t
				}
			case !in.holds(c.found[d].Box[2] * c.found[d].Box[3]):
				j.ignored |= 1 << t
			}
		}
	}
	return out, needed
}

// match is the box that a detection takes, -1 for none. In order the ignored
// boxes come last.
func (c *cell) match(d int, least float64, order []int, taken, ignored []bool) int {
	found, most := -1, least
	for _, b := range order {
		if taken[b] && !c.truth[b].Crowd {
			continue
		}
		if found >= 0 && !ignored[found] && ignored[b] {
			break
		}
		if c.overlaps[d][b] >= most {
			found, most = b, c.overlaps[d][b]
		}
	}
	return found
}
