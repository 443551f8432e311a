//go:build e2e

package ort

import (
	"math"
	"os"
	"testing"

	"braid/accel/network"
	"braid/accel/network/darknet"
	"braid/internal/testdata"
)

// values runs a whole network on noise and gives its outputs by name.
func values(t *testing.T, b *Backend, onnx []byte) map[string][]float32 {
	t.Helper()
	n, err := network.Parse(onnx)
	if err != nil {
		t.Fatal(err)
	}
	segments, err := n.Split(t.Context(), nil, b.Probe)
	if err != nil {
		t.Fatal(err)
	}
	bindings, run := chain(t, b, segments)
	in, _ := bindings.Tensor(n.Inputs()[0].Name, cpu)
	for i, v := 0, in.Float32s(); i < len(v); i++ {
		v[i] = float32(math.Abs(math.Sin(float64(i) * 12.9898)))
	}
	run()
	out := map[string][]float32{}
	for _, o := range segments[0].Outputs {
		tensor, _ := bindings.Tensor(o.Name, cpu)
		out[o.Name] = tensor.Float32s()
	}
	return out
}

// TestDarknetWeights holds our import of yolo-fastest against another's, which
// was made from the same cfg and weights.
func TestDarknetWeights(t *testing.T) {
	b := open(t)
	t.Cleanup(func() { closed(t, b) })
	cfg := testdata.Path(t, "models/yolo-fastest-1.1-xl.cfg")
	text, err := os.ReadFile(cfg)
	if err != nil {
		t.Fatal(err)
	}
	n, err := darknet.Parse(text, cfg)
	if err != nil {
		t.Fatal(err)
	}
	weights, err := os.Open(testdata.Path(t, "models/yolo-fastest-1.1-xl.weights"))
	if err != nil {
		t.Fatal(err)
	}
	defer weights.Close()
	built, err := n.Build("yolo-fastest", n.FileWeights(weights))
	if err != nil {
		t.Fatal(err)
	}
	ours, err := built.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := os.ReadFile(testdata.Path(t, "models/yolo-fastest-1.1-xl.onnx"))
	if err != nil {
		t.Fatal(err)
	}
	got, want := values(t, b, ours), values(t, b, theirs)
	for ourName, theirName := range map[string]string{"yolo_121": "yolo0", "yolo_130": "yolo1"} {
		d := farthest(got[ourName], want[theirName])
		t.Logf("%s: farthest %.3g", ourName, d)
		if len(got[ourName]) == 0 || len(got[ourName]) != len(want[theirName]) || !(d < 1e-4) {
			t.Errorf("%s is %g away", ourName, d)
		}
	}
}

// sections has each section that is no convolution, on small tensors.
const sections = `[net]
width=16
height=16
[convolutional]
filters=8
size=3
pad=1
stride=2
activation=mish
[maxpool]
size=2
stride=1
[maxpool]
size=3
stride=2
[maxpool]
size=5
stride=1
[upsample]
stride=2
[route]
layers=-1,0
[reorg]
stride=2
[route]
layers=5
groups=4
group_id=2
[convolutional]
filters=6
size=1
activation=swish
[shortcut]
from=-2
activation=linear
[convolutional]
filters=4
size=1
activation=logistic
[shortcut]
from=-3
activation=relu
[avgpool]
[scale_channels]
from=-2
[convolutional]
filters=4
size=1
activation=leaky
[sam]
from=-2
[dropout]
[convolutional]
filters=6
size=1
activation=linear
[yolo]
anchors=4,4
num=1
classes=1
`

// TestDarknetSections holds what each section computes against darknet's own
// loops, written plainly, on the values of the tensors before it.
func TestDarknetSections(t *testing.T) {
	b := open(t)
	t.Cleanup(func() { closed(t, b) })
	n, err := darknet.Parse([]byte(sections), "sections.cfg")
	if err != nil {
		t.Fatal(err)
	}
	built, err := n.Build("sections", n.RandomWeights(1, nil))
	if err != nil {
		t.Fatal(err)
	}
	data, err := built.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := network.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, l := range parsed.Layers() {
		for _, o := range l.Outputs {
			names = append(names, o.Name)
		}
	}
	if data, err = parsed.WithOutputs(names); err != nil {
		t.Fatal(err)
	}
	v := values(t, b, data)
	each := func(name string, f func(x float64) float64) []float32 {
		out := make([]float32, len(v[name]))
		for i, x := range v[name] {
			out[i] = float32(f(float64(x)))
		}
		return out
	}
	sigmoid := func(x float64) float64 { return 1 / (1 + math.Exp(-x)) }
	for name, want := range map[string][]float32{
		"mish_0":            each("conv_0", func(x float64) float64 { return x * math.Tanh(math.Log1p(math.Exp(x))) }),
		"maxpool_1":         maxPooled(v["mish_0"], 8, 8, 2, 1),
		"maxpool_2":         maxPooled(v["maxpool_1"], 8, 8, 3, 2),
		"maxpool_3":         maxPooled(v["maxpool_2"], 8, 4, 5, 1),
		"upsample_4":        upsampled(v["maxpool_3"], 8, 4, 2),
		"route_5":           append(append([]float32{}, v["upsample_4"]...), v["mish_0"]...),
		"reorg_6":           reorganised(v["route_5"], 16, 8, 2),
		"route_7":           v["route_5"][8*64 : 12*64],
		"swish_8":           each("conv_8", func(x float64) float64 { return x * sigmoid(x) }),
		"shortcut_9":        added(v["swish_8"], v["route_7"]),
		"logistic_10":       each("conv_10", sigmoid),
		"shortcut_11":       added(v["logistic_10"], v["swish_8"]),
		"relu_11":           each("shortcut_11", func(x float64) float64 { return math.Max(x, 0) }),
		"avgpool_12":        averaged(v["relu_11"], 4),
		"scale_channels_13": scaled(v["relu_11"], v["avgpool_12"]),
		"leaky_14":          each("conv_14", func(x float64) float64 { return math.Max(x, 0.1*x) }),
		"sam_15":            scaled(v["scale_channels_13"], v["leaky_14"]),
		"yolo_18":           v["conv_17"],
	} {
		if got := v[name]; len(got) == 0 || len(got) != len(want) || !(farthest(got, want) < 1e-5) {
			t.Errorf("%s has %d values, want %d; %g away", name, len(got), len(want), farthest(got, want))
		}
	}
	if len(v) != len(names) {
		t.Errorf("%d tensors, want %d", len(v), len(names))
	}
}

// maxPooled pads by size-1 in all, of which half, rounded down, lies before.
func maxPooled(x []float32, channels, side, size, stride int) (out []float32) {
	padding := size - 1
	to := (side+padding-size)/stride + 1
	for c := range channels {
		for oy := range to {
			for ox := range to {
				most := float32(math.Inf(-1))
				for k := range size * size {
					y, col := oy*stride+k/size-padding/2, ox*stride+k%size-padding/2
					if y >= 0 && y < side && col >= 0 && col < side {
						most = max(most, x[(c*side+y)*side+col])
					}
				}
				out = append(out, most)
			}
		}
	}
	return out
}

func upsampled(x []float32, channels, side, stride int) (out []float32) {
	for i := range channels * side * stride * side * stride {
		c, y, col := i/(side*stride*side*stride), i/(side*stride)%(side*stride), i%(side*stride)
		out = append(out, x[(c*side+y/stride)*side+col/stride])
	}
	return out
}

// reorganised is darknet's reorg: the output, read as the input's shape, takes
// what the opposite step would have put elsewhere.
func reorganised(x []float32, channels, side, stride int) []float32 {
	out := make([]float32, len(x))
	few := channels / (stride * stride)
	for i := range out {
		c, y, col := i/(side*side), i/side%side, i%side
		offset := c / few
		wide, high := col*stride+offset%stride, y*stride+offset/stride
		out[i] = x[wide+side*stride*(high+side*stride*(c%few))]
	}
	return out
}

// added adds the channels that both have to the first.
func added(sum, other []float32) []float32 {
	out := append([]float32{}, sum...)
	for i := range min(len(sum), len(other)) {
		out[i] += other[i]
	}
	return out
}

func averaged(x []float32, channels int) (out []float32) {
	cells := len(x) / channels
	for c := range channels {
		sum := 0.0
		for _, v := range x[c*cells : (c+1)*cells] {
			sum += float64(v)
		}
		out = append(out, float32(sum/float64(cells)))
	}
	return out
}

// scaled multiplies by a factor of each channel, or of each value.
func scaled(x, factors []float32) (out []float32) {
	for i, v := range x {
		out = append(out, v*factors[i*len(factors)/len(x)])
	}
	return out
}
