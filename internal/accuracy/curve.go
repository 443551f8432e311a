package accuracy

import (
	"cmp"
	"slices"
)

// recalls is how many recalls precision is taken at: 0, 0.01 … 1.
const recalls = 101

// curve is precision over recall of one category, for each IoU threshold.
type curve struct {
	list   []judged // best score first
	needed int      // boxes that should be found
}

// newCurve judges the cells of a category. Of equal scores the one of the
// earlier cell comes first.
func newCurve(cells []*cell, in areaRange) curve {
	var c curve
	for _, cell := range cells {
		c.list, c.needed = cell.judge(in, c.list, c.needed)
	}
	slices.SortStableFunc(c.list, func(a, b judged) int { return cmp.Compare(b.score, a.score) })
	return c
}

// counts sums up all detections at IoU 0.5.
func (c curve) counts() Counts {
	var n Counts
	for _, j := range c.list {
		switch {
		case j.ignored&(1<<at50) != 0:
		case j.matched&(1<<at50) != 0:
			n.Right++
		default:
			n.Wrong++
		}
	}
	n.Missed = c.needed - n.Right
	return n
}

// precision is the average precision at each threshold: the mean over 101
// recalls of the highest precision that is reached with at least that recall.
// All are None where there is nothing to find.
func (c curve) precision() (out [thresholds]float64) {
	for t := range out {
		out[t] = c.precisionAt(t)
	}
	return out
}

func (c curve) precisionAt(t int) float64 {
	if c.needed == 0 {
		return None
	}
	const tiny = 0x1p-52 // numpy's spacing(1), which pycocotools adds against 0/0
	recall := make([]float64, 0, len(c.list))
	precision := make([]float64, 0, len(c.list))
	right, wrong := 0.0, 0.0
	for _, j := range c.list {
		if j.ignored&(1<<t) != 0 {
			continue
		}
		if j.matched&(1<<t) != 0 {
			right++
		} else {
			wrong++
		}
		recall = append(recall, right/float64(c.needed))
		precision = append(precision, right/(wrong+right+tiny))
	}
	for i := len(precision) - 1; i > 0; i-- {
		precision[i-1] = max(precision[i-1], precision[i])
	}
	sum, at := 0.0, 0
	for r := range recalls {
		for at < len(recall) && recall[at] < float64(r)*0.01 {
			at++
		}
		if at == len(recall) {
			break // precision is 0 at recalls that are not reached
		}
		sum += precision[at]
	}
	return sum / recalls
}

// recall is the share of the boxes that is found with the best limit detections
// of each image, the mean over the thresholds; None where there is nothing to
// find.
func (c curve) recall(limit int) float64 {
	if c.needed == 0 {
		return None
	}
	right := 0
	for _, j := range c.list {
		if j.rank >= limit {
			continue
		}
		for t := range thresholds {
			right += int(j.matched &^ j.ignored >> t & 1)
		}
	}
	return float64(right) / float64(thresholds*c.needed)
}

// mean is the mean of the numbers that are not None.
type mean struct {
	sum float64
	n   int
}

func (m *mean) add(v float64) {
	if v != None {
		m.sum, m.n = m.sum+v, m.n+1
	}
}

func (m *mean) value() float64 {
	if m.n == 0 {
		return None
	}
	return m.sum / float64(m.n)
}

// average is the mean over the thresholds; None where they are.
func average(v [thresholds]float64) float64 {
	var m mean
	for _, x := range v {
		m.add(x)
	}
	return m.value()
}

// sums takes the mean over categories.
type sums struct {
	ap, ap50, ap75   mean
	ar1, ar10, ar100 mean
	apSized, arSized [len(sizedRanges)]mean
}

// add measures one category and puts its own numbers into class.
func (s *sums) add(class *Class, cells []*cell) {
	c := newCurve(cells, anyArea)
	ap := c.precision()
	class.AP, class.AP50, class.Boxes, class.Counts = average(ap), ap[at50], c.needed, c.counts()
	s.ap.add(class.AP)
	s.ap50.add(class.AP50)
	s.ap75.add(ap[at75])
	s.ar1.add(c.recall(1))
	s.ar10.add(c.recall(10))
	s.ar100.add(c.recall(mostFound))
	for i, r := range sizedRanges {
		c := newCurve(cells, r)
		s.apSized[i].add(average(c.precision()))
		s.arSized[i].add(c.recall(mostFound))
	}
}

func (s *sums) into(r *Result) {
	r.AP, r.AP50, r.AP75 = s.ap.value(), s.ap50.value(), s.ap75.value()
	r.AR1, r.AR10, r.AR100 = s.ar1.value(), s.ar10.value(), s.ar100.value()
	r.APSmall, r.APMedium, r.APLarge = s.apSized[0].value(), s.apSized[1].value(), s.apSized[2].value()
	r.ARSmall, r.ARMedium, r.ARLarge = s.arSized[0].value(), s.arSized[1].value(), s.arSized[2].value()
}
