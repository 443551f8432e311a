package detect_test

import (
	"cmp"
	"math"
	"slices"

	"braid/stages"
	"braid/stages/detect"
)

// row is a decoded row: its box in pixels of the frame and a score per class, and what
// says which class is the first: where scores are alike, what they were computed from is not.
type row struct {
	box         [4]float64
	scores, say []float32
}

// decode is every row of the outputs, in float64 and in plain words.
func decode(c detect.Config, data [][]float32) (rows []row) {
	if c.Head.Kind == "yolox" {
		at := 0
		for _, s := range c.Head.Strides {
			for cell := range (c.Width / s) * (c.Height / s) {
				p := data[0][at : at+5+c.Classes]
				at += 5 + c.Classes
				x, y := float64(p[0])+float64(cell%(c.Width/s)), float64(p[1])+float64(cell/(c.Width/s))
				r := row{box: around(x*float64(s), y*float64(s), math.Exp(float64(p[2]))*float64(s), math.Exp(float64(p[3]))*float64(s))}
				for _, v := range p[5:] {
					r.scores = append(r.scores, p[4]*v)
				}
				r.say = r.scores
				rows = append(rows, r)
			}
		}
		return rows
	}
	for i, o := range c.Head.Outputs {
		h, w := int(c.Outputs[i].Shape[2]), int(c.Outputs[i].Shape[3])
		for a, anchor := range o.Anchors {
			for cell := range h * w {
				at := func(k int) float32 { return data[i][(a*(5+c.Classes)+k)*h*w+cell] }
				x := (float64(float32(sigmoid(at(0)))) + float64(cell%w)) / float64(w) * float64(c.Width)
				y := (float64(float32(sigmoid(at(1)))) + float64(cell/w)) / float64(h) * float64(c.Height)
				r := row{box: around(x, y, math.Exp(float64(at(2)))*float64(anchor[0]), math.Exp(float64(at(3)))*float64(anchor[1]))}
				for k := range c.Classes {
					r.scores = append(r.scores, float32(sigmoid(at(4)))*float32(sigmoid(at(5+k))))
					r.say = append(r.say, at(5+k))
				}
				rows = append(rows, r)
			}
		}
	}
	return rows
}

func around(x, y, w, h float64) [4]float64 { return [4]float64{x - w/2, y - h/2, x + w/2, y + h/2} }

func sigmoid(v float32) float64 { return 1 / (1 + math.Exp(-float64(v))) }

type found struct {
	stages.Object
	box [4]float64
}

// finish is suppression by comparing everything with everything, for frames of
// the input's size.
func finish(c detect.Config, rows []row) []found {
	var all []found
	for _, r := range rows {
		box := [4]float64{}
		for i, v := range r.box {
			box[i] = math.Min(math.Max(v, 0), float64([2]int{c.Width, c.Height}[i%2]))
		}
		top := slices.Index(r.say, slices.Max(r.say))
		for class, score := range r.scores {
			if score > c.NMS.Score && (c.NMS.MultiLabel || class == top) {
				all = append(all, found{stages.Object{Class: class, Score: score}, box})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b found) int { return cmp.Compare(b.Score, a.Score) })
	all = all[:min(len(all), 1000)]
	var out []found
	for class := range c.Classes { // class by class, then together
		var mine []found
		for _, f := range all {
			overlaps := func(k found) bool { return iou(k.box, f.box) > float64(c.NMS.IoU) }
			if f.Class == class && !slices.ContainsFunc(mine, overlaps) {
				mine = append(mine, f)
			}
		}
		out = append(out, mine...)
	}
	slices.SortStableFunc(out, func(a, b found) int { return cmp.Compare(b.Score, a.Score) })
	return out[:min(len(out), c.NMS.Max)]
}

func iou(a, b [4]float64) float64 {
	w := math.Max(0, math.Min(a[2], b[2])-math.Max(a[0], b[0]))
	h := math.Max(0, math.Min(a[3], b[3])-math.Max(a[1], b[1]))
	area := func(c [4]float64) float64 { return (c[2] - c[0]) * (c[3] - c[1]) }
	return w * h / (area(a) + area(b) - w*h + 1e-9)
}
