package acceltest

import (
	"slices"
	"sync"

	"braid/accel"
)

func testDevices(b *bench) {
	devices, err := b.backend.Devices(b.Context())
	if err != nil {
		b.Fatalf("Devices: %v", err)
	}
	i := slices.IndexFunc(devices, func(d accel.Device) bool { return d.ID == b.Device })
	if i < 0 {
		b.Fatalf("Devices lists %v, without %s", devices, b.Device)
	}
	if d := devices[i]; d.Backend != b.backend.Name() || d.Name == "" || d.Version == "" {
		b.Errorf("device is %+v: want a name, a version and backend %q", d, b.backend.Name())
	}
}

func testResults(b *bench) {
	x, z := desc("x", 2, 6, 6), desc("z", 2, 6, 6)
	for _, c := range []struct {
		name    string
		layers  []layer
		in, out []accel.TensorDesc
	}{
		{"conv", []layer{convLayer("x", "y", 2, 3, 3)}, []accel.TensorDesc{x}, []accel.TensorDesc{desc("y", 3, 6, 6)}},
		{"conv 1x1", []layer{convLayer("x", "y", 2, 5, 1)}, []accel.TensorDesc{x}, []accel.TensorDesc{desc("y", 5, 6, 6)}},
		{"relu", []layer{reluLayer("x", "y")}, []accel.TensorDesc{x}, []accel.TensorDesc{desc("y", 2, 6, 6)}},
		{"add", []layer{addLayer("x", "z", "y")}, []accel.TensorDesc{x, z}, []accel.TensorDesc{desc("y", 2, 6, 6)}},
		{"concat", []layer{concatLayer("x", "z", "y")}, []accel.TensorDesc{x, z}, []accel.TensorDesc{desc("y", 4, 6, 6)}},
		{"max pool", []layer{maxPoolLayer("x", "y")}, []accel.TensorDesc{x}, []accel.TensorDesc{desc("y", 2, 3, 3)}},
		{
			"two inputs, three outputs, one read inside",
			[]layer{convLayer("x", "c", 2, 2, 3), reluLayer("c", "r"), addLayer("r", "z", "s"), maxPoolLayer("s", "y")},
			[]accel.TensorDesc{z, x},
			[]accel.TensorDesc{desc("y", 2, 3, 3), desc("r", 2, 6, 6), desc("s", 2, 6, 6)},
		},
	} {
		s := build(b, c.name, c.layers, c.in, c.out)
		e := b.engine(s)
		in, out := e.Tensors()
		if !sameTensors(in, c.in) || !sameTensors(out, c.out) {
			b.Errorf("%s: Tensors() = %v, %v, want %v, %v", c.name, in, out, c.in, c.out)
		}
		job := b.job(0, slices.Concat(c.in, c.out)...)
		call := b.bind(b.exec(e), job)
		values := b.fillInputs(job, c.in, 7)
		b.run(call)
		evaluate(c.layers, values)
		b.compare(job, c.out, values)
	}
}

// sameTensors compares without order.
func sameTensors(a, b []accel.TensorDesc) bool {
	in := func(list []accel.TensorDesc) func(accel.TensorDesc) bool {
		return func(d accel.TensorDesc) bool { return !slices.ContainsFunc(list, d.Equal) }
	}
	return len(a) == len(b) && !slices.ContainsFunc(a, in(b))
}

// fillInputs writes seeded numbers into a job's inputs.
func (b *bench) fillInputs(job *accel.Bindings, in []accel.TensorDesc, seed uint64) map[string]array {
	b.Helper()
	values := map[string]array{}
	for i, d := range in {
		a := newArray(int(d.Shape[1]), int(d.Shape[2]), int(d.Shape[3]))
		fill(a.v, seed+uint64(i))
		copy(b.host(job, d.Name), a.v)
		values[d.Name] = a
	}
	return values
}

// compare holds a job's outputs against the reference.
func (b *bench) compare(job *accel.Bindings, out []accel.TensorDesc, want map[string]array) {
	b.Helper()
	for _, d := range out {
		if diff := difference(b.host(job, d.Name), want[d.Name].v); diff > b.Tolerance {
			b.Errorf("tensor %s differs from the reference by %g, tolerance %g", d.Name, diff, b.Tolerance)
		}
	}
}

// testChain cuts a network in three: r skips the second segment, x reaches the
// last one, and the segments hand over by events.
func testChain(b *bench) {
	layers := []layer{
		convLayer("x", "c", 2, 3, 3), reluLayer("c", "r"),
		convLayer("r", "d", 3, 3, 1), reluLayer("d", "e"),
		addLayer("e", "r", "s"), concatLayer("s", "x", "y"),
	}
	x, r, e, y := desc("x", 2, 6, 6), desc("r", 3, 6, 6), desc("e", 3, 6, 6), desc("y", 5, 6, 6)
	segments := []*accel.Segment{
		build(b, "infer.0", layers[:2], []accel.TensorDesc{x}, []accel.TensorDesc{r}),
		build(b, "infer.1", layers[2:4], []accel.TensorDesc{r}, []accel.TensorDesc{e}),
		build(b, "infer.2", layers[4:], []accel.TensorDesc{x, r, e}, []accel.TensorDesc{y}),
	}
	cut, uncut := b.job(0, x, r, e, y), b.job(1, x, y)
	whole := b.bind(b.exec(b.engine(build(b, "whole", layers, []accel.TensorDesc{x}, []accel.TensorDesc{y}))), uncut)
	var calls []accel.Call
	for _, s := range segments {
		calls = append(calls, b.bind(b.exec(b.engine(s)), cut))
	}
	for seed := range uint64(3) {
		values := b.fillInputs(cut, []accel.TensorDesc{x}, seed)
		b.fillInputs(uncut, []accel.TensorDesc{x}, seed)
		b.run(whole)
		b.runChain(calls)
		evaluate(layers, values)
		b.compare(cut, []accel.TensorDesc{y}, values)
		b.compare(uncut, []accel.TensorDesc{y}, values)
	}
}

// runChain starts each Call after the one before and waits for the last.
func (b *bench) runChain(calls []accel.Call) {
	b.Helper()
	var ready accel.Event
	for _, c := range calls {
		var err error
		if ready, err = c.Start(b.Context(), ready); err != nil {
			b.Fatalf("Start: %v", err)
		}
	}
	if err := ready.Wait(b.Context()); err != nil {
		b.Fatalf("Wait: %v", err)
	}
}

func testConcurrent(b *bench) {
	const execs, rounds = 3, 20
	s, layers := simple(b)
	e := b.engine(s)
	var done sync.WaitGroup
	for i := range execs {
		job := b.job(i, slices.Concat(s.Inputs, s.Outputs)...)
		call := b.bind(b.exec(e), job)
		values := b.fillInputs(job, s.Inputs, uint64(i))
		evaluate(layers, values)
		got := b.host(job, "y")
		done.Go(func() {
			for range rounds {
				clear(got)
				ready, err := call.Start(b.Context(), nil)
				if err == nil {
					err = ready.Wait(b.Context())
				}
				if diff := difference(got, values["y"].v); err != nil || diff > b.Tolerance {
					b.Errorf("exec %d: error %v, difference %g", i, err, diff)
					return
				}
			}
		})
	}
	done.Wait()
}

func testManyBindings(b *bench) {
	s, layers := simple(b)
	x := b.exec(b.engine(s))
	var jobs []*accel.Bindings
	var calls []accel.Call
	for i := range 3 {
		jobs = append(jobs, b.job(i, slices.Concat(s.Inputs, s.Outputs)...))
		calls = append(calls, b.bind(x, jobs[i]))
	}
	jobs, calls = append(jobs, jobs[0]), append(calls, b.bind(x, jobs[0])) // one of them twice
	for seed := range uint64(2) {
		for i, call := range calls {
			values := b.fillInputs(jobs[i], s.Inputs, 10*seed+uint64(i))
			b.run(call)
			evaluate(layers, values)
			b.compare(jobs[i], s.Outputs, values)
		}
	}
}
