package detect

import (
	"fmt"
	"slices"
)

// pixels reads one output [1 rows 5+classes] that the network has decoded itself:
// centre, width and height in pixels of the input, then objectness and classes
// within 0..1 (the export of YOLOv5 and YOLOv7 with their grid).
type pixels struct {
	columns int
	scoring scoring
}

// newYOLOv5 takes the decoded output, or, where the card has anchors for each
// output, the raw ones.
func newYOLOv5(c Config) (decoder, error) {
	if len(c.Head.Outputs) > 0 {
		return newRawYOLOv5(c)
	}
	if err := c.outputCount(1); err != nil {
		return nil, err
	}
	p := &pixels{columns: 5 + c.Classes, scoring: c.scoring()}
	if o := c.Outputs[0]; len(o.Shape) != 3 || o.Shape[0] != 1 || o.Shape[1] < 1 || o.Shape[2] != int64(p.columns) {
		return nil, misfit(fmt.Sprintf("yolov5 with %d labels", c.Classes), fmt.Sprintf("[1 rows %d]", p.columns), o)
	}
	return p, nil
}

func (p *pixels) candidates(outputs [][]float32, to *best) {
	p.scoring.rows(outputs[0], p.columns, to)
}

func (p *pixels) box(outputs [][]float32, row int) corners {
	b := outputs[0][row*p.columns:]
	return centered(float64(b[0]), float64(b[1]), float64(b[2]), float64(b[3]))
}

// rawYOLOv5 reads outputs [1 anchors height width 5+classes] of logits, one for
// each stride (models/yolo.py of YOLOv5 7.0, Detect):
//
//	centre = (2*sigmoid(xy) - 0.5 + cell) * input/grid
//	size   = (2*sigmoid(wh))^2 * anchor
//	score  = sigmoid(objectness) * sigmoid(class)
type rawYOLOv5 struct {
	layers  []rawLayer
	columns int
	scoring scoring
	floor   float32   // objectness, before the sigmoid, below which no score passes
	row     []float32 // classes of a row, after the sigmoid
}

type rawLayer struct {
	first, width, cells int
	cellW, cellH        float64
	anchors             [][2]float32
}

func newRawYOLOv5(c Config) (decoder, error) {
	if err := c.outputCount(len(c.Head.Outputs)); err != nil {
		return nil, err
	}
	r := &rawYOLOv5{columns: 5 + c.Classes, scoring: c.scoring(), row: make([]float32, c.Classes)}
	r.floor = float32(logit(float64(c.NMS.Score)) - margin)
	rows := 0
	for i, how := range c.Head.Outputs {
		o := c.Outputs[i]
		s := o.Shape
		if len(s) != 5 || s[2] < 1 || s[3] < 1 || !slices.Equal([]int64{s[0], s[1], s[4]}, []int64{1, int64(len(how.Anchors)), int64(r.columns)}) {
			head := fmt.Sprintf("yolov5 with %d anchors and %d labels", len(how.Anchors), c.Classes)
			return nil, misfit(head, fmt.Sprintf("[1 %d height width %d]", len(how.Anchors), r.columns), o)
		}
		h, w := int(s[2]), int(s[3])
		r.layers = append(r.layers, rawLayer{
			first: rows, width: w, cells: w * h, anchors: how.Anchors,
			cellW: float64(c.Width) / float64(w), cellH: float64(c.Height) / float64(h),
		})
		rows += len(how.Anchors) * w * h
	}
	return r, nil
}

func (r *rawYOLOv5) candidates(outputs [][]float32, to *best) {
	for i, l := range r.layers {
		data := outputs[i]
		for row, at := l.first, 4; at < len(data); row, at = row+1, at+r.columns {
			if !(data[at] >= r.floor) {
				continue
			}
			for k := range r.row {
				r.row[k] = sigmoid(data[at+1+k])
			}
			r.scoring.offer(r.row, sigmoid(data[at]), row, to)
		}
	}
}

func (r *rawYOLOv5) box(outputs [][]float32, row int) corners {
	i := len(r.layers) - 1
	for row < r.layers[i].first {
		i--
	}
	l := &r.layers[i]
	p := outputs[i][(row-l.first)*r.columns:]
	anchor, cell := l.anchors[(row-l.first)/l.cells], (row-l.first)%l.cells
	cx := (2*float64(sigmoid(p[0])) - 0.5 + float64(cell%l.width)) * l.cellW
	cy := (2*float64(sigmoid(p[1])) - 0.5 + float64(cell/l.width)) * l.cellH
	w, h := 2*float64(sigmoid(p[2])), 2*float64(sigmoid(p[3]))
	return centered(cx, cy, w*w*float64(anchor[0]), h*h*float64(anchor[1]))
}
