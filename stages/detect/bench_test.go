package detect_test

import (
	"math/rand/v2"
	"testing"

	"braid/accel"
	"braid/stages/detect"
)

// scene fills the outputs of a head like those of a street: n boxes above the
// threshold, the rest far below.
func scene(c detect.Config, data [][]float32, n int) {
	rng := rand.New(rand.NewPCG(5, 5))
	raw := len(c.Head.Outputs) > 0
	for _, d := range data {
		for i := range d {
			d[i] = float32(rng.Float64() * 0.01)
			if raw {
				d[i] -= 6
			}
		}
	}
	high := float32(0.9)
	if raw {
		high = 3
	}
	for range n {
		for _, at := range scores(c, rng) {
			data[at.output][at.at] = high
		}
	}
}

// place is a value of an output.
type place struct{ output, at int }

// scores are where the objectness and a class's score are, of a row by chance.
func scores(c detect.Config, rng *rand.Rand) []place {
	last := len(c.Outputs) - 1
	shape := c.Outputs[last].Shape
	class := rng.IntN(c.Classes)
	switch c.Head.Kind {
	case "darknet":
		cells := int(shape[2] * shape[3])
		cell := rng.IntN(cells)
		return []place{{last, 4*cells + cell}, {last, (5+class)*cells + cell}}
	case "yolov8":
		rows := int(shape[2])
		return []place{{0, (4+class)*rows + rng.IntN(rows)}}
	case "nanodet":
		row := rng.IntN(int(c.Outputs[0].Shape[1]))
		return []place{{0, row*int(c.Outputs[0].Shape[2]) + class}}
	case "end2end":
		row := rng.IntN(int(shape[1])) * 6
		return []place{{0, row + 2}, {0, row + 3}, {0, row + 4}} // corners in their order, score
	}
	columns := 5 + c.Classes
	row := rng.IntN(int(c.Outputs[0].Elems())/columns) * columns
	return []place{{0, row + 4}, {0, row + 5 + class}}
}

func BenchmarkProcess(b *testing.B) {
	eval := func(c detect.Config) detect.Config {
		c.NMS.MultiLabel, c.NMS.Score = true, 0.001
		return c
	}
	for _, c := range []struct {
		name string
		cfg  detect.Config
		fill func(c detect.Config, data [][]float32)
	}{
		{"yolox416", yolox(416, 80), func(c detect.Config, d [][]float32) { scene(c, d, 40) }},
		{"darknet320", yoloFastest(320, 80), func(c detect.Config, d [][]float32) { scene(c, d, 40) }},
		{"yolox416/eval", eval(yolox(416, 80)), func(c detect.Config, d [][]float32) { scene(c, d, 400) }},
		{"yolox416/worst", eval(yolox(416, 80)), func(c detect.Config, d [][]float32) { noise(c, d, 1, false) }},
		{"darknet320/worst", eval(yoloFastest(320, 80)), func(c detect.Config, d [][]float32) { noise(c, d, 1, false) }},
	} {
		b.Run(c.name, func(b *testing.B) {
			s := newStage(b, c.cfg)
			j, data := newJob(c.cfg)
			c.fill(c.cfg, data)
			b.ReportAllocs()
			for b.Loop() {
				process(b, s, j)
			}
			b.ReportMetric(float64(len(j.Objects)), "objects")
		})
	}
}

// BenchmarkHeads is a frame with forty objects and 80 classes, for each kind of head
// at the size it is usually exported with.
func BenchmarkHeads(b *testing.B) {
	with := func(size int, h detect.Head, outputs ...accel.TensorDesc) detect.Config {
		return detect.Config{Head: h, Outputs: outputs, Device: "cpu", Width: size, Height: size, Classes: 80, NMS: greedy()}
	}
	anchors := [][2]float32{{10, 13}, {16, 30}, {33, 23}}
	raw := []detect.Output{{Anchors: anchors}, {Anchors: anchors}, {Anchors: anchors}}
	region := []detect.Output{{Type: "region", Anchors: [][2]float32{{1, 1}, {2, 2}, {3, 3}, {4, 4}, {5, 5}}}}
	for _, c := range []struct {
		name string
		cfg  detect.Config
	}{
		{"region416", with(416, detect.Head{Kind: "darknet", Outputs: region}, desc("a", 1, 425, 13, 13))},
		{"yolov5/640", with(640, detect.Head{Kind: "yolov5"}, desc("a", 1, 25200, 85))},
		{"yolov5raw/640", with(640, detect.Head{Kind: "yolov5", Outputs: raw}, desc("a", 1, 3, 80, 80, 85), desc("b", 1, 3, 40, 40, 85), desc("c", 1, 3, 20, 20, 85))},
		{"yolov8/640", with(640, detect.Head{Kind: "yolov8"}, desc("a", 1, 84, 8400))},
		{"end2end/640", with(640, detect.Head{Kind: "end2end"}, desc("a", 1, 300, 6))},
		{"nanodet/416", with(416, detect.Head{Kind: "nanodet", Strides: []int{8, 16, 32, 64}}, desc("a", 1, 3598, 112))},
	} {
		b.Run(c.name, func(b *testing.B) {
			if c.cfg.Head.Kind == "end2end" {
				c.cfg.NMS.Kind = "none"
			}
			s := newStage(b, c.cfg)
			j, data := newJob(c.cfg)
			scene(c.cfg, data, 40)
			b.ReportAllocs()
			for b.Loop() {
				process(b, s, j)
			}
			b.ReportMetric(float64(len(j.Objects)), "objects")
		})
	}
}
