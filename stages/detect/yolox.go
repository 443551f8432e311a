package detect

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// yolox reads one output [1 rows 5+classes]: x, y, width, height as the network
// has them, then objectness and the classes' scores, all within 0..1. The rows
// are the cells of one grid after another (YOLOX, arXiv:2107.08430):
//
//	centre = (xy + cell) * stride   size = exp(wh) * stride   score = objectness * class
type yolox struct {
	levels  []level
	columns int
	scoring scoring
}

// level is the grid of one stride; its rows start at first.
type level struct {
	first, width int
	stride       float64
}

func newYOLOX(c Config) (decoder, error) {
	y := &yolox{columns: 5 + c.Classes, scoring: c.scoring()}
	rows, strides := 0, make([]string, len(c.Head.Strides))
	for i, s := range c.Head.Strides {
		if s < 1 || c.Width%s != 0 || c.Height%s != 0 {
			return nil, fmt.Errorf("head yolox: stride %d does not divide the input %dx%d", s, c.Width, c.Height)
		}
		y.levels = append(y.levels, level{rows, c.Width / s, float64(s)})
		rows += (c.Width / s) * (c.Height / s)
		strides[i] = strconv.Itoa(s)
	}
	if rows == 0 {
		return nil, errors.New("head yolox: strides are missing")
	}
	if err := c.outputCount(1); err != nil {
		return nil, err
	}
	want := []int64{1, int64(rows), int64(y.columns)}
	if o := c.Outputs[0]; !slices.Equal(o.Shape, want) {
		head := fmt.Sprintf("yolox with strides %s at %dx%d and %d labels", strings.Join(strides, ","), c.Width, c.Height, c.Classes)
		return nil, misfit(head, fmt.Sprint(want), o)
	}
	return y, nil
}

func (y *yolox) candidates(outputs [][]float32, to *best) {
	y.scoring.rows(outputs[0], y.columns, to)
}

func (y *yolox) box(outputs [][]float32, row int) corners {
	l := y.levels[0]
	for _, next := range y.levels[1:] {
		if row >= next.first {
			l = next
		}
	}
	p := outputs[0][row*y.columns:]
	cell := row - l.first
	cx := (float64(p[0]) + float64(cell%l.width)) * l.stride
	cy := (float64(p[1]) + float64(cell/l.width)) * l.stride
	return centered(cx, cy, math.Exp(float64(p[2]))*l.stride, math.Exp(float64(p[3]))*l.stride)
}

// scoring is the part of the NMS's settings that decoders need.
type scoring struct {
	least float32
	multi bool
}

func (c Config) scoring() scoring { return scoring{c.NMS.Score, c.NMS.MultiLabel} }

// rows is for rows of four numbers of the box, objectness and classes.
func (s scoring) rows(data []float32, columns int, to *best) {
	for row, at := 0, 4; at < len(data); row, at = row+1, at+columns {
		// No class is above 1, so no score is above the objectness.
		if object := data[at]; object > s.least {
			s.offer(data[at+1:at-4+columns], object, row, to)
		}
	}
}

// offer is for class scores that lie side by side: score = object * class.
func (s scoring) offer(classes []float32, object float32, row int, to *best) {
	if s.multi {
		for class, v := range classes {
			if score := object * v; score > s.least {
				to.add(score, class, row)
			}
		}
		return
	}
	top, at := s.least, -1
	for class, v := range classes {
		if score := object * v; score > top {
			top, at = score, class
		}
	}
	if at >= 0 {
		to.add(top, at, row)
	}
}
