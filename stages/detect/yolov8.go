package detect

import "fmt"

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
	data, least := outputs[0][4*y.next:], y.scoring.least
	for row := range y.rows {
		top, at := least, -1
		for class, k := 0, row*y.step; class < y.classes; class, k = class+1, k+y.next {
			score := data[k]
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
}

func (y *yolov8) box(outputs [][]float32, row int) corners {
	p := outputs[0][row*y.step:]
	return centered(float64(p[0]), float64(p[y.next]), float64(p[2*y.next]), float64(p[3*y.next]))
}
