package detect_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"braid/accel"
	"braid/stages"
	"braid/stages/detect"
)

// noise fills outputs with what a network could say: darknet logits, or yolox
// offsets and scores. A coarse grid of values makes ties.
func noise(c detect.Config, data [][]float32, seed uint64, coarse bool) {
	rng := rand.New(rand.NewPCG(seed, 3))
	for _, d := range data {
		for i := range d {
			v := rng.NormFloat64()
			if c.Head.Kind == "yolox" && i%(5+c.Classes) > 3 {
				v = rng.Float64()
			}
			if coarse {
				v = math.Round(4*v) / 4
			}
			d[i] = float32(v)
		}
	}
}

func TestAgainstReference(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		head := rapid.SampledFrom([]func(size, classes int) detect.Config{yolox, yoloFastest}).Draw(rt, "head")
		c := head(32*rapid.IntRange(1, 4).Draw(rt, "size"), rapid.IntRange(1, 6).Draw(rt, "classes"))
		c.NMS.Score = rapid.SampledFrom([]float32{0, 0.001, 0.25, 0.5, 0.9, 1}).Draw(rt, "score")
		c.NMS.IoU = rapid.Float32Range(0, 1).Draw(rt, "iou")
		c.NMS.MultiLabel = rapid.Bool().Draw(rt, "multi")
		c.NMS.Max = rapid.SampledFrom([]int{1, 10, 300}).Draw(rt, "max")
		j, data := newJob(c)
		noise(c, data, rapid.Uint64().Draw(rt, "seed"), rapid.Bool().Draw(rt, "coarse"))
		if err := differ(process(t, newStage(t, c), j), finish(c, decode(c, data)), c); err != nil {
			rt.Fatal(err)
		}
		sound(t, c, j.Objects)
	})
}

// differ compares with the reference.
func differ(got []stages.Object, want []found, c detect.Config) error {
	if len(got) != len(want) {
		return fmt.Errorf("%d objects, want %d", len(got), len(want))
	}
	for i, w := range want {
		b, g := w.box, got[i]
		ok := g.Class == w.Class && math.Abs(float64(g.Score-w.Score)) < 1e-6
		for k, v := range [4]float64{b[0], b[1], b[2] - b[0], b[3] - b[1]} {
			ok = ok && math.Abs(float64(g.Box[k])-v/float64([2]int{c.Width, c.Height}[k%2])) < 1e-6
		}
		if !ok {
			return fmt.Errorf("object %d is %+v, want %+v at %v", i, g, w.Object, b)
		}
	}
	return nil
}

// TestManyCandidates: of far more than 1,000 candidates, many of equal score,
// the right 1,000 go into suppression.
func TestManyCandidates(t *testing.T) {
	for _, head := range []func(size, classes int) detect.Config{yolox, yoloFastest} {
		c := head(256, 5)
		c.NMS.MultiLabel, c.NMS.Score, c.NMS.IoU = true, 0.001, 0.9
		for seed := range uint64(4) {
			j, data := newJob(c)
			noise(c, data, seed, seed%2 == 0)
			if err := differ(process(t, newStage(t, c), j), finish(c, decode(c, data)), c); err != nil {
				t.Errorf("%s, seed %d: %v", c.Head.Kind, seed, err)
			}
		}
	}
}

func TestMisfits(t *testing.T) {
	for _, c := range []struct {
		name  string
		spoil func(c *detect.Config)
		want  string
	}{
		{
			"rows", func(c *detect.Config) { c.Outputs[0] = desc("x", 1, 8400, 85) },
			`making detect: head yolox with strides 8,16,32 at 416x416 and 80 labels wants an output [1 3549 85]; output "x" is [1 8400 85]`,
		},
		{"labels", func(c *detect.Config) { c.Classes = 20 }, `20 labels wants an output [1 3549 25]; output "output" is [1 3549 85]`},
		{
			"two outputs", func(c *detect.Config) { c.Outputs = append(c.Outputs, desc("y", 1)) },
			`head yolox wants 1 outputs; the graph has 2: "output" [1 3549 85], "y" [1]`,
		},
		{"stride", func(c *detect.Config) { c.Head.Strides[0] = 7 }, "stride 7 does not divide the input 416x416"},
		{"no strides", func(c *detect.Config) { c.Head.Strides = nil }, "strides are missing"},
		{"kind", func(c *detect.Config) { c.Head.Kind = "ssd" }, `head kind "ssd" is unknown; there are yolox, darknet, yolov5, yolov8, end2end, nanodet`},
		{"no labels", func(c *detect.Config) { c.Classes = 0 }, "with 0 labels"},
		{"type", func(c *detect.Config) { c.Outputs[0].Type = accel.Float16 }, `output "output" is float16, want float32`},
		{"nms", func(c *detect.Config) { c.NMS.Kind = "soft" }, `nms kind "soft" is unknown; there are greedy, diou and none`},
		{"iou", func(c *detect.Config) { c.NMS.IoU = 45 }, "nms iou 45 and score 0.25 must be within 0..1"},
		{"score", func(c *detect.Config) { c.NMS.Score = float32(math.NaN()) }, "score NaN must be within 0..1"},
		{"max", func(c *detect.Config) { c.NMS.Max = 0 }, "nms max 0 must be at least 1"},
		{
			"output type", func(c *detect.Config) { *c = yoloFastest(320, 80); c.Head.Outputs[1].Type = "ssd" },
			`output "yolo1" has type "ssd", which is unknown; there are yolo and region`,
		},
		{
			"anchors", func(c *detect.Config) {
				*c = yoloFastest(320, 80)
				c.Head.Outputs[0].Anchors = [][2]float32{{1, 1}, {2, 2}}
			},
			`head darknet with 2 anchors and 80 labels wants an output [1 170 height width]; output "yolo0" is [1 255 10 10]`,
		},
		{"anchor", func(c *detect.Config) { *c = yoloFastest(320, 80); c.Head.Outputs[0].Anchors[2][1] = 0 }, "anchor [242 0]"},
		{"scale", func(c *detect.Config) { *c = yoloFastest(320, 80); c.Head.Outputs[0].ScaleXY = -1 }, "scale_xy -1"},
		{
			"one output", func(c *detect.Config) { *c = yoloFastest(320, 80); c.Outputs = c.Outputs[:1] },
			`head darknet wants 2 outputs; the graph has 1: "yolo0" [1 255 10 10]`,
		},
		{"no outputs", func(c *detect.Config) { *c = yoloFastest(320, 80); c.Head.Outputs = nil }, "outputs are missing"},
		{"beta", func(c *detect.Config) { c.NMS.Kind = "diou" }, "nms beta 0 must be within 0..10"},
		{"yolov5", func(c *detect.Config) { c.Head.Kind = "yolov5"; c.Classes = 20 }, `head yolov5 with 20 labels wants an output [1 rows 25]`},
		{"yolov8", func(c *detect.Config) { c.Head.Kind = "yolov8" }, `head yolov8 with 80 labels wants an output [1 84 rows] or [1 rows 84]`},
		{"end2end", func(c *detect.Config) { c.Head.Kind = "end2end" }, `head end2end wants an output [1 rows 6] or [rows 7]`},
		{"nanodet", func(c *detect.Config) { c.Head.Kind = "nanodet" }, `head nanodet with strides [8 16 32] and 80 labels wants an output [1 3549 80+4*bins]`},
		{
			"nanodet, stride", func(c *detect.Config) { c.Head = detect.Head{Kind: "nanodet", Strides: []int{500}} },
			"stride 500 does not fit the input 416x416",
		},
		{
			"nanodet, pairs", func(c *detect.Config) {
				c.Head, c.Outputs = detect.Head{Kind: "nanodet", Strides: []int{32}}, []accel.TensorDesc{desc("s", 1, 169, 80), desc("d", 1, 169, 30)}
			},
			`head nanodet with stride 32 wants an output [1 169 4*bins]; output "d" is [1 169 30]`,
		},
		{
			"four outputs", func(c *detect.Config) {
				c.Head.Kind = "end2end"
				c.Outputs = []accel.TensorDesc{desc("n", 1, 1), desc("b", 1, 9, 4), desc("s", 1, 9), desc("c", 1, 8)}
			},
			`head end2end wants an output [1 9], as many as boxes; output "c" is [1 8]`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg := yolox(416, 80)
			c.spoil(&cfg)
			_, err := detect.New(cfg)
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
		})
	}
}

// event is a point that ended with an error.
type event struct{ err error }

func (e event) Wait(context.Context) error { return e.err }

func TestReady(t *testing.T) {
	broken := errors.New("kernel failed")
	lost := fmt.Errorf("gpu:0: %w", accel.ErrDeviceLost)
	for name, c := range map[string]struct {
		ready        accel.Event
		frame, graph error
	}{
		"nothing to wait for": {},
		"done":                {ready: accel.Done},
		"failed":              {ready: event{broken}, frame: broken},
		"device lost":         {ready: event{lost}, graph: accel.ErrDeviceLost},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := yolox(32, 1)
			j, _ := newJob(cfg)
			j.Ready, j.Objects = c.ready, make([]stages.Object, 7)
			err := newStage(t, cfg).Process(t.Context(), j)
			if !errors.Is(err, c.graph) || !errors.Is(j.Err, c.frame) || (err == nil) != (c.graph == nil) || (j.Err == nil) != (c.frame == nil) {
				t.Errorf("got %v for the graph and %v for the frame", err, j.Err)
			}
			if len(j.Objects) != 0 {
				t.Errorf("%d objects of the frame before are left", len(j.Objects))
			}
		})
	}
}

func TestBadJobs(t *testing.T) {
	c := yolox(32, 1)
	s := newStage(t, c)
	j, _ := newJob(c)
	j.Width = 0
	if err := s.Process(t.Context(), j); err != nil || j.Err == nil {
		t.Errorf("frame without size: got %v and %v, want a failed frame", err, j.Err)
	}
	for name, other := range map[string]detect.Config{"missing": yoloFastest(32, 1), "shape": yolox(64, 1)} {
		j, _ := newJob(other)
		if err := s.Process(t.Context(), j); err == nil || !strings.Contains(err.Error(), `tensor "output"`) {
			t.Errorf("%s: got %v, want an error about the tensor", name, err)
		}
	}
}

// FuzzOutputs: whatever the outputs hold, results are sound.
func FuzzOutputs(f *testing.F) {
	nan, inf := math.NaN(), math.Inf(1)
	for _, v := range []float64{0, 1, -1, 100, 800, -800, nan, inf, -inf, math.MaxFloat32} {
		b := math.Float32bits(float32(v))
		f.Add([]byte{byte(b), byte(b >> 8), byte(b >> 16), byte(b >> 24)}, true, true)
		f.Add([]byte{byte(b), byte(b >> 8), byte(b >> 16), byte(b >> 24), 0, 0, 0x80, 0x3f, 0, 0}, false, false)
	}
	f.Fuzz(func(t *testing.T, raw []byte, multi, newCoords bool) {
		if len(raw) == 0 {
			return
		}
		for _, c := range append(everyHead(64, 3), wholeNumbers()) {
			c.NMS.MultiLabel = multi
			for i := range c.Head.Outputs {
				c.Head.Outputs[i].NewCoords = newCoords
			}
			j, _ := newJob(c)
			for _, o := range c.Outputs {
				to, _ := j.Bindings.Tensor(o.Name, "cpu")
				for i := range to.Data {
					to.Data[i] = raw[i%len(raw)]
				}
			}
			sound(t, c, process(t, newStage(t, c), j))
		}
	})
}

// TestNotFinite: a box or score that is not finite is left out, its neighbours
// stay.
func TestNotFinite(t *testing.T) {
	c := yolox(32, 2)
	j, data := newJob(c)
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	for i, p := range [][]float32{
		{nan, 0, 0, 0, 0.9, 0.9, 0},
		{0, 0, inf, 0, 0.9, 0.9, 0},
		{0, 0, 0, 0, nan, 0.9, 0},
		{0, 0, 0, 0, inf, 0.9, 0},
		{0, 0, 0, 0, 0.9, nan, 0.8},
	} {
		copy(data[0][i*7:], p)
	}
	got := process(t, newStage(t, c), j)
	if len(got) != 1 || got[0].Class != 1 || got[0].Score != float32(0.9)*float32(0.8) {
		t.Errorf("got %+v, want only the class 1 of row 4", got)
	}
}

func TestNoAllocation(t *testing.T) {
	for _, c := range everyHead(128, 4) {
		c.NMS.MultiLabel = true
		j, data := newJob(c)
		noise(c, data, 1, false)
		s := newStage(t, c)
		step := func() {
			if n := len(process(t, s, j)); n < 3 {
				t.Fatalf("only %d objects", n)
			}
		}
		step()
		if n := testing.AllocsPerRun(20, step); n > 0 {
			t.Errorf("%s: %g allocations a frame", c.Head.Kind, n)
		}
	}
}
