package app

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"

	"braid/accel"
	"braid/accel/network"
	"braid/internal/card"
)

// VerifyOptions are the flags of braid model verify.
type VerifyOptions struct {
	Choice
	At     []string
	Random int
	Seed   int64
}

// tolerance is how far an FP32 cut network may be from the whole one, relative
// to the largest value of the tensor: other kernels are chosen at a cut, whose
// sums round differently.
const tolerance = 1e-5

// maxRandomCuts is the most cuts of one random set.
const maxRandomCuts = 3

type verified struct {
	At       []string `json:"at"`
	Segments int      `json:"segments"`
	MaxAbs   float64  `json:"max_abs_diff"`
	MaxRel   float64  `json:"max_rel_diff"`
}

// ModelVerify proves that cutting changes nothing: it runs the whole network
// and its parts on the same inputs.
func ModelVerify(ctx context.Context, env *Env, o VerifyOptions) (err error) {
	ctx, stop := env.untilDrain(ctx)
	defer stop()
	rt, err := openRuntime(env, o.Backend)
	if err != nil {
		return err
	}
	defer closeInto(&err, rt.Close)
	n, c, err := openNetwork(env, o.Model)
	if err != nil {
		return err
	}
	sets, err := o.sets(env, n, c)
	if err != nil {
		return err
	}
	v := verifier{rt: rt, net: n, inputs: randomInputs(n, c, rand.New(rand.NewPCG(uint64(o.Seed), 1)))}
	want, err := v.run(ctx, nil)
	if err != nil {
		return fmt.Errorf("running the whole network: %w", err)
	}
	report := struct {
		OK   bool       `json:"ok"`
		Cuts []verified `json:"cuts"`
	}{OK: true}
	for _, at := range sets {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		got, err := v.run(ctx, at)
		if err != nil {
			return fmt.Errorf("running the network cut at %s: %w", strings.Join(at, ", "), err)
		}
		row := verified{At: at, Segments: len(at) + 1}
		row.MaxAbs, row.MaxRel = worst(want, got)
		report.Cuts = append(report.Cuts, row)
		report.OK = report.OK && row.MaxRel <= tolerance
	}
	if !env.JSON {
		writeVerified(env, report.Cuts)
	} else if err := writeJSON(env.Out, report); err != nil {
		return err
	}
	if !report.OK {
		env.Reported = true
		return as(ErrCheck, fmt.Errorf("a cut network differs from the whole one by more than %g", tolerance))
	}
	return nil
}

// sets are the cuts to be proved: those named, those of a plan, or random ones.
func (o VerifyOptions) sets(env *Env, n *network.Network, c *card.Card) ([][]string, error) {
	switch {
	case len(o.At) > 0:
		return [][]string{o.At}, nil
	case o.Random > 0:
		return randomCuts(n.Cuts(), o.Random, rand.New(rand.NewPCG(uint64(o.Seed), 2)))
	case o.Plan != "":
		p, err := readPlan(o.Plan, c)
		if err != nil {
			return nil, err
		}
		return [][]string{p.Cuts()}, nil
	}
	return nil, Usage(errors.New("nothing to verify: give --at A[,B…], --random N or --plan FILE"))
}

func randomCuts(cuts []network.Cut, sets int, rng *rand.Rand) ([][]string, error) {
	if len(cuts) == 0 {
		return nil, invalidf("the network has no cut point")
	}
	out := make([][]string, sets)
	for i := range out {
		picks := rng.Perm(len(cuts))[:min(1+rng.IntN(maxRandomCuts), len(cuts))]
		slices.Sort(picks)
		for _, p := range picks {
			out[i] = append(out[i], cuts[p].At)
		}
	}
	return out, nil
}

// randomInputs fills each input with noise in the range that pixels have there.
func randomInputs(n *network.Network, c *card.Card, rng *rand.Rand) map[string][]float32 {
	out := map[string][]float32{}
	for _, in := range n.Inputs() {
		v := make([]float32, in.Elems())
		for i := range v {
			v[i] = rng.Float32()
			if c != nil {
				ch := i * 3 / len(v)
				v[i] = (v[i]*255*c.Input.Scale - c.Input.Mean[ch]) / c.Input.Std[ch]
			}
		}
		out[in.Name] = v
	}
	return out
}

// verifier runs one network, cut in different ways, on the same inputs.
type verifier struct {
	rt     accel.Backend
	net    *network.Network
	inputs map[string][]float32
}

// run returns the network's outputs, cut at the given points.
func (v *verifier) run(ctx context.Context, at []string) (out map[string][]float32, err error) {
	segments, err := splitWith(ctx, v.rt, v.net, at)
	if err != nil {
		return nil, err
	}
	var tensors []accel.TensorDesc
	for _, s := range segments {
		for _, t := range slices.Concat(s.Inputs, s.Outputs) {
			if !slices.ContainsFunc(tensors, t.Equal) {
				tensors = append(tensors, t)
			}
		}
	}
	mem, err := v.rt.Alloc(host, tensors)
	if err != nil {
		return nil, err
	}
	b := accel.NewBindings(0, mem)
	defer closeInto(&err, b.Close)
	for name, data := range v.inputs {
		if t, ok := b.Tensor(name, host); ok {
			copy(t.Float32s(), data)
		}
	}
	for _, s := range segments {
		if err := runOnce(ctx, v.rt, s, b); err != nil {
			return nil, err
		}
	}
	out = map[string][]float32{}
	for _, o := range v.net.Outputs() {
		if t, ok := b.Tensor(o.Name, host); ok && t.Type == accel.Float32 {
			out[o.Name] = slices.Clone(t.Float32s())
		}
	}
	return out, nil
}

// runOnce builds one segment, runs it on b and takes it down again.
func runOnce(ctx context.Context, rt accel.Backend, s *accel.Segment, b *accel.Bindings) (err error) {
	blob, err := rt.Build(ctx, s, host, accel.BuildOptions{})
	if err != nil {
		return as(ErrInvalid, fmt.Errorf("building %s: %w", s.Name, err))
	}
	engine, err := rt.Load(ctx, blob, host, accel.LoadOptions{})
	if err != nil {
		return as(ErrInvalid, fmt.Errorf("loading %s: %w", s.Name, err))
	}
	defer closeInto(&err, engine.Close)
	exec, err := engine.NewExec()
	if err != nil {
		return err
	}
	defer closeInto(&err, exec.Close)
	call, err := exec.Bind(b)
	if err != nil {
		return err
	}
	defer closeInto(&err, call.Close)
	ready, err := call.Start(ctx, nil)
	if err != nil {
		return fmt.Errorf("running %s: %w", s.Name, err)
	}
	return ready.Wait(ctx)
}

// worst compares outputs: the largest difference, and the largest relative to
// the largest value of its tensor.
func worst(want, got map[string][]float32) (maxAbs, maxRel float64) {
	for name, a := range want {
		b := got[name]
		if len(a) != len(b) {
			return math.MaxFloat64, math.MaxFloat64
		}
		var diff, size float64
		for i := range a {
			x, y := float64(a[i]), float64(b[i])
			if x == y || math.IsNaN(x) && math.IsNaN(y) {
				size = max(size, finite(x))
				continue
			}
			d := math.Abs(x - y)
			if math.IsNaN(d) || math.IsInf(d, 0) {
				d = math.MaxFloat64 // JSON has no infinity
			}
			diff, size = max(diff, d), max(size, finite(x))
		}
		rel := diff
		if size > 0 {
			rel = min(diff/size, math.MaxFloat64)
		}
		maxAbs, maxRel = max(maxAbs, diff), max(maxRel, rel)
	}
	return maxAbs, maxRel
}

// finite is the size of a number, 0 of what is none.
func finite(v float64) float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return 0
	}
	return math.Abs(v)
}

func writeVerified(env *Env, rows []verified) {
	t := newTable(env.Out)
	t.AppendHeader(table.Row{"", "segments", "max abs diff", "max rel diff", "cut at"})
	for _, r := range rows {
		mark := "ok"
		if r.MaxRel > tolerance {
			mark = "DIFFERS"
		}
		t.AppendRow(table.Row{mark, r.Segments, fmt.Sprintf("%.3g", r.MaxAbs), fmt.Sprintf("%.3g", r.MaxRel), strings.Join(r.At, ", ")})
	}
	t.Render()
}
