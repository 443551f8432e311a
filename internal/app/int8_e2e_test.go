//go:build e2e && cgo && linux

package app

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"braid/accel"
	"braid/accel/network"
	"braid/accel/network/testnet"
	"braid/accel/plan"
)

// step is the scale of every activation of quantised: int8 reaches to 4.
const step = 4. / 127

// int8Steps is how far, in quantisation steps, TensorRT may be from ONNX Runtime.
// Both compute exact sums of int8 and round them to int8 again, but scale them in
// float32 or FP16 in orders of their own, so that a sum beside a border may come out
// one step off; so may one that crosses a cut, which it does in FP16. Four such
// tensors lie behind each other, and weights of both signs do not add their errors
// up. A scale that is not its tensor's would show in tens of steps.
const int8Steps = 4

// quantised writes networks with Q/DQ around what is to run in int8.
type quantised struct {
	*network.Builder
	rng *rand.Rand
}

// pair is Q/DQ with scales along axis 0, or one scale.
func (q *quantised) pair(tensor string, scales []float32) string {
	zero := accel.TensorDesc{Name: tensor + "/zero", Type: accel.Int8}
	if len(scales) > 1 {
		zero.Shape = []int64{int64(len(scales))}
	}
	var attrs []network.Attr
	if zero.Shape != nil {
		attrs = append(attrs, network.AttrInt("axis", 0))
	}
	in := []string{tensor, q.Floats(tensor+"/scale", zero.Shape, scales), q.Raw(zero, make([]byte, len(scales)))}
	q.Node("QuantizeLinear", in, []string{tensor + "/q"}, attrs...)
	q.Node("DequantizeLinear", []string{tensor + "/q", in[1], in[2]}, []string{tensor + "/dq"}, attrs...)
	return tensor + "/dq"
}

// conv is a convolution whose weights have a scale for each output, as TensorRT
// wants them: float32 with Q/DQ. They take 7 bits, because ONNX Runtime's int8 of
// older processors adds pairs of products in 16.
func (q *quantised) conv(in, out string, from, to, k, stride int64) string {
	each := int(from * k * k)
	weights, scales := make([]float32, int(to)*each), make([]float32, to)
	for i := range weights {
		weights[i] = float32((2*q.rng.Float64() - 1) * math.Sqrt(6/float64(each)))
		scales[i/each] = max(scales[i/each], float32(math.Abs(float64(weights[i])))/63)
	}
	q.Floats(out+"/w", []int64{to, from, k, k}, weights)
	q.Floats(out+"/b", []int64{to}, make([]float32, to))
	q.Node("Conv", []string{in, q.pair(out+"/w", scales), out + "/b"}, []string{out}, network.AttrInts("kernel_shape", k, k),
		network.AttrInts("strides", stride, stride), network.AttrInts("pads", k/2, k/2, k/2, k/2))
	return out
}

func (q *quantised) relu(in, out string) string {
	q.Node("Relu", []string{in}, []string{out})
	return out
}

func (q *quantised) int8(tensor string) string { return q.pair(tensor, []float32{step}) }

// quantisedNetwork has a residual, which is where int8 of two places meets.
func quantisedNetwork(t *testing.T) *network.Network {
	t.Helper()
	q := &quantised{network.NewBuilder("quantised", testnet.Opset), rand.New(rand.NewPCG(8, 8))}
	desc := func(name string, c, side int64) accel.TensorDesc {
		return accel.TensorDesc{Name: name, Type: accel.Float32, Shape: []int64{1, c, side, side}}
	}
	x := q.int8(q.Input(desc("x", 3, 32)))
	a := q.int8(q.relu(q.conv(x, "a.conv", 3, 16, 3, 1), "a"))
	b := q.int8(q.relu(q.conv(a, "b.conv", 16, 32, 3, 2), "b"))
	c := q.int8(q.conv(b, "c", 32, 32, 3, 1))
	q.Node("Add", []string{c, b}, []string{"sum"})
	d := q.int8(q.relu("sum", "d"))
	q.Node("Identity", []string{d}, []string{"y"})
	q.Output(desc("y", 32, 16))
	data, err := q.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	n, err := network.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// proveInt8 runs the network in int8 on gpu:0, whole and in two parts, and compares
// with what ONNX Runtime makes of its Q/DQ on the CPU.
func proveInt8(t *testing.T, rt accel.Backend) {
	v := &verifier{rt: rt, net: quantisedNetwork(t), log: silent.Log}
	if err := v.prepare(t.Context(), nil, 1, 3); err != nil {
		t.Fatal(err)
	}
	for _, at := range [][]string{nil, {"b"}} {
		t.Run(fmt.Sprintf("%d parts", len(at)+1), func(t *testing.T) {
			row, err := v.underPlan(t.Context(), silent, onGPU0(at, plan.INT8), &progress{})
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%.2g steps", row.MaxAbs/step)
			if row.MaxAbs > (int8Steps+0.1)*step { // a tenth for FP16's rounding of what is compared
				t.Errorf("it differs by %.3g quantisation steps, more than %d", row.MaxAbs/step, int8Steps)
			}
		})
	}
}

func TestInt8OnStandIn(t *testing.T) { proveInt8(t, onStandIn(t)) }

func TestInt8OnGPU(t *testing.T) { proveInt8(t, onGPU(t)) }
