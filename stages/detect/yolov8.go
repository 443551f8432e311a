package detect

import (
	"fmt"
	"math/bits"
)

// yolov8 reads the one output of YOLOv8, YOLOv9 and YOLO11 as Ultralytics exports
// them: [1 4+classes rows], planes of centre, width and height in pixels of the
// input and of each class's score within 0..1; there is no objectness. Some tools
// transpose it to [1 rows 4+classes].
type yolov8 struct {
	rows, classes int
	step, next    int // from a row's value to the next row's, to the row's next value
	scoring       scoring
}

func newYOLOv8(c Config) (decoder, error) {
	if err := c.outputCount(1); err != nil {
		return nil, err
	}
	o, columns := c.Outputs[0], int64(4+c.Classes)
	y := &yolov8{classes: c.Classes, scoring: c.scoring()}
	switch s := o.Shape; {
	case len(s) == 3 && s[0] == 1 && s[1] == columns && s[2] > 0:
		y.rows, y.step, y.next = int(s[2]), 1, int(s[2])
	case len(s) == 3 && s[0] == 1 && s[2] == columns && s[1] > 0:
		y.rows, y.step, y.next = int(s[1]), int(columns), 1
	default:
		return nil, misfit(fmt.Sprintf("yolov8 with %d labels", c.Classes), fmt.Sprintf("[1 %d rows] or [1 rows %d]", columns, columns), o)
	}
	return y, nil
}

func (y *yolov8) candidates(outputs [][]float32, to *best) {
	data := outputs[0]
	if y.step > 1 { // a row lies together
		for row := range y.rows {
			y.scoring.offer(data[row*y.step+4:(row+1)*y.step], 1, row, to)
		}
		return
	}
	for first := 0; first < y.rows; first += block {
		for hits := y.hits(data, first); hits != 0; hits &= hits - 1 {
			y.offer(data[4*y.rows:], first+bits.TrailingZeros64(hits), to)
		}
	}
}

// block is how many rows are looked at together: the classes of one row are far
// apart in memory, those of neighbours lie side by side.
const block = 64

// hits has a bit for each row of a block with a class above the threshold.
func (y *yolov8) hits(data []float32, first int) (hits uint64) {
	least, n := y.scoring.least, min(block, y.rows-first)
	for at := 4*y.rows + first; at < len(data); at += y.rows {
		for i, score := range data[at : at+n] {
			if score > least {
				hits |= 1 << i
			}
		}
	}
	return hits
}

func (y *yolov8) offer(planes []float32, row int, to *best) {
	least := y.scoring.least
	top, at := least, -1
	for class, k := 0, row; class < y.classes; class, k = class+1, k+y.rows {
		score := planes[k]
		if y.scoring.multi && score > least {
			to.add(score, class, row)
		}
		if score > top {
			top, at = score, class
		}
	}
	if !y.scoring.multi && at >= 0 {
		to.add(top, at, row)
	}
}

func (y *yolov8) box(outputs [][]float32, row int) corners {
	p := outputs[0][row*y.step:]
	return centered(float64(p[0]), float64(p[y.next]), float64(p[2*y.next]), float64(p[3*y.next]))
}
