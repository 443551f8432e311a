package app

import (
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"

	"braid/accel"
	"braid/accel/network"
	"braid/internal/card"
)

// withMetadata is a network of one picture and one output, with an exporter's texts.
func withMetadata(t *testing.T, in, out []int64, texts map[string]string) *network.Network {
	t.Helper()
	b := network.NewBuilder("net", 13)
	b.Input(accel.TensorDesc{Name: "images", Type: accel.Float32, Shape: in})
	b.Node("ConstantOfShape", []string{b.Ints("shape", []int64{int64(len(out))}, out)}, []string{"zeros"})
	b.Node("ReduceMean", []string{"images"}, []string{"mean"}, network.AttrInt("keepdims", 0))
	b.Node("Add", []string{"zeros", "mean"}, []string{"output"})
	b.Output(accel.TensorDesc{Name: "output", Type: accel.Float32, Shape: out})
	data, err := b.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	for k, v := range texts {
		var entry []byte
		entry = protowire.AppendString(protowire.AppendTag(entry, 1, protowire.BytesType), k)
		entry = protowire.AppendString(protowire.AppendTag(entry, 2, protowire.BytesType), v)
		data = protowire.AppendBytes(protowire.AppendTag(data, 14, protowire.BytesType), entry)
	}
	n, err := network.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestRecognise(t *testing.T) {
	picture := []int64{1, 3, 64, 96}
	ultralytics := map[string]string{
		"description": "Ultralytics YOLOv8n model trained on x", "task": "detect", "imgsz": "[64, 96]", "names": `{0: 'person', 1: "driver's cab"}`,
	}
	yolov5 := map[string]string{"stride": "32", "names": ultralytics["names"]}
	with := func(k, v string) map[string]string {
		out := map[string]string{k: v}
		for key, value := range ultralytics {
			if key != k {
				out[key] = value
			}
		}
		return out
	}
	for _, c := range []struct {
		name    string
		in, out []int64
		texts   map[string]string
		kind    card.HeadKind
		says    string
	}{
		{"yolov8", picture, []int64{1, 6, 126}, ultralytics, card.YOLOv8, ""},
		{"end2end", picture, []int64{1, 300, 6}, with("end2end", "True"), card.End2End, ""},
		{"its own suppression", picture, []int64{1, 300, 6}, with("args", "{'batch': 1, 'nms': True}"), card.End2End, ""},
		{"results or RT-DETR", picture, []int64{1, 300, 6}, ultralytics, "", "RT-DETR's boxes with the scores of two classes"},
		{"RT-DETR", picture, []int64{1, 300, 84}, ultralytics, "", "fit no detector of 2 classes"},
		{"yolov5", picture, []int64{1, 378, 7}, yolov5, card.YOLOv5, ""},
		{"yolov5, list of names", picture, []int64{1, 378, 7}, map[string]string{"stride": "32", "names": `['person', "driver's cab"]`}, card.YOLOv5, ""},
		{"yolov5, four strides", []int64{1, 3, 64, 96}, []int64{1, 384, 7}, map[string]string{"stride": "64", "names": yolov5["names"]}, card.YOLOv5, ""},
		{"yolov5, any size", []int64{-1, 3, -1, -1}, []int64{1, 378, 7}, yolov5, "", "no fixed size"},
		{"yolov9", picture, []int64{1, 6, 126}, yolov5, "", "looks like yolov8 or yolo11 with 2 classes"},
		{"yolov5, strange stride", picture, []int64{1, 378, 7}, map[string]string{"stride": "x", "names": yolov5["names"]}, "", `its stride is "x"`},
		{"symbolic size", []int64{-1, 3, -1, -1}, []int64{1, 6, 126}, ultralytics, card.YOLOv8, ""},
		{"strange output", picture, []int64{1, 9, 126}, ultralytics, "", "fit no detector of 2 classes"},
		{"segmentation", picture, []int64{1, 6, 126}, with("task", "segment"), "", "looks like yolov8 or yolo11 with 2 classes"},
		{"names with a hole", picture, []int64{1, 6, 126}, with("names", "{0: 'a', 2: 'b'}"), "", "no class 1"},
		{"no names", picture, []int64{1, 6, 126}, with("names", "?"), "", "where classes are wanted"},
		{"yolox", picture, []int64{1, 126, 85}, nil, "", "looks like yolox with 80 classes"},
		{"nothing", picture, []int64{1, 7, 5}, nil, "", "how pixels go in; its outputs are output [1 7 5]"},
		{"no picture", []int64{1, 96}, []int64{1, 6, 126}, ultralytics, "", "no input of one picture"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := card.Default()
			err := recognise(&got, withMetadata(t, c.in, c.out, c.texts))
			if c.says != "" {
				if err == nil || !strings.Contains(err.Error(), c.says) {
					t.Errorf("got %v, want %s", err, c.says)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			in := got.Input
			if got.Head.Kind != c.kind || in.Width != 96 || in.Height != 64 || in.Color != card.RGB || in.Align != card.Center || in.Resize != card.Letterbox {
				t.Errorf("got %+v", got)
			}
			if len(got.Labels.Names) != 2 || got.Labels.Names[1] != "driver's cab" {
				t.Errorf("labels %q", got.Labels.Names)
			}
		})
	}
}

// TestOneClassThatEnds: [1 rows 6] is YOLOv5's row of one class too, but Ultralytics
// exports no such network.
func TestOneClassThatEnds(t *testing.T) {
	texts := map[string]string{"description": "Ultralytics YOLOv10n model", "task": "detect", "names": "{0: 'ball'}"}
	got := card.Default()
	err := recognise(&got, withMetadata(t, []int64{1, 3, 64, 96}, []int64{1, 300, 6}, texts))
	if err != nil || got.Head.Kind != card.End2End || got.NMS.Kind != card.NoNMS {
		t.Errorf("got %+v, %v, want end2end", got.Head, err)
	}
}
