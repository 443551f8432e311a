package app

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"unicode"

	"braid/accel"
	"braid/internal/card"
)

// family is a kind of detectors that shapes may suggest.
type family struct {
	name    string
	head    string                                                      // of its card
	input   string                                                      // of its card, as most of the kind have it; without width and height
	classes func(in accel.TensorDesc, outputs []accel.TensorDesc) int64 // below 1: it does not fit
}

// How most networks of a family take their pixels.
const (
	rawBGR   = "color: bgr, scale: 1, resize: letterbox, pad: 114, align: topleft"
	unitRGB  = "color: rgb, scale: 0.00392156862745098, resize: letterbox, pad: 114, align: center"
	imageNet = "color: bgr, mean: [103.53, 116.28, 123.675], std: [57.375, 57.12, 58.395], resize: stretch"
)

// yoloStrides are those of most of them.
var yoloStrides = []int64{8, 16, 32}

// families in the order of how sure their shapes are. A new one is a row here.
var families = []family{
	{"yolox", "{kind: yolox}", rawBGR, rows(1, 5, yoloStrides...)},
	{"yolov5 or yolov7", "{kind: yolov5}", unitRGB, rows(3, 5, yoloStrides...)},
	{"yolov5 with four strides", "{kind: yolov5}", unitRGB, rows(3, 5, 8, 16, 32, 64)},
	{"nanodet-plus", "{kind: nanodet, strides: [8, 16, 32, 64]}", imageNet, rows(1, 32, 8, 16, 32, 64)},
	{"yolov8 or yolo11", "{kind: yolov8}", unitRGB, planes},
	{"nanodet", "{kind: nanodet}", imageNet, pairs},
	{"a network with its own suppression", "{kind: end2end}", unitRGB, ended},
}

// looksLike says which card the shapes of a network suggest, for a person to
// confirm; nothing where they suggest none.
func looksLike(c *card.Card, in accel.TensorDesc, outputs []accel.TensorDesc) string {
	if len(outputs) == 0 {
		return ""
	}
	height, width := in.Shape[2], in.Shape[3]
	if height < 1 || width < 1 {
		return "; its outputs are " + describe(outputs)
	}
	for _, f := range families {
		n := f.classes(in, outputs)
		if n < 1 {
			continue
		}
		what := fmt.Sprintf("%d classes", n)
		if n == unnamedClasses {
			what = "classes of its own"
		}
		return fmt.Sprintf("; it looks like %s with %s: write the card `{name: %q, file: %q, input: {width: %d, height: %d, %s}, head: %s}`, with input as the network was trained",
			f.name, what, plainName(c.Name), filepath.Base(c.File), width, height, f.input, f.head)
	}
	if kind, n := anchored(outputs); n > 0 {
		return fmt.Sprintf("; it looks like the raw outputs of %s: write a card with `head: {kind: %s, outputs: [{anchors: [[10, 14], …]}, …]}`, the anchors of each of the %d outputs as it was trained; `braid model import darknet` writes such cards itself",
			kind, kind, n)
	}
	return "; its outputs are " + describe(outputs)
}

// plainName is a file's name as a card may have it.
func plainName(name string) string {
	return strings.Join(strings.FieldsFunc(name, func(r rune) bool { return unicode.IsSpace(r) || r == '@' || r == '\\' }), "-")
}

// rows is for one output [1 rows columns] with each rows in every cell of the
// strides' grids; extra columns are no classes.
func rows(each, extra int64, strides ...int64) func(accel.TensorDesc, []accel.TensorDesc) int64 {
	return func(in accel.TensorDesc, outputs []accel.TensorDesc) int64 {
		if s := outputs[0].Shape; len(outputs) == 1 && len(s) == 3 && s[0] == 1 && s[1] == each*cells(in, strides) {
			return s[2] - extra
		}
		return 0
	}
}

// planes is for YOLOv8's one output [1 4+classes cells].
func planes(in accel.TensorDesc, outputs []accel.TensorDesc) int64 {
	if s := outputs[0].Shape; len(outputs) == 1 && len(s) == 3 && s[0] == 1 && s[2] == cells(in, yoloStrides) {
		return s[1] - 4
	}
	return 0
}

// pairs is for NanoDet's scores of each stride, then its distributions.
func pairs(in accel.TensorDesc, outputs []accel.TensorDesc) int64 {
	if len(outputs) != 2*len(yoloStrides) {
		return 0
	}
	for i, o := range outputs {
		stride := yoloStrides[i%len(yoloStrides) : i%len(yoloStrides)+1]
		if len(o.Shape) != 3 || o.Shape[1] != cells(in, stride) {
			return 0
		}
	}
	return outputs[0].Shape[2]
}

// ended is for results: one [1 rows 6] or [rows 7], or EfficientNMS's four.
func ended(_ accel.TensorDesc, outputs []accel.TensorDesc) int64 {
	s := outputs[0].Shape
	one := len(outputs) == 1 && (len(s) == 3 && s[2] == 6 || len(s) == 2 && s[1] == 7)
	four := len(outputs) == 4 && slices.ContainsFunc(outputs, func(o accel.TensorDesc) bool { return len(o.Shape) == 3 && o.Shape[2] == 4 })
	if one || four {
		return unnamedClasses
	}
	return 0
}

// anchored tells raw outputs, whose cards need anchors, and how many there are.
func anchored(outputs []accel.TensorDesc) (card.HeadKind, int) {
	dims := len(outputs[0].Shape)
	if slices.ContainsFunc(outputs, func(o accel.TensorDesc) bool { return len(o.Shape) != dims }) {
		return "", 0
	}
	switch dims {
	case 4:
		return card.Darknet, len(outputs)
	case 5:
		return card.YOLOv5, len(outputs)
	}
	return "", 0
}
