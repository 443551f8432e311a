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
// how pixels go in. The texts that Ultralytics' exporter leaves in the file do,
// since its detectors all take the same input. Otherwise the error says what it
// looks like.
func recognise(c *card.Card, n *network.Network) error {
	in, outputs := n.Inputs(), n.Outputs()
	if len(in) != 1 || len(in[0].Shape) != 4 || in[0].Type != accel.Float32 {
		return fmt.Errorf("it has no input of one picture, [1 3 height width] of floats")
	}
	texts := n.Metadata()
	if !strings.HasPrefix(texts["description"], "Ultralytics") || texts["task"] != "detect" {
		return fmt.Errorf("it does not say how pixels go in%s", looksLike(in[0], outputs))
	}
	names, err := pythonNames(texts["names"])
	if err != nil {
		return err
	}
	height, width := in[0].Shape[2], in[0].Shape[3]
	if height < 1 || width < 1 {
		if _, err := fmt.Sscanf(texts["imgsz"], "[%d, %d]", &height, &width); err != nil {
			return fmt.Errorf("its input has no fixed size, and imgsz is %q", texts["imgsz"])
		}
	}
	kind, err := ultralyticsHead(outputs, int64(len(names)))
	if err != nil {
		return err
	}
	c.Input.Width, c.Input.Height = int(width), int(height)
	c.Input.Color, c.Input.Scale, c.Input.Align = card.RGB, 1.0/255, card.Center
	c.Head.Kind, c.Labels.Names = kind, names
	c.NMS.IOU = 0.7 // their default
	if kind == card.End2End {
		c.NMS.Kind = card.NoNMS
	}
	return nil
}

// ultralyticsHead is the kind of head that the output's shape tells.
func ultralyticsHead(outputs []accel.TensorDesc, classes int64) (card.HeadKind, error) {
	if len(outputs) == 1 && len(outputs[0].Shape) == 3 {
		switch s := outputs[0].Shape; {
		case s[1] == 4+classes:
			return card.YOLOv8, nil
		case s[2] == 5+classes:
			return card.YOLOv5, nil
		case s[2] == 6:
			return card.End2End, nil
		}
	}
	return "", fmt.Errorf("its outputs %s fit no detector of %d classes", describe(outputs), classes)
}

// looksLike names the head that the outputs' shapes suggest, for a person to
// confirm.
func looksLike(in accel.TensorDesc, outputs []accel.TensorDesc) string {
	if len(outputs) != 1 || len(outputs[0].Shape) != 3 || in.Shape[2] < 1 || in.Shape[3] < 1 {
		return ""
	}
	cells := int64(0)
	for _, stride := range []int64{8, 16, 32} {
		cells += (in.Shape[2] / stride) * (in.Shape[3] / stride)
	}
	s := outputs[0].Shape
	switch {
	case s[1] == cells && s[2] > 5:
		return fmt.Sprintf("; it looks like `head: {kind: yolox}` with %d classes", s[2]-5)
	case s[1] == 3*cells && s[2] > 5:
		return fmt.Sprintf("; it looks like `head: {kind: yolov5}` with %d classes", s[2]-5)
	case s[2] == cells && s[1] > 4:
		return fmt.Sprintf("; it looks like `head: {kind: yolov8}` with %d classes", s[1]-4)
	}
	return ""
}

// pythonName is an entry of a dictionary as Python prints it: 0: 'person'.
var pythonName = regexp.MustCompile(`(\d+): (?:'([^']*)'|"([^"]*)")`)

// pythonNames reads {0: 'person', 1: 'bicycle'}: every number from 0 on, once.
func pythonNames(text string) ([]string, error) {
	byNumber := map[int]string{}
	for _, m := range pythonName.FindAllStringSubmatch(text, -1) {
		number, err := strconv.Atoi(m[1])
		if err != nil {
			return nil, fmt.Errorf("its names have the number %s", m[1])
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
