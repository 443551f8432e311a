package detect_test

import (
	"math/rand/v2"
	"testing"

	"braid/stages/detect"
)

// scene fills outputs like those of a street: n boxes above the threshold, the
// rest far below.
func scene(c detect.Config, data [][]float32, n int) {
	rng := rand.New(rand.NewPCG(5, 5))
	if c.Head.Kind == "yolox" {
		columns, d := 5+c.Classes, data[0]
		for i := range d {
			d[i] = float32(rng.Float64() * 0.01)
		}
		for range n {
			at := rng.IntN(len(d)/columns) * columns
			d[at+4], d[at+5+rng.IntN(c.Classes)] = 0.9, 0.8
		}
		return
	}
	for _, d := range data {
		for i := range d {
			d[i] = float32(rng.NormFloat64() - 6)
		}
	}
	cells := int(c.Outputs[1].Shape[2] * c.Outputs[1].Shape[3])
	for range n {
		cell := rng.IntN(cells)
		data[1][4*cells+cell], data[1][(5+rng.IntN(c.Classes))*cells+cell] = 3, 3
	}
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
