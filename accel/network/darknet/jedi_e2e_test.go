//go:build e2e

package darknet

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"braid/accel/network"
)

// TestJEDICuts cuts the networks of the papers where JEDI's own configurations
// cut them. What comes out must be what the same cuts are in JEDI: so much work in
// each part (GFLOP, of the convolutions), and so many tensors from part to part.
func TestJEDICuts(t *testing.T) {
	built := map[string][]network.Cut{}
	for _, tt := range []struct {
		cfg     string
		cuts    []int
		work    []float64
		tensors []int
	}{
		{"yolov2", []int{2, 23, 34}, []float64{.3, 10.1, 5.1, 13.9}, []int{1, 1, 2}},
		{"yolov2", []int{19}, []float64{8.6, 20.8}, []int{1}},
		{"yolov2tiny", []int{5}, []float64{.5, 4.9}, []int{1}},
		{"yolov3tiny", []int{5}, []float64{.5, 5.0}, []int{1}},
		{"yolov3", []int{27, 46}, []float64{12.2, 7.1, 46.6}, []int{1, 2}},
		{"yolov3", []int{57}, []float64{22.8, 43.1}, []int{1}},
		{"yolov4", []int{29, 48}, []float64{8.3, 3.4, 48.5}, []int{3, 3}},
		{"yolov4", []int{52, 134}, []float64{12.4, 14.8, 32.9}, []int{2, 3}},
		{"yolov4tiny", []int{10, 14, 21}, []float64{1.7, .1, 1.2, 4.0}, []int{3, 1, 3}},
		{"yolov4tiny", []int{18, 30}, []float64{2.6, 1.3, 3.1}, []int{2, 2}},
		{"cspnet", []int{5, 34, 58}, []float64{1.0, 4.2, 3.1, 38.7}, []int{2, 1, 2}},
		{"cspnet", []int{13, 51}, []float64{1.7, 5.8, 39.5}, []int{2, 2}},
		{"densenet-yolo", []int{98, 226, 288}, []float64{14.3, 4.2, 3.2, 10.2}, []int{1, 2, 1}},
		{"densenet-yolo", []int{97}, []float64{14.3, 17.7}, []int{1}},
	} {
		t.Run(fmt.Sprint(tt.cfg, tt.cuts), func(t *testing.T) {
			n := readCfg(t, "seed-nine/"+tt.cfg+".cfg")
			ids, cuts := n.TKDNNLayers(), built[tt.cfg]
			if cuts == nil {
				cuts = structure(t, n).Cuts()
				built[tt.cfg] = cuts
			}
			work := n.workAt()
			before := 0.0
			for i, id := range append(tt.cuts, len(ids)-1) {
				done := work[ids[id]]
				if math.Abs(done-before-tt.work[i]) > 0.11 {
					t.Errorf("part %d, up to layer %d (%s), takes %.2f GFLOP, in JEDI %.1f", i, id, ids[id], done-before, tt.work[i])
				}
				before = done
				if i == len(tt.cuts) {
					continue
				}
				at := slices.IndexFunc(cuts, func(c network.Cut) bool { return c.At == ids[id] })
				if at < 0 {
					t.Fatalf("layer %d, %s, is no cut point", id, ids[id])
				}
				crossing := slices.DeleteFunc(slices.Clone(cuts[at].Tensors), func(s string) bool { return s == InputName })
				if len(crossing) != tt.tensors[i] {
					t.Errorf("at layer %d cross %v, in JEDI %d tensors", id, crossing, tt.tensors[i])
				}
			}
		})
	}
}

// workAt is the GFLOP of the convolutions up to each tensor that ends an id.
func (n *Network) workAt() map[string]float64 {
	out, sum := map[string]float64{}, 0.0
	for i, l := range n.layers {
		if c, ok := l.op.(*convolution); ok {
			sum += 2 * float64(c.fan()*l.out.elements()) / 1e9
		}
		if l.op != nil {
			out[n.opName(i)], out[n.tensor(i)] = sum, sum
		}
	}
	return out
}

// empty are weights of shape only.
type empty struct{ zeros []byte }

func (e *empty) convolution(c *convolution) (bias, weights []byte, err error) {
	need := 4 * c.filters * max(1, c.fan())
	if len(e.zeros) < need {
		e.zeros = make([]byte, need)
	}
	return e.zeros[:4*c.filters], e.zeros[:4*c.filters*c.fan()], nil
}

func (*empty) end() error { return nil }

// structure is the network with weights of 0.
func structure(t *testing.T, n *Network) *network.Network {
	t.Helper()
	b, err := n.Build("s", &empty{})
	if err != nil {
		t.Fatal(err)
	}
	data, err := b.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := network.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}
