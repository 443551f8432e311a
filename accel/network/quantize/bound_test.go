package quantize_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"braid/accel/network"
	"braid/accel/network/onnxpb"
	"braid/accel/network/quantize"
)

const side = 6 // of the pictures of random networks

// randomNetwork has the operators of detectors, 4 channels everywhere, and a head.
func randomNetwork(t *rapid.T) []byte {
	b := network.NewBuilder("random", 13)
	b.Input(desc("x", 1, 4, side, side))
	rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
	var tensors []string
	pick := func() string { return rapid.SampledFrom(tensors).Draw(t, "from") }
	conv := func(in, out string, k int64) {
		b.Floats(out+".w", []int64{4, 4, k, k}, uniform(rng, int(16*k*k), 2))
		b.Floats(out+".b", []int64{4}, uniform(rng, 4, 2))
		b.Node("Conv", []string{in, out + ".w", out + ".b"}, []string{out}, network.AttrInts("kernel_shape", k, k), network.AttrInts("pads", k/2, k/2, k/2, k/2))
	}
	conv("x", "first", 3)
	tensors = append(tensors, "first")
	for i := range rapid.IntRange(1, 6).Draw(t, "layers") {
		out := fmt.Sprintf("t%d", i)
		switch rapid.IntRange(0, 4).Draw(t, "operator") {
		case 0:
			conv(pick(), out, 1)
		case 1:
			b.Node("Relu", []string{pick()}, []string{out})
		case 2:
			b.Node("Add", []string{pick(), pick()}, []string{out})
		case 3:
			b.Node("MaxPool", []string{pick()}, []string{out}, network.AttrInts("kernel_shape", 3, 3), network.AttrInts("pads", 1, 1, 1, 1))
		default:
			conv(pick(), out, 3)
			b.Node("Relu", []string{out}, []string{out + ".relu"})
			out += ".relu"
		}
		tensors = append(tensors, out)
	}
	conv(tensors[len(tensors)-1], "y", 1)
	b.Output(desc("y", 1, 4, side, side))
	return build(t, b)
}

// uniform are n numbers from -limit to limit.
func uniform(rng *rand.Rand, n int, limit float64) []float32 {
	v := make([]float32, n)
	for i := range v {
		v[i] = float32((2*rng.Float64() - 1) * limit)
	}
	return v
}

// errorsOf bounds what rounding can do to each tensor of an int8 network, from its
// scales. size is the largest magnitude of each float32 tensor. Rounding moves a value
// by half of a step; cutting one off brings it nearer to the true one, which lies
// within the range. A convolution adds up its input's error times its weights, and its
// weights' error times its input.
func errorsOf(t tb, m *onnxpb.ModelProto, size map[string]float64) map[string]float64 {
	all := weightsOf(m)
	bound, steps, stands := map[string]float64{}, map[string][]float32{}, map[string]string{}
	for _, n := range m.Graph.Node {
		in, out := n.Input, n.Output[0]
		switch n.GetOpType() {
		case "QuantizeLinear":
			scale, err := floatsOf(all[in[1]])
			if err != nil {
				t.Fatalf("%v", err)
			}
			steps[out], stands[out] = scale, in[0]
			bound[out] = bound[in[0]] + float64(scale[0])/2
		case "DequantizeLinear":
			bound[out], steps[out], stands[out] = bound[in[0]], steps[in[0]], stands[in[0]]
			size[out] = size[stands[in[0]]]
		case "Conv":
			name := in[1]
			if stands[name] != "" {
				name = stands[name]
			}
			w, err := floatsOf(all[name])
			if err != nil {
				t.Fatalf("%v", err)
			}
			each := len(w) / 4
			for o := range 4 {
				sum := 0.0
				for _, v := range w[o*each : (o+1)*each] {
					half := 0.0
					if s := steps[in[1]]; s != nil {
						half = float64(s[o]) / 2
					}
					sum += math.Abs(float64(v))*bound[in[0]] + half*(size[in[0]]+bound[in[0]])
				}
				bound[out] = max(bound[out], sum)
			}
		case "Add":
			bound[out] = bound[in[0]] + bound[in[1]]
		default:
			bound[out] = bound[in[0]]
		}
	}
	return bound
}

// TestErrorWithinBound: a network that was calibrated with an input is no farther from
// float32 on that input than its scales allow.
func TestErrorWithinBound(t *testing.T) {
	for _, everywhere := range []bool{false, true} {
		t.Run(fmt.Sprintf("everywhere %v", everywhere), func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				onnx := randomNetwork(t)
				r := recipe(t, "trt")
				r.Everywhere = everywhere
				x := map[string][]float32{"x": uniform(rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "x"), 2)), 4*side*side, 3)}
				made := write(t, watched(t, onnx, quantize.Options{Recipe: r}, x), minmax)
				var names []string
				n, err := network.Parse(onnx)
				if err != nil {
					t.Fatal(err)
				}
				for _, l := range n.Layers() {
					names = append(names, l.Outputs[0].Name)
				}
				float := evaluate(t, onnx, x, append(names, "x"))
				size := map[string]float64{}
				for name, values := range float {
					for _, v := range values {
						size[name] = max(size[name], math.Abs(float64(v)))
					}
				}
				limit := errorsOf(t, decode(t, made), size)["y"]
				got := evaluate(t, made, x, []string{"y"})["y"]
				for i, v := range got {
					if d := math.Abs(float64(v - float["y"][i])); d > limit*1.001+1e-4 {
						t.Fatalf("y[%d] is %g, %g of float32: more than %g away", i, v, float["y"][i], limit)
					}
				}
				if limit == 0 {
					t.Fatalf("nothing was rounded")
				}
			})
		})
	}
}

// TestExactNumbersStay: where input and weights are whole steps and reach the ends of
// their ranges, int8 changes nothing.
func TestExactNumbersStay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		steps := func(n int, step float32) []float32 {
			v := make([]float32, n)
			for i := range v {
				v[i] = float32(rapid.IntRange(-127, 127).Draw(t, "steps")) * step
			}
			v[rapid.IntRange(0, n-1).Draw(t, "largest")] = 127 * step
			return v
		}
		step := func() float32 { return float32(math.Ldexp(1, -rapid.IntRange(0, 8).Draw(t, "step"))) }
		b := network.NewBuilder("exact", 13)
		b.Input(desc("x", 1, 4, 3, 3))
		var w []float32
		for range 4 {
			w = append(w, steps(4, step())...)
		}
		b.Floats("w", []int64{4, 4, 1, 1}, w)
		b.Node("Conv", []string{"x", "w"}, []string{"c"})
		b.Floats("v", []int64{4, 4, 1, 1}, steps(16, 1))
		b.Node("Conv", []string{"c", "v"}, []string{"y"})
		b.Output(desc("y", 1, 4, 3, 3))
		onnx := build(t, b)
		x := map[string][]float32{"x": steps(36, step())}
		made := write(t, watched(t, onnx, quantize.Options{Recipe: recipe(t, "trt")}, x), minmax)
		want, got := evaluate(t, onnx, x, []string{"y"})["y"], evaluate(t, made, x, []string{"y"})["y"]
		for i := range want {
			if want[i] != got[i] {
				t.Fatalf("y[%d] is %g, was %g", i, got[i], want[i])
			}
		}
	})
}
