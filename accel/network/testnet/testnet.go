// Package testnet makes small networks for tests, the same ones at each call.
// Types and shapes of all their tensors are stated in the file, but for the
// networks whose name says otherwise.
package testnet

import (
	"fmt"
	"math"
	"math/rand/v2"

	"braid/accel"
	"braid/accel/network"
)

// Opset is the operator set of every network here.
const Opset = 13

// TB is what these functions need of a *testing.T or a *rapid.T.
type TB interface {
	Helper()
	Fatalf(format string, args ...any)
}

// sketch is a network in the making: a Builder that knows shapes and draws weights.
type sketch struct {
	*network.Builder
	rng    *rand.Rand
	shapes map[string][]int64
}

func newSketch(name string, seed uint64) *sketch {
	return &sketch{network.NewBuilder(name, Opset), rand.New(rand.NewPCG(seed, 0)), map[string][]int64{}}
}

// input adds a float32 graph input.
func (s *sketch) input(name string, shape ...int64) string {
	s.shapes[name] = shape
	return s.Input(s.desc(name))
}

func (s *sketch) outputs(names ...string) {
	for _, t := range names {
		s.Output(s.desc(t))
	}
}

func (s *sketch) desc(name string) accel.TensorDesc {
	return accel.TensorDesc{Name: name, Type: accel.Float32, Shape: s.shapes[name]}
}

// node adds a node with one output, whose shape it states.
func (s *sketch) node(op, out string, shape []int64, in []string, attrs ...network.Attr) string {
	s.Node(op, in, []string{out}, attrs...)
	s.state(out, shape)
	return out
}

func (s *sketch) state(tensor string, shape []int64) {
	s.shapes[tensor] = shape
	s.ValueInfo(s.desc(tensor))
}

// same adds a node whose output has the shape of its first input.
func (s *sketch) same(op, out string, in ...string) string {
	return s.node(op, out, s.shapes[in[0]], in)
}

// conv adds a k x k convolution that keeps the size, or halves it with stride 2.
// Its random weights keep the values' magnitude.
func (s *sketch) conv(out, in string, channels, k, stride int64) string {
	from := s.shapes[in]
	fan := float64(from[1] * k * k)
	w := s.Floats(out+".w", []int64{channels, from[1], k, k}, s.draw(int(channels*from[1]*k*k), math.Sqrt(3/fan)))
	b := s.Floats(out+".b", []int64{channels}, s.draw(int(channels), 0.1))
	shape := []int64{from[0], channels, (from[2] + stride - 1) / stride, (from[3] + stride - 1) / stride}
	return s.node("Conv", out, shape, []string{in, w, b}, window(k, stride)...)
}

// maxPool adds a 3 x 3 pooling, sizes as in conv.
func (s *sketch) maxPool(out, in string, stride int64) string {
	from := s.shapes[in]
	shape := []int64{from[0], from[1], (from[2] + stride - 1) / stride, (from[3] + stride - 1) / stride}
	return s.node("MaxPool", out, shape, []string{in}, window(3, stride)...)
}

// concat joins tensors along the channels.
func (s *sketch) concat(out string, in ...string) string {
	shape := append([]int64{}, s.shapes[in[0]]...)
	shape[1] = 0
	for _, t := range in {
		shape[1] += s.shapes[t][1]
	}
	return s.node("Concat", out, shape, in, network.AttrInt("axis", 1))
}

// draw gives n values within ±limit.
func (s *sketch) draw(n int, limit float64) []float32 {
	v := make([]float32, n)
	for i := range v {
		v[i] = float32((2*s.rng.Float64() - 1) * limit)
	}
	return v
}

func window(k, stride int64) []network.Attr {
	p := k / 2
	return []network.Attr{
		network.AttrInts("kernel_shape", k, k), network.AttrInts("strides", stride, stride),
		network.AttrInts("pads", p, p, p, p),
	}
}

func (s *sketch) bytes(t TB) []byte {
	t.Helper()
	data, err := s.Bytes()
	if err != nil {
		t.Fatalf("making a test network: %v", err)
	}
	return data
}

// Chain is n convolutions in a row: input "in" [1,3,side,side], tensors
// "conv_0" … of 4 channels, the last one being the output.
func Chain(t TB, n int, side int64, seed uint64) []byte {
	t.Helper()
	s := newSketch("chain", seed)
	last := s.input("in", 1, 3, side, side)
	for i := range n {
		last = s.conv(fmt.Sprintf("conv_%d", i), last, 4, 3, 1)
	}
	s.outputs(last)
	return s.bytes(t)
}
