package darknet

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// drawnOutputs are a head's outputs for some pictures: channels of very different
// means, which each picture shifts.
func drawnOutputs(h *Head, pictures, cells int) [][]float32 {
	rng := rand.New(rand.NewPCG(3, 4))
	channels := len(h.Anchors) * (5 + h.Classes)
	out := make([][]float32, pictures)
	level := make([]float64, channels)
	for c := range level {
		level[c] = 2 * rng.NormFloat64()
	}
	for p := range out {
		contrast := 0.3 + rng.Float64()
		for c := range channels {
			for range cells {
				v := contrast * (level[c] + 0.2*rng.NormFloat64())
				if h.NewCoords {
					v = logistics(v)
				}
				out[p] = append(out[p], float32(v))
			}
		}
	}
	return out
}

func TestStandardise(t *testing.T) {
	for name, h := range map[string]*Head{
		"yolo":       {Anchors: [][2]float32{{9, 9}, {2, 2}}, Classes: 4},
		"new_coords": {Anchors: [][2]float32{{9, 9}, {2, 2}}, Classes: 4, NewCoords: true},
		"region":     {Anchors: [][2]float32{{9, 9}, {2, 2}}, Classes: 4, Region: true},
	} {
		t.Run(name, func(t *testing.T) {
			outputs := drawnOutputs(h, 6, 50)
			changes := h.Standardise(outputs)
			object := 1*9 + 4 // of the smaller anchor
			for c, a := range changes {
				if (a.Mix != nil) != (c == object) {
					t.Errorf("channel %d has a mix: %v", c, a.Mix != nil)
				}
			}
			var changed [][]float32
			for _, o := range outputs {
				to := slices.Clone(o)
				h.Apply(to, o, changes)
				changed = append(changed, to)
			}
			for c := range changes {
				mean, deviation := h.moments(changed, c, len(changes), Affine{})
				if math.Abs(mean) > 1e-3 || math.Abs(deviation-h.deviation(c%9)) > 1e-3*h.deviation(c%9) {
					t.Errorf("channel %d has mean %g and deviation %g, want 0 and %g", c, mean, deviation, h.deviation(c%9))
				}
			}
			for p := range changed {
				if mean, deviation := h.moments(changed[p:p+1], object, len(changes), Affine{}); math.Abs(mean) > 0.3*deviation {
					t.Errorf("the objectness of picture %d has mean %g and deviation %g", p, mean, deviation)
				}
			}
		})
	}
}

// TestTunedWeightsGiveTheChange: what Apply says of outputs is what a network of
// the tuned weights computes, here by hand for a convolution of 1x1.
func TestTunedWeightsGiveTheChange(t *testing.T) {
	n := parseText(t, twoConvolutions)
	h := &n.heads[0]
	c := n.layers[1].op.(*convolution)
	read := func(heads [][]Affine) (bias, weights []byte) {
		w := n.RandomWeights(5, heads)
		for _, l := range n.layers[:2] {
			var err error
			if bias, weights, err = w.convolution(l.op.(*convolution)); err != nil {
				t.Fatal(err)
			}
		}
		return bias, weights
	}
	input := []float64{0.5, -1.25}
	compute := func(bias, weights []byte) (out []float32) {
		for f := range c.filters {
			out = append(out, float32(float64(at(bias, f))+input[0]*float64(at(weights, 2*f))+input[1]*float64(at(weights, 2*f+1))))
		}
		return out
	}
	raw := compute(read(nil))
	changes := make([]Affine, c.filters)
	for i := range changes {
		changes[i] = Affine{Scale: 1 + float64(i), Shift: 0.5 * float64(i)}
	}
	changes[4].Mix = []float64{0.5, 0, -2, 0, 0, 1}
	want := make([]float32, len(raw))
	h.Apply(want, raw, changes)
	for i, got := range compute(read([][]Affine{changes})) {
		if math.Abs(float64(got-want[i])) > 1e-5 {
			t.Errorf("channel %d is %v, want %v", i, got, want[i])
		}
	}
}
