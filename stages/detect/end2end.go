package detect

import (
	"errors"
	"fmt"

	"braid/accel"
)

// end2end reads the results of graphs that end in their own suppression: corners
// in pixels of the input, a score and a class for each row. Three forms are in
// use, told apart by their shapes:
//
//   - [1 rows 6]: x1 y1 x2 y2 score class (YOLOv10, YOLO26, exports with nms=True);
//   - [rows 7]: picture x1 y1 x2 y2 class score (YOLOv7's --end2end with a fixed
//     number of rows);
//   - four outputs (TensorRT's EfficientNMS): the number of rows [1 1], boxes
//     [1 rows 4], scores [1 rows], classes [1 rows].
type end2end struct {
	boxes, scores, kinds column
	count                int // output that holds the number of rows, -1 where all count
	rows, classes        int
	least                float32
}

// column is where a row's value is: in which output, at which place of how many.
type column struct{ output, at, of int }

func (c column) value(outputs [][]float32, row int) float32 { return outputs[c.output][row*c.of+c.at] }

func newEnd2End(c Config) (decoder, error) {
	e := &end2end{count: -1, classes: c.Classes, least: c.NMS.Score}
	if len(c.Outputs) == 4 {
		return e, e.four(c.Outputs)
	}
	if err := c.outputCount(1); err != nil {
		return nil, err
	}
	switch o := c.Outputs[0]; {
	case len(o.Shape) == 3 && o.Shape[0] == 1 && o.Shape[1] > 0 && o.Shape[2] == 6:
		e.rows = int(o.Shape[1])
		e.boxes, e.scores, e.kinds = column{of: 6}, column{at: 4, of: 6}, column{at: 5, of: 6}
	case len(o.Shape) == 2 && o.Shape[0] > 0 && o.Shape[1] == 7:
		e.rows = int(o.Shape[0])
		e.boxes, e.scores, e.kinds = column{at: 1, of: 7}, column{at: 6, of: 7}, column{at: 5, of: 7}
	default:
		return nil, misfit("end2end", "[1 rows 6] or [rows 7]", o)
	}
	return e, nil
}

// four finds the four outputs. Scores and classes have one shape: classes are
// whole numbers, or come later.
func (e *end2end) four(outputs []accel.TensorDesc) error {
	var flat []int
	boxes := -1
	for i, o := range outputs {
		switch s := o.Shape; {
		case len(s) == 3 && s[0] == 1 && s[2] == 4 && boxes < 0:
			boxes, e.rows = i, int(s[1])
		case o.Elems() == 1 && e.count < 0:
			e.count = i
		case len(s) == 2 && s[0] == 1:
			flat = append(flat, i)
		}
	}
	if boxes < 0 || e.count < 0 || len(flat) != 2 || e.rows < 1 {
		return errors.New("head end2end wants four outputs: the number of rows [1 1], boxes [1 rows 4], scores and classes [1 rows]")
	}
	scores, kinds := flat[0], flat[1]
	if outputs[scores].Type != accel.Float32 {
		scores, kinds = kinds, scores
	}
	for _, i := range flat {
		if outputs[i].Elems() != int64(e.rows) {
			return misfit("end2end", fmt.Sprintf("[1 %d], as many as boxes", e.rows), outputs[i])
		}
	}
	e.boxes, e.scores, e.kinds = column{output: boxes, of: 4}, column{output: scores, of: 1}, column{output: kinds, of: 1}
	return nil
}

func (e *end2end) candidates(outputs [][]float32, to *best) {
	rows := e.rows
	if e.count >= 0 {
		rows = int(max(0, min(outputs[e.count][0], float32(rows))))
	}
	for row := range rows {
		score, class := e.scores.value(outputs, row), e.kinds.value(outputs, row)
		// Rows that are left empty have the class -1 or the score 0.
		if score > e.least && class >= 0 && class < float32(e.classes) {
			to.add(score, int(class), row)
		}
	}
}

func (e *end2end) box(outputs [][]float32, row int) corners {
	at := func(i int) float64 {
		return float64(column{e.boxes.output, e.boxes.at + i, e.boxes.of}.value(outputs, row))
	}
	return corners{at(0), at(1), at(2), at(3)}
}
