//go:build e2e && cgo && linux

package app

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"braid/accel"
	"braid/accel/network"
	"braid/accel/network/darknet"
	"braid/accel/plan"
)

const (
	cutRounds = 3 // places for each network
	cutSeed   = 20261123
)

// cutTolerances are the largest differences to ONNX Runtime's whole network on the
// CPU, as fractions of an output's largest value.
//
// FP32: both add up thousands of products, each in its own order, and TensorRT may
// choose Winograd's convolutions, which round some ten times as much as a plain sum;
// TF32 is off. FP16 keeps 11 bits, 5e-4 of each value, and layers pass that on: what
// braid model verify allows, too (docs/plans.md). A tensor taken for another one, or
// read before it was written, differs by about 1.
var cutTolerances = map[plan.Precision]float64{plan.FP32: 1e-4, plan.FP16: toleranceFP16}

// smallNetworks have between them what the nine have: routes of groups and of
// several layers, shortcuts, upsampling, pools with and without stride, both heads.
var smallNetworks = map[string]string{
	"routes": conv(16, 3, 2, "leaky") + conv(16, 3, 1, "leaky") + "[route]\nlayers=-1\ngroups=2\ngroup_id=1\n" +
		conv(8, 3, 1, "leaky") + conv(8, 3, 1, "leaky") + "[route]\nlayers=-1,-2\n" + conv(16, 1, 1, "leaky") + "[route]\nlayers=-6,-1\n" +
		"[maxpool]\nsize=2\nstride=2\n" + conv(24, 3, 1, "leaky") + conv(21, 1, 1, "linear") + yolo("0,1,2"),
	"shortcuts": conv(16, 3, 2, "relu") + conv(8, 1, 1, "relu") + conv(16, 3, 1, "relu") + "[shortcut]\nfrom=-3\nactivation=linear\n" +
		conv(24, 3, 2, "relu") + conv(16, 1, 1, "relu") + conv(24, 3, 1, "relu") + "[shortcut]\nfrom=-3\nactivation=relu\n" +
		conv(14, 1, 1, "linear") + "[region]\nclasses=2\nnum=2\ncoords=4\nsoftmax=1\nanchors=1,1, 2,3\n",
	"upsampling": conv(16, 3, 2, "relu") + "[maxpool]\nsize=2\nstride=2\n" + conv(24, 3, 1, "relu") + "[maxpool]\nsize=2\nstride=1\n" +
		"[maxpool]\nsize=2\nstride=2\n" + conv(32, 3, 1, "relu") + conv(21, 1, 1, "linear") + yolo("3,4,5") +
		"[route]\nlayers=-3\n" + conv(16, 1, 1, "relu") + "[upsample]\nstride=2\n" + "[route]\nlayers=-1,2\n" + conv(21, 1, 1, "linear") + yolo("0,1,2"),
}

func conv(filters, size, stride int, activation string) string {
	return fmt.Sprintf("[convolutional]\nbatch_normalize=%d\nfilters=%d\nsize=%d\nstride=%d\npad=1\nactivation=%s\n", min(1, size/2), filters, size, stride, activation)
}

func yolo(mask string) string {
	return "[yolo]\nmask=" + mask + "\nclasses=2\nnum=6\nanchors=4,5, 6,9, 9,7, 12,16, 20,14, 25,28\n"
}

// drawn is a darknet network with weights drawn from a seed.
func drawn(t *testing.T, cfg []byte, name string) *network.Network {
	t.Helper()
	parsed, err := darknet.Parse(cfg, name)
	if err != nil {
		t.Fatal(err)
	}
	b, err := parsed.Build(name, parsed.RandomWeights(1, nil))
	if err != nil {
		t.Fatal(err)
	}
	data, err := b.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	n, err := network.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// proveCuts cuts a network at two or three random places, a few times, runs the
// parts under a plan in a graph, and compares what comes out with the whole on the CPU.
func proveCuts(t *testing.T, rt accel.Backend, n *network.Network, under func(at []string, precision plan.Precision) plan.Plan) {
	v := &verifier{rt: rt, net: n, log: silent.Log}
	if err := v.prepare(t.Context(), nil, cutSeed, 3); err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(cutSeed, 1))
	for round := range cutRounds {
		at := twoOrThree(n.Cuts(), rng)
		for _, precision := range []plan.Precision{plan.FP32, plan.FP16} {
			t.Run(fmt.Sprintf("%d %s", round, precision), func(t *testing.T) {
				row, err := v.underPlan(t.Context(), silent, under(at, precision), &progress{})
				if err != nil {
					t.Fatal(err)
				}
				t.Logf("cut at %s: %.2g of the largest value, in %d frames", strings.Join(at, ", "), row.MaxRel, row.Frames)
				if limit := cutTolerances[precision]; row.MaxRel > limit {
					t.Errorf("output %s differs by %.3g of its largest value, more than %g, cut at %v", row.Tensor, row.MaxRel, limit, at)
				}
			})
		}
	}
}

func twoOrThree(cuts []network.Cut, rng *rand.Rand) (at []string) {
	picks := rng.Perm(len(cuts))[:2+rng.IntN(2)]
	slices.Sort(picks)
	for _, p := range picks {
		at = append(at, cuts[p].At)
	}
	return at
}

func proveSmall(t *testing.T, rt accel.Backend, under func(at []string, precision plan.Precision) plan.Plan) {
	for name, layers := range smallNetworks {
		t.Run(name, func(t *testing.T) {
			proveCuts(t, rt, drawn(t, []byte("[net]\nwidth=32\nheight=32\nchannels=3\n"+layers), name), under)
		})
	}
}

func TestRandomCutsOnStandIn(t *testing.T) { proveSmall(t, onStandIn(t), onGPU0) }

func TestRandomCutsOnGPU(t *testing.T) { proveSmall(t, onGPU(t), onGPU0) }

// TestRandomCutsBetweenStandIns has tensors go from one GPU to the other and back.
func TestRandomCutsBetweenStandIns(t *testing.T) { proveSmall(t, onStandIn(t), onTwoGPUs) }

func TestRandomCutsBetweenGPUs(t *testing.T) {
	rt := onGPU(t)
	devices, err := rt.Devices(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(devices, func(d accel.Device) bool { return d.ID == "gpu:1" }) {
		t.Skip("one GPU: none to copy to")
	}
	proveSmall(t, rt, onTwoGPUs)
}

// TestRandomCutsOfDetectorsOnGPU takes three of the papers' networks, 416x416, from
// the folder $BRAID_TEST_CFG.
func TestRandomCutsOfDetectorsOnGPU(t *testing.T) {
	rt, folder := onGPU(t), os.Getenv("BRAID_TEST_CFG")
	if folder == "" {
		t.Skip("no detectors to cut: set BRAID_TEST_CFG to the folder of yolov4tiny_relu.cfg and the like")
	}
	for _, name := range []string{"yolov4tiny_relu", "yolov2_relu", "yolov3tiny_relu"} {
		t.Run(name, func(t *testing.T) {
			cfg, err := os.ReadFile(filepath.Join(folder, name+".cfg"))
			if err != nil {
				t.Fatal(err)
			}
			proveCuts(t, rt, drawn(t, cfg, name), onGPU0)
		})
	}
}
