package network_test

import (
	"fmt"
	"strings"
	"testing"

	"braid/accel"
	"braid/accel/network"
	"braid/accel/network/testnet"
)

// drawing is a network in short: a line a node, "OUT = OP IN…". Tensors are
// [1,4,8,8], a word in capitals is a constant. Its input is "in", its output the
// last node's.
func drawing(t *testing.T, text string) *network.Network {
	t.Helper()
	b := network.NewBuilder("drawing", testnet.Opset)
	d := func(name string) accel.TensorDesc {
		return accel.TensorDesc{Name: name, Type: accel.Float32, Shape: []int64{1, 4, 8, 8}}
	}
	b.Input(d("in"))
	b.Floats("W", []int64{4, 4, 1, 1}, make([]float32, 16))
	b.Floats("C", []int64{1, 4, 1, 1}, make([]float32, 4))
	b.Floats("V", []int64{4}, make([]float32, 4))
	last := ""
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		last = words[0]
		b.Node(words[2], words[3:], []string{last})
	}
	b.Output(d(last))
	data, err := b.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return parse(t, data)
}

// TestMarks wants + for a plain cut point, f for one in a fused group and h for
// one in the head.
func TestMarks(t *testing.T) {
	const more = "\nz = Conv x W"
	for _, tt := range []struct{ name, text, want string }{
		{"convolution and activation", "a = Conv in W\nx = Relu a" + more, "a:f x:+"},
		{"batch normalization", "a = Conv in W\nb = BatchNormalization a V V V V\nx = LeakyRelu b" + more, "a:f b:f x:+"},
		{"bias", "a = Conv in W\nb = Add a C\nx = Relu b" + more, "a:f b:f x:+"},
		{"swish", "a = Conv in W\nb = Sigmoid a\nx = Mul a b" + more, "a:f b:f x:+"},
		{"swish, factors swapped", "a = Conv in W\nb = Sigmoid a\nx = Mul b a" + more, "a:f b:f x:+"},
		{"mish", "a = Conv in W\nb = Softplus a\nc = Tanh b\nx = Mul a c" + more, "a:f b:f c:f x:+"},
		{"hard-swish", "a = Conv in W\nb = Add a C\nc = Clip b\nd = Mul a c\nx = Div d C" + more, "a:f b:f c:f d:f x:+"},
		{"residual", "s = Relu in\na = Conv s W\nb = Add a s\nx = Relu b" + more, "s:+ a:f b:f x:+"},
		{"residual behind an activation", "s = Relu in\na = Conv s W\nb = Relu a\nx = Add b s" + more, "s:+ a:f b:+ x:+"},
		{"the later of two branches takes the sum", "a = Conv in W\nb = Conv in W\nx = Add a b" + more, "a:+ b:f x:+"},
		{"two sums", "s = Relu in\na = Conv s W\nb = Add a s\nx = Add b in" + more, "s:+ a:f b:+ x:+"},
		{"read twice", "a = Conv in W\nb = Relu a\nx = Add a b" + more, "a:+ b:+ x:+"},
		{"a result itself", "x = Conv in W\nb = Relu x" + more, "x:+ b:+"},
		{"normalization behind an activation", "a = Conv in W\nb = Relu a\nx = BatchNormalization b V V V V" + more, "a:f b:+ x:+"},
		{"another node between", "a = Conv in W\ns = Relu in\nb = Relu a\nx = Max b s" + more, "a:f s:f b:+ x:+"},
		{"head", "x = Conv in W\nb = Neg x\nc = Sigmoid b", "x:h b:h"},
		{"activation in the head", "x = Conv in W\nb = Sigmoid x\nc = Neg b", "x:f b:h"},
		{"nothing heavy", "a = Relu in\nb = Neg a", "a:+"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, c := range drawing(t, tt.text).Cuts() {
				mark := map[network.Mark]string{network.Plain: "+", network.InHead: "h", network.InFused: "f"}[c.Mark]
				got = append(got, fmt.Sprintf("%s:%s", c.At, mark))
			}
			if strings.Join(got, " ") != tt.want {
				t.Errorf("got %s, not %s", strings.Join(got, " "), tt.want)
			}
		})
	}
}

func TestOfferedOrder(t *testing.T) {
	n := drawing(t, "a = Conv in W\nb = Relu a\nc = Conv b W\nd = Relu c\ne = Neg d\nf = Neg e")
	var got []string
	for _, c := range network.Offered(n.Cuts()) {
		got = append(got, c.At)
	}
	if want := "b d e a c"; strings.Join(got, " ") != want {
		t.Errorf("offered %v, not %s", got, want)
	}
}
