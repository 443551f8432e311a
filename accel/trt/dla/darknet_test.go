package dla_test

import (
	"fmt"
	"io"
	"slices"
	"testing"

	"braid/accel/network"
	"braid/accel/network/darknet"
	"braid/accel/trt/dla"
)

// zeros is a weights file whose values do not matter.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// built imports the text of a cfg.
func built(t *testing.T, text []byte, name string) (*network.Network, []string) {
	t.Helper()
	d, err := darknet.Parse(text, name)
	if err != nil {
		t.Fatal(err)
	}
	b, err := d.Build(name, d.FileWeights(io.LimitReader(zeros{}, 16+4*d.Parameters())))
	if err != nil {
		t.Fatal(err)
	}
	return build(t, b), d.TKDNNLayers()
}

// everyJoin has all that the segments of the papers have on a DLA.
const everyJoin = `
[net]
width=64
height=64
[convolutional]
filters=16
size=3
stride=2
pad=1
activation=%[1]s
[maxpool]
size=2
stride=2
[convolutional]
batch_normalize=1
filters=16
size=1
activation=%[1]s
[shortcut]
from=-2
activation=%[1]s
[route]
layers=-1
groups=2
group_id=1
[route]
layers=-1,-2
[maxpool]
size=5
stride=1
[upsample]
stride=2
[convolutional]
filters=18
size=1
activation=linear
[yolo]
mask=0,1,2
anchors=1,2,3,4,5,6
classes=1
num=3
`

// TestActivations judges layers as they come from darknet, with activations that
// the papers trained for a DLA and with others. A head's name is an Identity.
func TestActivations(t *testing.T) {
	for activation, want := range map[string]string{"relu": "", "leaky": "", "mish": "Softplus", "swish": "", "relu6": "", "logistic": ""} {
		n, _ := built(t, fmt.Appendf(nil, everyJoin, activation), activation)
		found := dla.Check(jetson, dla.Orin, "fp16", n)
		found = slices.DeleteFunc(found, func(v dla.Violation) bool { return v.Layer == "yolo_9" && v.Op == "Identity" })
		for _, v := range found {
			if v.Op != want {
				t.Errorf("%s: %v", activation, v)
			}
		}
		if (len(found) > 0) != (want != "") {
			t.Errorf("%s: %d layers break a rule", activation, len(found))
		}
	}
}
