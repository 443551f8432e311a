package app

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"runtime/debug"
	"slices"
	"strings"

	"braid/accel"
	"braid/accel/network"
	"braid/accel/plan"
	"braid/internal/card"
)

// verifier runs one network, cut in different ways, on the same inputs.
type verifier struct {
	rt      accel.Backend
	net     *network.Network
	log     *slog.Logger
	samples []sample
}

// sample is one set of inputs, and what the whole network makes of it.
type sample struct {
	inputs map[string][]byte
	want   outputs
}

// samples is how many inputs are needed: a plan has several frames in the graph
// at once, and only frames that differ show when one is taken for another.
func samples(p *plan.Plan) int {
	if p == nil {
		return 1
	}
	return 3
}

// prepare makes n samples and runs the whole network on them.
func (v *verifier) prepare(ctx context.Context, c *card.Card, seed int64, n int) error {
	rng := rand.New(rand.NewPCG(uint64(seed), 1))
	for range n {
		inputs, err := randomInputs(v.net, c, rng)
		if err != nil {
			return err
		}
		v.samples = append(v.samples, sample{inputs: inputs})
	}
	results, err := v.run(ctx, nil, v.samples)
	if err != nil {
		return fmt.Errorf("running the whole network: %w", err)
	}
	for i := range v.samples {
		v.samples[i].want = results[i]
		for name, o := range results[i] {
			if !o.comparable() {
				return invalidf("output %q of the whole network has no finite value on random inputs: there is nothing to compare", name)
			}
		}
	}
	return nil
}

// all adds a row for each way of cutting to the report.
func (v *verifier) all(ctx context.Context, env *Env, sets cutSets, p *plan.Plan, report *verifyReport) error {
	bar := progressIn(env, "/s")
	defer bar.stop()
	if n := sets.count(); n > 0 {
		bar.count("cuts", int64(n))
	}
	for at := range sets.each {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		got, err := v.run(ctx, at, v.samples[:1])
		if err != nil {
			return fmt.Errorf("running the network cut at %s: %w", strings.Join(at, ", "), err)
		}
		report.add(newVerified(at, v.samples[0].want.difference(got[0].data()), toleranceFP32))
		bar.step()
	}
	if p == nil {
		return nil
	}
	row, err := v.underPlan(ctx, env, *p, bar)
	if err != nil {
		return fmt.Errorf("running plan %s: %w", p.ID(), err)
	}
	report.add(row)
	return nil
}

// run cuts the network at the given points, runs the segments one after the other
// on each of the samples and returns the network's outputs. It holds one loaded
// segment at a time, so that a network that is large whole is not larger in parts.
func (v *verifier) run(ctx context.Context, at []string, samples []sample) (_ []outputs, err error) {
	segments, err := splitWith(ctx, v.rt, v.net, at)
	if err != nil {
		return nil, err
	}
	bindings := make([]*accel.Bindings, len(samples))
	for i, s := range samples {
		if bindings[i], err = v.bindings(i, segments); err != nil {
			return nil, err
		}
		defer closeInto(&err, bindings[i].Close)
		pour(bindings[i], s.inputs)
	}
	out := make([]outputs, len(samples))
	for i := range out {
		out[i] = outputs{}
	}
	for _, s := range segments {
		if err := v.runSegment(ctx, s, bindings); err != nil {
			return nil, err
		}
		for _, o := range results(v.net, s) {
			for i, b := range bindings {
				if t, ok := b.Tensor(o.Name, host); ok {
					out[i].take(t)
				}
			}
		}
	}
	return out, nil
}

// results are the outputs of the network that a segment writes.
func results(n *network.Network, s *accel.Segment) (out []accel.TensorDesc) {
	graph := n.Outputs()
	for _, o := range s.Outputs {
		if slices.ContainsFunc(graph, func(g accel.TensorDesc) bool { return g.Name == o.Name }) {
			out = append(out, o)
		}
	}
	return out
}

// bindings allocates the tensors of all segments on the host.
func (v *verifier) bindings(index int, segments []*accel.Segment) (*accel.Bindings, error) {
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
		return nil, as(ErrEnvironment, err)
	}
	return accel.NewBindings(index, mem), nil
}

// pour writes a network's inputs into its tensors on the host. One that no
// segment reads has none.
func pour(b *accel.Bindings, inputs map[string][]byte) {
	for name, data := range inputs {
		if t, ok := b.Tensor(name, host); ok {
			copy(t.Data, data)
		}
	}
}

// runSegment builds one segment, runs it on all bindings and takes it down again.
func (v *verifier) runSegment(ctx context.Context, s *accel.Segment, bindings []*accel.Bindings) (err error) {
	blob, err := v.rt.Build(ctx, s, host, accel.BuildOptions{})
	if err != nil {
		return as(ErrInvalid, fmt.Errorf("building %s: %w", s.Name, err))
	}
	s.ONNX = nil         // the blob has it
	debug.FreeOSMemory() // the collector counts no session: it would let garbage of a network's size lie beside one
	engine, err := v.rt.Load(ctx, blob, host, accel.LoadOptions{})
	if err != nil {
		return as(ErrInvalid, fmt.Errorf("loading %s: %w", s.Name, err))
	}
	defer closeInto(&err, engine.Close)
	exec, err := engine.NewExec()
	if err != nil {
		return err
	}
	defer closeInto(&err, exec.Close)
	for _, b := range bindings {
		if err := runOnce(ctx, exec, b); err != nil {
			return fmt.Errorf("running %s: %w", s.Name, err)
		}
	}
	return nil
}

func runOnce(ctx context.Context, exec accel.Exec, b *accel.Bindings) (err error) {
	call, err := exec.Bind(b)
	if err != nil {
		return err
	}
	defer closeInto(&err, call.Close)
	ready, err := call.Start(ctx, nil)
	if err != nil {
		return err
	}
	return ready.Wait(ctx)
}
