// Package cardtest writes model cards for the real models of the test data.
package cardtest

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"braid/internal/card"
	"braid/internal/testdata"
)

const yoloxNano = `name: yolox-nano
file: %q
sha256: 695e750a5d5754bb5a8d5325643b59282191a7e7a564e435a415fd3c578eab14
license: Apache-2.0
input: {width: 416, height: 416, color: bgr, scale: 1.0, mean: [0, 0, 0], std: [1, 1, 1], resize: letterbox, pad: 114, align: topleft}
head: {kind: yolox, strides: [8, 16, 32]}
labels: %q
nms: {kind: greedy, iou: 0.65, score: %v, per_class: true, multi_label: false, max: 300}
`

const yoloFastest = `name: yolo-fastest-1.1-xl
file: %q
license: public domain
input: {width: 320, height: 320, color: rgb, scale: 0.00392156862745098, resize: stretch}
head:
  kind: darknet
  outputs:
    - {name: yolo0, type: yolo, anchors: [[115, 73], [119, 199], [242, 238]], stride: 32}
    - {name: yolo1, type: yolo, anchors: [[12, 18], [37, 49], [52, 132]], stride: 16}
labels: %q
nms: {kind: greedy, iou: 0.45, score: %v}
`

// YOLOXNano writes the card of yolox_nano.onnx into a folder of the test and
// returns its path. Boxes that score more than score are results; the reference
// detections have 0.4.
func YOLOXNano(t testing.TB, score float64) string {
	t.Helper()
	return write(t, "yolox-nano", yoloxNano, "models/yolox_nano.onnx", score)
}

// YOLOFastest is YOLOXNano for yolo-fastest-1.1-xl.onnx.
func YOLOFastest(t testing.TB, score float64) string {
	t.Helper()
	return write(t, "yolo-fastest-1.1-xl", yoloFastest, "models/yolo-fastest-1.1-xl.onnx", score)
}

// Load reads a card with its labels and model file.
func Load(t testing.TB, path string) *card.Card {
	t.Helper()
	c, err := card.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func write(t testing.TB, name, template, model string, score float64) string {
	t.Helper()
	text := fmt.Sprintf(template, testdata.Path(t, model), testdata.Path(t, "tools/coco.names"), score)
	path := filepath.Join(t.TempDir(), name+".yaml")
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}
