package detect

import (
	"fmt"
	"math"
)

// nanodet reads NanoDet's outputs: scores within 0..1 of each class, and for each
// side of the box a distribution over whole distances from 0 to bins-1, in
// strides, whose mean counts (generalized focal loss, arXiv:2006.04388):
//
//	side = stride * sum(k * softmax(bin)[k])      left, top, right, bottom
//
// The first NanoDet has two outputs a stride, first [1 cells classes] of each
// stride, then [1 cells 4*bins] of each, and boxes around the cells' centres.
// NanoDet-Plus has one output [1 rows classes+4*bins], and boxes around the cells'
// upper left corners.
type nanodet struct {
	levels  []nanoLevel
	classes int
	bins    int
	scoring scoring
}

type nanoLevel struct {
	level
	scores, sides int // outputs
	from, columns int // place of the sides in their row, length of that row
	skip          int // values before the level's first row of scores; its sides have as many rows before them
	scoreColumns  int
	cells         int
	centre        float64 // of a cell, in strides
}

func newNanoDet(c Config) (decoder, error) {
	n := &nanodet{classes: c.Classes, scoring: c.scoring()}
	rows := 0
	for _, s := range c.Head.Strides {
		if s < 1 || s > c.Width || s > c.Height {
			return nil, fmt.Errorf("head nanodet: stride %d does not fit the input %dx%d", s, c.Width, c.Height)
		}
		w, h := (c.Width+s-1)/s, (c.Height+s-1)/s
		n.levels = append(n.levels, nanoLevel{level: level{rows, w, float64(s)}, cells: w * h})
		rows += w * h
	}
	if len(c.Outputs) == 1 {
		return n, n.single(c, rows)
	}
	return n, n.pairs(c)
}

// single is for NanoDet-Plus.
func (n *nanodet) single(c Config, rows int) error {
	o := c.Outputs[0]
	if len(o.Shape) != 3 || o.Shape[0] != 1 || o.Shape[1] != int64(rows) || (o.Shape[2]-int64(c.Classes))%4 != 0 || o.Shape[2] < int64(c.Classes)+8 {
		return misfit(fmt.Sprintf("nanodet with strides %v and %d labels", c.Head.Strides, c.Classes), fmt.Sprintf("[1 %d %d+4*bins]", rows, c.Classes), o)
	}
	columns := int(o.Shape[2])
	n.bins = (columns - c.Classes) / 4
	for i := range n.levels {
		l := &n.levels[i]
		l.from, l.columns, l.scoreColumns, l.skip = c.Classes, columns, columns, l.first
	}
	return nil
}

// pairs is for the first NanoDet.
func (n *nanodet) pairs(c Config) error {
	if err := c.outputCount(2 * len(n.levels)); err != nil {
		return err
	}
	for i := range n.levels {
		l := &n.levels[i]
		l.scores, l.sides, l.centre = i, i+len(n.levels), 0.5
		scores, sides := c.Outputs[l.scores], c.Outputs[l.sides]
		if s := scores.Shape; len(s) != 3 || s[0] != 1 || s[1] != int64(l.cells) || s[2] != int64(c.Classes) {
			return misfit(fmt.Sprintf("nanodet with stride %g", l.stride), fmt.Sprintf("[1 %d %d]", l.cells, c.Classes), scores)
		}
		s := sides.Shape
		if len(s) != 3 || s[0] != 1 || s[1] != int64(l.cells) || s[2] < 8 || s[2]%4 != 0 || n.bins != 0 && s[2] != int64(4*n.bins) {
			return misfit(fmt.Sprintf("nanodet with stride %g", l.stride), fmt.Sprintf("[1 %d 4*bins]", l.cells), sides)
		}
		n.bins = int(s[2]) / 4
		l.columns, l.scoreColumns = 4*n.bins, c.Classes
	}
	return nil
}

func (n *nanodet) candidates(outputs [][]float32, to *best) {
	for i := range n.levels {
		l := &n.levels[i]
		data := outputs[l.scores][l.skip*l.scoreColumns:]
		for cell := range l.cells {
			n.scoring.offer(data[cell*l.scoreColumns:cell*l.scoreColumns+n.classes], 1, l.first+cell, to)
		}
	}
}

func (n *nanodet) box(outputs [][]float32, row int) corners {
	l := &n.levels[0]
	for i := range n.levels {
		if row >= n.levels[i].first {
			l = &n.levels[i]
		}
	}
	cell := row - l.first
	sides := outputs[l.sides][(l.skip+cell)*l.columns+l.from:]
	x, y := (float64(cell%l.width)+l.centre)*l.stride, (float64(cell/l.width)+l.centre)*l.stride
	at := func(side int) float64 { return l.stride * expectation(sides[side*n.bins:(side+1)*n.bins]) }
	return corners{x - at(0), y - at(1), x + at(2), y + at(3)}
}

// expectation is the mean of 0, 1, 2 … under the softmax of the logits.
func expectation(logits []float32) float64 {
	top := float32(math.Inf(-1))
	for _, v := range logits {
		top = max(top, v)
	}
	var sum, mean float64
	for k, v := range logits {
		p := math.Exp(float64(v - top))
		sum += p
		mean += float64(k) * p
	}
	return mean / sum
}
