//go:build e2e

package app

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"testing"

	"pgregory.net/rapid"

	"braid/accel"
	"braid/accel/network"
	"braid/accel/network/testnet"
	"braid/accel/ort"
	"braid/accel/plan"
	"braid/internal/testdata"
)

var silent = &Env{Out: io.Discard, Err: io.Discard, Getenv: os.Getenv, Log: slog.New(slog.DiscardHandler)}

func cpuRuntime(t *testing.T) accel.Backend {
	t.Helper()
	rt, err := ort.Open(testdata.ORT(t), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := rt.Close(); err != nil {
			t.Error(err)
		}
	})
	return rt
}

// proof verifies a network: each of the sets, and a plan of the last set with two
// streams for each segment.
func proof(rt accel.Backend, n *network.Network, sets [][]string, seed int64) (verifyReport, error) {
	v, report := &verifier{rt: rt, net: n, log: silent.Log}, verifyReport{OK: true}
	p := streamsPlan(sets[len(sets)-1])
	if err := v.prepare(context.Background(), nil, seed, samples(&p)); err != nil {
		return report, err
	}
	err := v.all(context.Background(), silent, cutSets{named: sets}, &p, &report)
	return report, err
}

func randomSets(n *network.Network, count int, rng *rand.Rand) (sets [][]string) {
	for at := range (cutSets{random: count, cuts: n.Cuts(), rng: rng}).each {
		sets = append(sets, at)
	}
	return sets
}

func streamsPlan(at []string) plan.Plan {
	p := plan.Auto("", 2)
	last := p.Segments[0]
	p.Segments = nil
	for _, a := range at {
		s := last
		s.Until = a
		p.Segments = append(p.Segments, s)
	}
	p.Segments = append(p.Segments, last)
	p.Prep.Workers, p.Detect.Workers, p.InFlight = 2, 2, 2*len(p.Segments)+5
	return p
}

// TestRandomCutsOfRandomNetworks: whatever the network and wherever the cuts, the
// parts give what the whole gives, one after the other and in a graph.
func TestRandomCutsOfRandomNetworks(t *testing.T) {
	rt := cpuRuntime(t)
	rapid.Check(t, func(t *rapid.T) {
		seed := rapid.Uint64().Draw(t, "network")
		n, err := network.Parse(testnet.RandomDAG(t, seed, rapid.IntRange(2, 24).Draw(t, "nodes")))
		if err != nil {
			t.Fatal(err)
		}
		if len(n.Cuts()) == 0 {
			t.Skip("no place to cut")
		}
		sets := randomSets(n, 2, rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "cuts"), 0)))
		report, err := proof(rt, n, sets, int64(seed>>1))
		if err != nil || !report.OK || len(report.Cuts) != 3 {
			t.Fatalf("%+v, %v", report, err)
		}
	})
}

// TestProofOfOtherTypes has outputs that are no float32, one that is a weight and
// one that is an input, and an input of bytes.
func TestProofOfOtherTypes(t *testing.T) {
	desc := func(name string, kind accel.DType, shape ...int64) accel.TensorDesc {
		return accel.TensorDesc{Name: name, Type: kind, Shape: shape}
	}
	b := network.NewBuilder("types", testnet.Opset)
	b.Input(desc("bytes", accel.Uint8, 1, 8))
	b.Input(desc("x", accel.Float32, 1, 8))
	b.Node("Cast", []string{"bytes"}, []string{"wide"}, network.AttrInt("to", int64(accel.Float32)))
	b.Node("Mul", []string{"wide", "x"}, []string{"product"})
	b.Node("ArgMax", []string{"product"}, []string{"best"}, network.AttrInt("axis", 1))
	b.Node("Greater", []string{"product", "wide"}, []string{"more"})
	b.Node("Cast", []string{"product"}, []string{"narrow"}, network.AttrInt("to", int64(accel.Float16)))
	b.Node("Neg", []string{"narrow"}, []string{"out"})
	b.Floats("weight", []int64{3}, []float32{1, 2, 3})
	for _, o := range []accel.TensorDesc{
		desc("best", accel.Int64, 1, 1), desc("more", accel.Bool, 1, 8), desc("out", accel.Float16, 1, 8), desc("weight", accel.Float32, 3), desc("x", accel.Float32, 1, 8),
	} {
		b.Output(o)
	}
	data, err := b.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	n, err := network.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	var sets [][]string
	for _, c := range n.Cuts() {
		sets = append(sets, []string{c.At})
	}
	rt := cpuRuntime(t)
	report, err := proof(rt, n, sets, 1)
	if err != nil || !report.OK || len(report.Cuts) != 6 {
		t.Fatalf("%+v, %v", report, err)
	}
	v := &verifier{rt: rt, net: n, log: silent.Log}
	if err := v.prepare(t.Context(), nil, 1, 1); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"best", "more", "out", "weight"} {
		if len(v.samples[0].want[name].data) == 0 {
			t.Errorf("output %s is not compared", name)
		}
	}
}

// TestRandomCutsOfEveryModel verifies the models of the repository and those of
// the test data, and has their parts looked at by ONNX' own checker.
func TestRandomCutsOfEveryModel(t *testing.T) {
	rt := cpuRuntime(t)
	for name, folder := range map[string]func(t *testing.T) string{
		"shipped":   func(t *testing.T) string { return filepath.Join(testdata.Root(t), "models") },
		"test data": func(t *testing.T) string { return testdata.Path(t, "models") },
	} {
		t.Run(name, func(t *testing.T) {
			files, err := filepath.Glob(filepath.Join(folder(t), "*.onnx"))
			if err != nil || len(files) < 2 {
				t.Fatalf("%d models, %v", len(files), err)
			}
			for _, file := range files {
				t.Run(filepath.Base(file), func(t *testing.T) { proveModel(t, rt, file) })
			}
		})
	}
}

func proveModel(t *testing.T, rt accel.Backend, file string) {
	n, err := network.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	sets := randomSets(n, 4, rand.New(rand.NewPCG(5, 6)))
	report, err := proof(rt, n, sets, 1)
	if err != nil || !report.OK || len(report.Cuts) != 5 {
		t.Fatalf("%+v, %v", report, err)
	}
	t.Run("checker", func(t *testing.T) { checkParts(t, rt, n, sets) })
}

// checkParts holds each part of each cutting against onnx.checker, which also
// infers every shape and compares it with what the file states.
func checkParts(t *testing.T, rt accel.Backend, n *network.Network, sets [][]string) {
	t.Helper()
	if err := exec.Command("python3", "-c", "import onnx").Run(); err != nil {
		t.Skip("python3 has no onnx: pip install onnx")
	}
	dir := t.TempDir()
	for i, at := range sets {
		segments, err := splitWith(t.Context(), rt, n, at)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range segments {
			if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%d-%s.onnx", i, s.Name)), s.ONNX, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	const program = "import glob, onnx, sys\nfor f in sorted(glob.glob(sys.argv[1] + '/*.onnx')):\n" +
		"    onnx.checker.check_model(f, full_check=True)\n    print(f)"
	out, err := exec.Command("python3", "-c", program, dir).CombinedOutput()
	if err != nil || bytes.Count(out, []byte("\n")) < 2*len(sets) {
		t.Errorf("%v\n%s", err, out)
	}
}

// faulty is a runtime with a defect that a proof must find. In place of a Call's
// Start it calls start, with the Calls of the same Exec by Bindings.
type faulty struct {
	accel.Backend
	start startFunc
}

type startFunc func(ctx context.Context, b *accel.Bindings, calls map[int]accel.Call, after accel.Event) (accel.Event, error)

func (f faulty) Probe(ctx context.Context, onnx []byte, tensors []string) ([]accel.TensorDesc, error) {
	return f.Backend.(prober).Probe(ctx, onnx, tensors)
}

func (f faulty) Load(ctx context.Context, blob []byte, d accel.DeviceID, o accel.LoadOptions) (accel.Engine, error) {
	e, err := f.Backend.Load(ctx, blob, d, o)
	return faultyEngine{e, f.start}, err
}

type faultyEngine struct {
	accel.Engine
	start startFunc
}

func (e faultyEngine) NewExec() (accel.Exec, error) {
	x, err := e.Engine.NewExec()
	return faultyExec{x, e.start, map[int]accel.Call{}}, err
}

type faultyExec struct {
	accel.Exec
	start startFunc
	calls map[int]accel.Call
}

func (x faultyExec) Bind(b *accel.Bindings) (accel.Call, error) {
	c, err := x.Exec.Bind(b)
	x.calls[b.Index] = c
	return faultyCall{c, b, x}, err
}

type faultyCall struct {
	accel.Call
	b    *accel.Bindings
	exec faultyExec
}

func (c faultyCall) Start(ctx context.Context, after accel.Event) (accel.Event, error) {
	return c.exec.start(ctx, c.b, c.exec.calls, after)
}

// TestAProofFindsFaults breaks what could break, late enough that the whole
// network's own run is right.
func TestAProofFindsFaults(t *testing.T) {
	rt := cpuRuntime(t)
	n, err := network.Load(filepath.Join(testdata.Root(t), "models", "ball.onnx"))
	if err != nil {
		t.Fatal(err)
	}
	cuts := n.Cuts()
	p := streamsPlan([]string{cuts[len(cuts)/3].At, cuts[2*len(cuts)/3].At})
	output := n.Outputs()[0].Name
	for name, fault := range map[string]startFunc{
		"a segment that does not run": func(context.Context, *accel.Bindings, map[int]accel.Call, accel.Event) (accel.Event, error) {
			return accel.Done, nil
		},
		"a segment that runs on another frame's tensors": func(ctx context.Context, b *accel.Bindings, calls map[int]accel.Call, after accel.Event) (accel.Event, error) {
			return calls[(b.Index+1)%len(calls)].Start(ctx, after)
		},
		"a small error in one value": func(ctx context.Context, b *accel.Bindings, calls map[int]accel.Call, after accel.Event) (accel.Event, error) {
			e, err := calls[b.Index].Start(ctx, after)
			if o, ok := b.Tensor(output, host); ok {
				o.Float32s()[0] += 1e-3 // the largest is 7
			}
			return e, err
		},
	} {
		t.Run(name, func(t *testing.T) {
			var starts atomic.Int64
			broken := faulty{rt, func(ctx context.Context, b *accel.Bindings, calls map[int]accel.Call, after accel.Event) (accel.Event, error) {
				if starts.Add(1) <= int64(samples(&p)) { // the whole network
					return calls[b.Index].Start(ctx, after)
				}
				return fault(ctx, b, calls, after)
			}}
			v, report := &verifier{rt: broken, net: n, log: silent.Log}, verifyReport{OK: true}
			if err := v.prepare(t.Context(), nil, 1, samples(&p)); err != nil {
				t.Fatal(err)
			}
			if err := v.all(t.Context(), silent, cutSets{}, &p, &report); err != nil {
				t.Fatal(err)
			}
			if report.OK || report.Cuts[0].OK {
				t.Errorf("nothing was found: %+v", report)
			}
		})
	}
}
