package app

import (
	"strings"
	"testing"

	"braid/accel"
	"braid/internal/card"
	"braid/stages/detect"
)

// shaped are outputs of these shapes.
func shaped(shapes ...[]int64) (out []accel.TensorDesc) {
	for i, s := range shapes {
		out = append(out, accel.TensorDesc{Name: string(rune('a' + i)), Type: accel.Float32, Shape: s})
	}
	return out
}

// TestLooksLike: the card in the message is one that loads, and fits the network.
func TestLooksLike(t *testing.T) {
	in := shaped([]int64{1, 3, 64, 96})[0]
	for _, c := range []struct {
		name    string
		outputs []accel.TensorDesc
		kind    card.HeadKind
		classes int
	}{
		{"yolox", shaped([]int64{1, 126, 85}), card.YOLOX, 80},
		{"yolov5", shaped([]int64{1, 378, 6}), card.YOLOv5, 1},
		{"yolov5, four strides", shaped([]int64{1, 384, 85}), card.YOLOv5, 80},
		{"yolov8", shaped([]int64{1, 84, 126}), card.YOLOv8, 80},
		{"nanodet", shaped([]int64{1, 96, 80}, []int64{1, 24, 80}, []int64{1, 6, 80}, []int64{1, 96, 32}, []int64{1, 24, 32}, []int64{1, 6, 32}), card.NanoDet, 80},
		{"nanodet-plus", shaped([]int64{1, 128, 112}), card.NanoDet, 80},
		{"end2end", shaped([]int64{1, 300, 6}), card.End2End, unnamedClasses},
		{"end2end, seven columns", shaped([]int64{100, 7}), card.End2End, unnamedClasses},
		{"end2end, four outputs", shaped([]int64{1, 1}, []int64{1, 100, 4}, []int64{1, 100}, []int64{1, 100}), card.End2End, unnamedClasses},
	} {
		t.Run(c.name, func(t *testing.T) {
			bare := card.Default()
			bare.Name, bare.File = "my net", "some/where/my net.onnx"
			says := looksLike(&bare, in, c.outputs)
			parts := strings.Split(says, "`")
			if len(parts) != 3 || strings.Contains(says, "\n") {
				t.Fatalf("no card in one line: %s", says)
			}
			got, err := card.Parse([]byte(parts[1]), "my.yaml")
			if err != nil {
				t.Fatal(err)
			}
			if got.Head.Kind != c.kind || got.Input.Width != 96 || got.Input.Height != 64 || got.File != "my net.onnx" {
				t.Errorf("got %+v", got)
			}
			if n := classes(got, c.outputs); n != c.classes {
				t.Errorf("%d classes, want %d", n, c.classes)
			}
			if _, err := detect.New(detectConfig(got, c.outputs, 1)); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestLooksLikeRawOutputs(t *testing.T) {
	in, bare := shaped([]int64{1, 3, 64, 96})[0], card.Default()
	for want, outputs := range map[string][]accel.TensorDesc{
		"the raw outputs of darknet": shaped([]int64{1, 255, 2, 3}, []int64{1, 255, 4, 6}),
		"the raw outputs of yolov5":  shaped([]int64{1, 3, 2, 3, 85}),
		"its outputs are a [1 1000]": shaped([]int64{1, 1000}),
	} {
		if got := looksLike(&bare, in, outputs); !strings.Contains(got, want) {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	if got := looksLike(&bare, in, nil); got != "" {
		t.Errorf("no outputs look like %s", got)
	}
}
