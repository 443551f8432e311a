package detect

import (
	"errors"
	"fmt"
	"math"

	"braid/accel"
)

// darknet reads outputs [1 anchors*(5+classes) height width], one for each yolo
// layer of the network: x, y, width, height, objectness and classes of an
// anchor, each a plane over the cells (YOLOv3, arXiv:1804.02767; scale_x_y and
// new_coords as darknet's yolo_layer.c has them):
//
//	centre = (sigmoid(xy)*scale - (scale-1)/2 + cell) * input/grid
//	size   = exp(wh) * anchor, or with new_coords (2*wh)^2 * anchor
//	score  = sigmoid(objectness) * sigmoid(class)
//
// With new_coords the network has applied the sigmoids itself. A region layer
// (YOLOv2, arXiv:1612.08242) has the same planes, but anchors in cells, and the
// classes of an anchor share a softmax:
//
//	size   = exp(wh) * anchor * input/grid
//	score  = sigmoid(objectness) * softmax(classes)
type darknet struct {
	layers  []darknetLayer
	classes int
	scoring scoring
	floor   float32 // objectness, before the sigmoid, below which no score passes
}

type darknetLayer struct {
	Output
	region        bool
	first         int // row
	width, cells  int
	cellW, cellH  float64 // pixels of the input
	scale, offset float64 // of x and y in a cell
}

// margin keeps comparisons before the sigmoid on the safe side of rounding; the
// exact score decides.
const margin = 1e-3

func newDarknet(c Config) (decoder, error) {
	if len(c.Head.Outputs) == 0 {
		return nil, errors.New("head darknet: outputs are missing")
	}
	if err := c.outputCount(len(c.Head.Outputs)); err != nil {
		return nil, err
	}
	d := &darknet{classes: c.Classes, scoring: c.scoring(), floor: float32(logit(float64(c.NMS.Score)) - margin)}
	rows := 0
	for i, how := range c.Head.Outputs {
		o := c.Outputs[i]
		if err := how.check(o, c.Classes); err != nil {
			return nil, err
		}
		if how.ScaleXY == 0 {
			how.ScaleXY = 1
		}
		h, w := int(o.Shape[2]), int(o.Shape[3])
		d.layers = append(d.layers, darknetLayer{
			Output: how, region: how.Type == "region", first: rows, width: w, cells: w * h,
			cellW: float64(c.Width) / float64(w), cellH: float64(c.Height) / float64(h),
			scale: float64(how.ScaleXY), offset: (float64(how.ScaleXY) - 1) / 2,
		})
		rows += len(how.Anchors) * w * h
	}
	return d, nil
}

// check compares what a card says of an output with the output.
func (h Output) check(o accel.TensorDesc, classes int) error {
	if h.Type != "yolo" && h.Type != "region" {
		return fmt.Errorf("head darknet: output %q has type %q, which is unknown; there are yolo and region", o.Name, h.Type)
	}
	for _, a := range h.Anchors {
		if !(a[0] > 0 && a[1] > 0 && a[0] <= math.MaxFloat32 && a[1] <= math.MaxFloat32) {
			return fmt.Errorf("head darknet: output %q has an anchor %v", o.Name, a)
		}
	}
	if !(h.ScaleXY >= 0 && h.ScaleXY <= math.MaxFloat32) {
		return fmt.Errorf("head darknet: output %q has scale_xy %g", o.Name, h.ScaleXY)
	}
	channels := len(h.Anchors) * (5 + classes)
	if s := o.Shape; channels == 0 || len(s) != 4 || s[0] != 1 || s[1] != int64(channels) || s[2] < 1 || s[3] < 1 {
		head := fmt.Sprintf("darknet with %d anchors and %d labels", len(h.Anchors), classes)
		return misfit(head, fmt.Sprintf("[1 %d height width]", channels), o)
	}
	return nil
}

func (d *darknet) candidates(outputs [][]float32, to *best) {
	for i := range d.layers {
		l := &d.layers[i]
		for a := range l.Anchors {
			planes := outputs[i][a*(5+d.classes)*l.cells : (a+1)*(5+d.classes)*l.cells]
			first := l.first + a*l.cells
			switch {
			case l.region:
				d.softmax(planes, l.cells, first, to)
			case l.NewCoords:
				d.plain(planes, l.cells, first, to)
			default:
				d.logits(planes, l.cells, first, to)
			}
		}
	}
}

// plain is for scores after the sigmoid.
func (d *darknet) plain(planes []float32, cells, first int, to *best) {
	least := d.scoring.least
	classes := planes[5*cells:]
	for cell, object := range planes[4*cells : 5*cells] {
		if !(object > least) {
			continue
		}
		top, at := least, -1
		for class, k := 0, cell; class < d.classes; class, k = class+1, k+cells {
			score := object * classes[k]
			if d.scoring.multi && score > least {
				to.add(score, class, first+cell)
			}
			if score > top {
				top, at = score, class
			}
		}
		if !d.scoring.multi && at >= 0 {
			to.add(top, at, first+cell)
		}
	}
}

// logits is for scores before the sigmoid. The sigmoid is monotonic: the best
// class is that of the largest logit, and few cells need any sigmoid at all.
func (d *darknet) logits(planes []float32, cells, first int, to *best) {
	for cell, v := range planes[4*cells : 5*cells] {
		if !(v >= d.floor) {
			continue
		}
		object := sigmoid(v)
		if !(object > d.scoring.least) {
			continue
		}
		if d.scoring.multi {
			d.every(planes[5*cells:], cells, cell, object, first, to)
		} else {
			d.top(planes[5*cells:], cells, cell, object, first, to)
		}
	}
}

func (d *darknet) every(classes []float32, cells, cell int, object float32, first int, to *best) {
	floor := float32(logit(float64(d.scoring.least/object)) - margin)
	for class, k := 0, cell; class < d.classes; class, k = class+1, k+cells {
		if !(classes[k] >= floor) {
			continue
		}
		if score := object * sigmoid(classes[k]); score > d.scoring.least {
			to.add(score, class, first+cell)
		}
	}
}

func (d *darknet) top(classes []float32, cells, cell int, object float32, first int, to *best) {
	top, at := float32(math.Inf(-1)), -1
	for class, k := 0, cell; class < d.classes; class, k = class+1, k+cells {
		if classes[k] > top {
			top, at = classes[k], class
		}
	}
	if score := object * sigmoid(top); score > d.scoring.least {
		to.add(score, at, first+cell)
	}
}

func (d *darknet) box(outputs [][]float32, row int) corners {
	i := len(d.layers) - 1
	for row < d.layers[i].first {
		i--
	}
	l := &d.layers[i]
	anchor, cell := (row-l.first)/l.cells, (row-l.first)%l.cells
	p := outputs[i][anchor*(5+d.classes)*l.cells+cell:]
	x, y, w, h := p[0], p[l.cells], float64(p[2*l.cells]), float64(p[3*l.cells])
	if l.NewCoords {
		w, h = 4*w*w, 4*h*h
	} else {
		x, y, w, h = sigmoid(x), sigmoid(y), math.Exp(w), math.Exp(h)
	}
	cx := (float64(x)*l.scale - l.offset + float64(cell%l.width)) * l.cellW
	cy := (float64(y)*l.scale - l.offset + float64(cell/l.width)) * l.cellH
	size := l.Anchors[anchor]
	if l.region {
		w, h = w*l.cellW, h*l.cellH
	}
	return centered(cx, cy, w*float64(size[0]), h*float64(size[1]))
}

func sigmoid(v float32) float32 { return float32(1 / (1 + math.Exp(-float64(v)))) }

// logit is the inverse of the sigmoid: -Inf for 0, +Inf for 1.
func logit(v float64) float64 { return math.Log(v / (1 - v)) }
