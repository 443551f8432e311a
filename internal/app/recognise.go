package app

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"braid/accel"
	"braid/accel/network"
	"braid/internal/card"
)

// recognise completes the card of a network that has none, where the file makes
// input and head certain. The shapes of outputs alone never do: they do not tell
// how pixels go in. The texts that two exporters leave in the file do, since their
// detectors all take the same input: RGB from 0 to 1, letterboxed to the centre.
// Otherwise the error says what it looks like, and the card to write.
func recognise(c *card.Card, n *network.Network) error {
	in, outputs, texts := n.Inputs(), n.Outputs(), n.Metadata()
	if len(in) != 1 || len(in[0].Shape) != 4 || in[0].Type != accel.Float32 {
		return fmt.Errorf("it has no input of one picture, [1 3 height width] of floats")
	}
	var read func(*card.Card, accel.TensorDesc, []accel.TensorDesc, map[string]string) error
	switch {
	case strings.HasPrefix(texts["description"], "Ultralytics") && texts["task"] == "detect":
		read = ultralytics
	case len(texts) == 2 && texts["names"] != "" && texts["stride"] != "":
		read = yolov5
	default:
		return fmt.Errorf("it does not say how pixels go in%s", looksLike(c, in[0], outputs))
	}
	var err error
	if c.Labels.Names, err = pythonNames(texts["names"]); err != nil {
		return err
	}
	c.Input.Color, c.Input.Scale, c.Input.Align = card.RGB, 1.0/255, card.Center
	return read(c, in[0], outputs, texts)
}

// ultralytics reads what the package of that name exports: YOLOv8 to YOLO11, of
// which YOLOv10, YOLO26 and those exported with nms=True end in their own
// suppression. Its RT-DETR takes and gives something else: it is told from these
// by the output's shape, or, with two classes, refused.
func ultralytics(c *card.Card, in accel.TensorDesc, outputs []accel.TensorDesc, texts map[string]string) error {
	height, width := in.Shape[2], in.Shape[3]
	if height < 1 || width < 1 {
		if _, err := fmt.Sscanf(texts["imgsz"], "[%d, %d]", &height, &width); err != nil {
			return fmt.Errorf("its input has no fixed size, and imgsz is %q", texts["imgsz"])
		}
	}
	c.Input.Width, c.Input.Height = int(width), int(height)
	c.NMS.IOU = 0.7 // their default
	classes := int64(len(c.Labels.Names))
	ends := texts["end2end"] == "True" || strings.Contains(texts["args"], "'nms': True")
	s := []int64{0, 0, 0}
	if len(outputs) == 1 && len(outputs[0].Shape) == 3 {
		s = outputs[0].Shape
	}
	switch {
	case s[2] == 6 && (ends || classes != 2):
		c.Head.Kind, c.NMS.Kind = card.End2End, card.NoNMS
	case s[2] == 6:
		return fmt.Errorf("its output %s may be boxes with score and class, or RT-DETR's boxes with the scores of two classes", describe(outputs))
	case s[1] == 4+classes:
		c.Head.Kind = card.YOLOv8
	default:
		return fmt.Errorf("its outputs %s fit no detector of %d classes", describe(outputs), classes)
	}
	return nil
}

// yolov5 reads what export.py of the YOLOv5 repository writes: names and the
// largest stride, nothing else. YOLOv9 leaves the same, but has no three anchors
// in each cell.
func yolov5(c *card.Card, in accel.TensorDesc, outputs []accel.TensorDesc, texts map[string]string) error {
	largest, err := strconv.Atoi(texts["stride"])
	if err != nil || largest < 8 || largest > 1024 {
		return fmt.Errorf("its stride is %q", texts["stride"])
	}
	if in.Shape[2] < 1 || in.Shape[3] < 1 {
		return fmt.Errorf("its input has no fixed size, and nothing says which")
	}
	var strides []int64
	for stride := 8; stride <= largest; stride *= 2 {
		strides = append(strides, int64(stride))
	}
	want := []int64{1, 3 * cells(in, strides), int64(5 + len(c.Labels.Names))}
	if len(outputs) != 1 || !slices.Equal(outputs[0].Shape, want) {
		return fmt.Errorf("its outputs %s are not YOLOv5's %v for strides %v%s", describe(outputs), want, strides, looksLike(c, in, outputs))
	}
	c.Input.Width, c.Input.Height = int(in.Shape[3]), int(in.Shape[2])
	c.Head.Kind, c.NMS.IOU = card.YOLOv5, 0.45 // their default
	return nil
}

// cells is how many cells grids of these strides have together.
func cells(in accel.TensorDesc, strides []int64) (n int64) {
	for _, s := range strides {
		n += ((in.Shape[2] + s - 1) / s) * ((in.Shape[3] + s - 1) / s)
	}
	return n
}

// pythonName is a text as Python prints it, in a dictionary behind its number.
var pythonName = regexp.MustCompile(`(?:(\d+): )?(?:'([^']*)'|"([^"]*)")`)

// pythonNames reads {0: 'person', 1: 'bicycle'}, every number from 0 on, once, or
// ['person', 'bicycle'].
func pythonNames(text string) ([]string, error) {
	byNumber := map[int]string{}
	for i, m := range pythonName.FindAllStringSubmatch(text, -1) {
		number := i
		if strings.HasPrefix(text, "{") {
			var err error
			if number, err = strconv.Atoi(m[1]); err != nil {
				return nil, fmt.Errorf("its names have the number %q", m[1])
			}
		}
		byNumber[number] = first(m[2], m[3])
	}
	names := make([]string, 0, len(byNumber))
	for i := range len(byNumber) {
		name, ok := byNumber[i]
		if !ok {
			return nil, fmt.Errorf("its names have no class %d", i)
		}
		names = append(names, name)
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("its names are %q, where classes are wanted", text[:min(len(text), 40)])
	}
	return slices.Clip(names), nil
}
