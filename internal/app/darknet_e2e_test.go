//go:build e2e

package app

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"braid/accel"
	"braid/accel/network"
	"braid/accel/network/darknet"
	"braid/accel/network/darknettest"
	"braid/internal/testdata"
)

// fatal is what a *testing.T and a *rapid.T share.
type fatal interface {
	Helper()
	Fatal(args ...any)
}

// runBuilt runs what was built on a picture and returns all outputs in order.
func runBuilt(ctx context.Context, t fatal, rt accel.Backend, b *network.Builder, picture []float32) [][]float32 {
	t.Helper()
	data, err := b.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return runFile(ctx, t, rt, data, picture)
}

// runFile is runBuilt for a file with one input.
func runFile(ctx context.Context, t fatal, rt accel.Backend, data []byte, picture []float32) [][]float32 {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	n, err := network.Parse(data)
	must(err)
	segments, err := splitWith(ctx, rt, n, nil)
	must(err)
	blob, err := rt.Build(ctx, segments[0], host, accel.BuildOptions{})
	must(err)
	engine, err := rt.Load(ctx, blob, host, accel.LoadOptions{Threads: 1})
	must(err)
	in, outputs := engine.Tensors()
	for i, d := range n.Outputs() { // the runtime's own opinion of the shapes
		if !outputs[i].Equal(d) {
			t.Fatal("ONNX Runtime says ", outputs[i], ", the file ", d)
		}
	}
	mem, err := rt.Alloc(host, slices.Concat(in, outputs))
	must(err)
	bindings := accel.NewBindings(0, mem)
	exec, err := engine.NewExec()
	must(err)
	call, err := exec.Bind(bindings)
	must(err)
	tensor, _ := bindings.Tensor(in[0].Name, host)
	copy(tensor.Float32s(), picture)
	ready, err := call.Start(ctx, nil)
	must(err)
	must(ready.Wait(ctx))
	var found [][]float32
	for _, o := range n.Outputs() {
		tensor, _ := bindings.Tensor(o.Name, host)
		found = append(found, slices.Clone(tensor.Float32s()))
	}
	for _, c := range []interface{ Close() error }{call, exec, bindings, engine} {
		must(c.Close())
	}
	return found
}

// TestDarknetSections holds each kind of section, and the weights reader, against
// darknet's arithmetic done in Python: see testdata/golden.py.
func TestDarknetSections(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(testdata.Root(t), "accel", "network", "darknet", "testdata", "golden.json"))
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Name, Cfg                string
		Weights, Picture, Output []byte
	}
	if err := json.Unmarshal(data, &cases); err != nil || len(cases) < 30 {
		t.Fatalf("%d cases, %v", len(cases), err)
	}
	rt := cpuRuntime(t)
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			n, err := darknet.Parse([]byte(c.Cfg), "golden.cfg")
			if err != nil {
				t.Fatal(err)
			}
			b, err := n.Build("golden", n.FileWeights(bytes.NewReader(c.Weights)))
			if err != nil {
				t.Fatal(err)
			}
			want := floats(c.Output)
			got := runBuilt(t.Context(), t, rt, b, floats(c.Picture))[0]
			if len(got) != len(want) {
				t.Fatalf("%d values, want %d", len(got), len(want))
			}
			for i := range want {
				if math.Abs(float64(got[i]-want[i])) > 2e-5 {
					t.Fatalf("value %d is %v, want %v", i, got[i], want[i])
				}
			}
		})
	}
}

func floats(raw []byte) []float32 {
	out := make([]float32, len(raw)/4)
	for i := range out {
		out[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
	}
	return out
}

// TestDarknetShapes lets ONNX Runtime work out the shapes of random networks:
// runBuilt holds them against those that the file states, and no value may leave
// the range of FP16.
func TestDarknetShapes(t *testing.T) {
	rt, ran := cpuRuntime(t), 0
	rapid.Check(t, func(r *rapid.T) {
		n, err := darknet.Parse([]byte(darknettest.Cfg(r)), "random.cfg")
		if err != nil {
			r.Skip(err)
		}
		b, err := n.Build("random", n.RandomWeights(rapid.Uint64().Draw(r, "seed"), nil))
		if err != nil {
			r.Fatal(err)
		}
		picture := make([]float32, 3*n.Width*n.Height)
		for i := range picture {
			picture[i] = float32(i%7) / 6
		}
		for _, out := range runBuilt(t.Context(), r, rt, b, picture) {
			for _, v := range out {
				if !(math.Abs(float64(v)) < 65504) {
					r.Fatal("the value ", v)
				}
			}
		}
		ran++
	})
	if ran < 50 {
		t.Errorf("only %d networks ran", ran)
	}
}
