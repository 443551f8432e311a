//go:build e2e

package ort

import (
	"fmt"
	osexec "os/exec"
	"path/filepath"
	"slices"
	"testing"

	"braid/accel"
	"braid/accel/network"
	"braid/accel/network/testnet"
	"braid/internal/testdata"
)

// TestShapesOfModels holds each type and shape that accel/network infers against
// what ONNX Runtime says, in every model at hand.
func TestShapesOfModels(t *testing.T) {
	b := open(t)
	t.Cleanup(func() { closed(t, b) })
	files, err := filepath.Glob(filepath.Join(testdata.Root(t), "models", "*.onnx"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no models of our own: %v", err)
	}
	for _, f := range files {
		t.Run(filepath.Base(f), func(t *testing.T) { judgeFile(t, b, f) })
	}
	for _, name := range []string{"models/yolox_nano.onnx", "models/yolo-fastest-1.1-xl.onnx"} {
		t.Run(filepath.Base(name), func(t *testing.T) { judgeFile(t, b, testdata.Path(t, name)) })
	}
}

// TestShapesOfDarknetNetworks is the same for the nine networks of the papers,
// with random weights.
func TestShapesOfDarknetNetworks(t *testing.T) {
	b := open(t)
	t.Cleanup(func() { closed(t, b) })
	for _, name := range []string{
		"yolov2", "yolov2tiny", "yolov3", "yolov3tiny", "yolov4", "yolov4tiny", "yolov4csp", "cspnet", "densenet-yolo",
	} {
		t.Run(name, func(t *testing.T) {
			cfg := testdata.Path(t, "cfg/seed-nine/"+name+".cfg")
			python := testdata.Python(t, "numpy", "onnx")
			out := filepath.Join(t.TempDir(), name+".onnx")
			cmd := osexec.CommandContext(t.Context(), python, testdata.Path(t, "tools/dk2onnx.py"), cfg, out, "--no-fold")
			if said, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("making the network: %v\n%s", err, said)
			}
			judgeFile(t, b, out)
		})
	}
}

func TestShapesOfRandomNetworks(t *testing.T) {
	b := open(t)
	t.Cleanup(func() { closed(t, b) })
	for seed := range uint64(20) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			n, err := network.Parse(testnet.RandomDAG(t, seed, 40))
			if err != nil {
				t.Fatal(err)
			}
			judge(t, b, n)
		})
	}
}

func judgeFile(t *testing.T, b *Backend, path string) {
	t.Helper()
	n, err := network.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	judge(t, b, n)
}

// judge wants every tensor to be known, and as ONNX Runtime has it.
func judge(t *testing.T, b *Backend, n *network.Network) {
	t.Helper()
	var names []string
	own := map[string]accel.TensorDesc{}
	for _, l := range n.Layers() {
		for _, d := range l.Outputs {
			if d.Shape == nil {
				t.Errorf("%s (%s): the shape of %q is not inferred", l.Name, l.Op, d.Name)
			}
			names, own[d.Name] = append(names, d.Name), d
		}
	}
	onnx, err := n.WithOutputs(names)
	if err != nil {
		t.Fatal(err)
	}
	probed, err := b.Probe(t.Context(), onnx, names)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range probed {
		if o := own[d.Name]; o.Type != d.Type || !slices.Equal(o.Shape, d.Shape) {
			t.Errorf("%q is inferred as %v %v, ONNX Runtime says %v %v", d.Name, o.Type, o.Shape, d.Type, d.Shape)
		}
	}
}
