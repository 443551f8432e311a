package detect

import "math"

// softmax is for the scores of a region layer. The best class is that of the
// largest logit, so that a cell whose objectness is too low needs no exponential
// but one.
func (d *darknet) softmax(planes []float32, cells, first int, to *best) {
	classes := planes[5*cells:]
	for cell, v := range planes[4*cells : 5*cells] {
		if !(v >= d.floor) {
			continue
		}
		object := sigmoid(v)
		if !(object > d.scoring.least) {
			continue
		}
		top, at := float32(math.Inf(-1)), -1
		for class, k := 0, cell; class < d.classes; class, k = class+1, k+cells {
			if classes[k] > top {
				top, at = classes[k], class
			}
		}
		share := float64(object) / sumExp(classes[cell:], cells, d.classes, top)
		if !d.scoring.multi {
			if score := float32(share); score > d.scoring.least {
				to.add(score, at, first+cell)
			}
			continue
		}
		for class, k := 0, cell; class < d.classes; class, k = class+1, k+cells {
			if score := float32(share * math.Exp(float64(classes[k]-top))); score > d.scoring.least {
				to.add(score, class, first+cell)
			}
		}
	}
}

// sumExp is the sum of exp(logit-top) over n logits that are step apart.
func sumExp(logits []float32, step, n int, top float32) (sum float64) {
	for i := range n {
		sum += math.Exp(float64(logits[i*step] - top))
	}
	return sum
}
