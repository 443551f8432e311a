package dla_test

import (
	"bytes"
	"context"
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	"braid/accel/network"
	"braid/accel/network/darknet"
	"braid/accel/trt/dla"
	"braid/internal/testdata"
)

// zeros is a weights file whose values do not matter.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// imported reads a cfg, after a change of its text, without weights of its own.
func imported(t *testing.T, cfg, activation string) (*network.Network, []string) {
	t.Helper()
	text, err := os.ReadFile(testdata.Path(t, "cfg/seed-nine-relu/"+cfg+"_relu.cfg"))
	if err != nil {
		t.Fatal(err)
	}
	text = bytes.ReplaceAll(text, []byte("activation=relu"), []byte("activation="+activation))
	d, err := darknet.Parse(text, cfg)
	if err != nil {
		t.Fatal(err)
	}
	b, err := d.Build(cfg, d.FileWeights(io.LimitReader(zeros{}, 16+4*d.Parameters())))
	if err != nil {
		t.Fatal(err)
	}
	return build(t, b), d.TKDNNLayers()
}

// published is where the papers' own configurations cut a network, and on which
// device each part runs.
type published struct {
	cfg     string
	ends    []int  // last layers of all parts but the last one, in tkDNN's numbers
	devices string // G or D, one for each part
}

// check holds every part on a DLA against the tables.
func (p published) check(t *testing.T) {
	n, ids := imported(t, p.cfg, "relu")
	var at []string
	for _, end := range p.ends {
		at = append(at, ids[end])
	}
	parts, err := n.Split(context.Background(), at, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i, part := range parts {
		if p.devices[i] != 'D' {
			continue
		}
		parsed, err := network.Parse(part.ONNX)
		if err != nil {
			t.Fatal(err)
		}
		for _, precision := range []string{"fp16", "int8"} {
			for _, v := range []struct {
				version dla.Version
				chip    dla.Chip
			}{{dla.Version{Major: 8, Minor: 6}, dla.Xavier}, {dla.Version{Major: 8, Minor: 6}, dla.Orin}, {jetson, dla.Orin}} {
				if found := dla.Check(v.version, v.chip, precision, parsed); found != nil {
					t.Errorf("%s cut at %v, part %d, in %s by TensorRT %v on %s: %v", p.cfg, p.ends, i, precision, v.version, v.chip, found)
				}
			}
		}
	}
}

// TestPublishedTinyCuts is TestPublishedCuts where that is quick.
func TestPublishedTinyCuts(t *testing.T) {
	for _, p := range []published{
		{"yolov2tiny", []int{5}, "DG"},
		{"yolov3tiny", []int{5}, "DG"},
		{"yolov4tiny", []int{10, 14, 21}, "GDDG"},
		{"yolov4tiny", []int{18, 30}, "GDG"},
	} {
		p.check(t)
	}
}

// TestActivations judges whole networks with other activations than those that
// the papers trained for a DLA.
func TestActivations(t *testing.T) {
	for activation, want := range map[string]string{"leaky": "", "mish": "Softplus", "swish": "", "relu6": "", "logistic": ""} {
		n, _ := imported(t, "yolov3tiny", activation)
		found := slices.DeleteFunc(dla.Check(jetson, dla.Orin, "fp16", n), func(v dla.Violation) bool {
			return strings.HasPrefix(v.Layer, "yolo_") // a head's name is an Identity, whatever the activation
		})
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
