package testnet_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"braid/accel/network"
	"braid/accel/network/testnet"
	"braid/internal/testdata"
)

var update = flag.Bool("update", false, "write models/ball.onnx and its card")

// TestBallIsCheckedIn keeps the files in models/ what the generator makes.
func TestBallIsCheckedIn(t *testing.T) {
	onnx, err := testnet.Ball()
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string][]byte{"ball.onnx": onnx, "ball.yaml": testnet.BallCard(onnx)} {
		path := filepath.Join(testdata.Root(t), "models", name)
		if *update {
			if err := os.WriteFile(path, want, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if have, err := os.ReadFile(path); err != nil || !bytes.Equal(have, want) {
			t.Errorf("models/%s is not what testnet.Ball makes (%v): run go test ./accel/network/testnet -update", name, err)
		}
	}
}

func TestBallCanBeCutInThree(t *testing.T) {
	onnx, err := testnet.Ball()
	if err != nil {
		t.Fatal(err)
	}
	n, err := network.Parse(onnx)
	if err != nil {
		t.Fatal(err)
	}
	cuts := n.Cuts()
	if len(cuts) != 29 {
		t.Fatalf("%d cuts", len(cuts))
	}
	at := []string{cuts[len(cuts)/3].At, cuts[2*len(cuts)/3].At}
	if s, err := n.Split(t.Context(), at, nil); err != nil || len(s) != 3 {
		t.Errorf("cut at %q: %d segments, %v", at, len(s), err)
	}
	if len(onnx) > 16<<10 {
		t.Errorf("the file has %d bytes", len(onnx))
	}
}

// TestNetworksAreValid parses each one, and makes it twice: the same bytes must come.
func TestNetworksAreValid(t *testing.T) {
	nets := map[string]struct {
		make  func() []byte
		nodes int
	}{
		"chain":          {func() []byte { return testnet.Chain(t, 5, 8, 1) }, 5},
		"identity":       {func() []byte { return testnet.Identity(t) }, 1},
		"skip":           {func() []byte { return testnet.Skip(t) }, 6},
		"multi":          {func() []byte { return testnet.Multi(t) }, 8},
		"twoheads":       {func() []byte { return testnet.TwoHeads(t) }, 4},
		"folded":         {func() []byte { return testnet.Folded(t) }, 6},
		"controlflow":    {func() []byte { return testnet.ControlFlow(t) }, 3},
		"computedshapes": {func() []byte { return testnet.ComputedShapes(t) }, 16},
		"dynamicshape":   {func() []byte { return testnet.DynamicShape(t) }, 3},
		"unstated":       {func() []byte { return testnet.Unstated(t) }, 3},
		"datadependent":  {func() []byte { return testnet.DataDependent(t) }, 3},
		"ir3style":       {func() []byte { return testnet.IR3Style(t) }, 3},
		"unsorted":       {func() []byte { return testnet.Unsorted(t) }, 6},
	}
	for name, tt := range nets {
		t.Run(name, func(t *testing.T) {
			n, err := network.Parse(tt.make())
			if err != nil {
				t.Fatal(err)
			}
			if got := len(n.Layers()); got != tt.nodes {
				t.Errorf("%d nodes, not %d", got, tt.nodes)
			}
			if !bytes.Equal(tt.make(), tt.make()) {
				t.Error("two calls give different bytes")
			}
		})
	}
}

func TestRandomDAGDiffersBySeed(t *testing.T) {
	if bytes.Equal(testnet.RandomDAG(t, 1, 20), testnet.RandomDAG(t, 2, 20)) {
		t.Error("two seeds give the same network")
	}
	if !bytes.Equal(testnet.RandomDAG(t, 1, 20), testnet.RandomDAG(t, 1, 20)) {
		t.Error("one seed gives two networks")
	}
}
