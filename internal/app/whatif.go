package app

import (
	"context"
	"errors"
	"fmt"
	"os"

	"braid/accel"
	"braid/accel/network"
	"braid/accel/plan"
	"braid/accel/plan/whatif"
	"braid/accel/sim"
)

// whatIfUnits is how many parts a network has at most in a what-if.
const whatIfUnits = 48

// whatIf makes the profile of a network on declared hardware. Speeds are 10^9
// operations in a millisecond, two for each multiply-add; with a measured profile they
// are relative to its first series.
func whatIf(ctx context.Context, env *Env, o PlanOptions, n *network.Network, ref string) (_ choiceSource, err error) {
	file, err := readMachine(o.WhatIf)
	if err != nil {
		return choiceSource{}, err
	}
	rt, err := openRuntime(env, "ort")
	if err != nil {
		return choiceSource{}, err
	}
	defer closeInto(&err, rt.Close)
	var work []whatif.Work
	m := machineOf(file)
	if o.Profile != "" {
		p, err := readProfile(o.Profile)
		if err != nil {
			return choiceSource{}, err
		}
		work, m.CPU = whatif.Relative(p, p.Units[0].Series()), p.CPU
	} else {
		work = workOf(n)
	}
	segments, err := splitWith(ctx, rt, n, borders(work))
	if err != nil {
		return choiceSource{}, err
	}
	precision := plan.FP16
	if len(o.Precision) > 0 {
		precision = plan.Precision(o.Precision[0])
	}
	for _, d := range file.Devices {
		m.Devices = append(m.Devices, declared(d, precision, segments))
	}
	p, err := whatif.Of(ref, work, m)
	if err != nil {
		return choiceSource{}, as(ErrInvalid, fmt.Errorf("%s: %w", o.WhatIf, err))
	}
	p.Machine = "sim-" + file.Name
	return choiceSource{profile: p, origin: "sim: " + file.Name + " as declared in " + o.WhatIf}, nil
}

// readMachine reads a devices file.
func readMachine(path string) (sim.File, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return sim.File{}, as(ErrInvalid, fmt.Errorf("reading declared devices: %w", err))
	}
	f, err := sim.ParseFile(data, path)
	return f, as(ErrInvalid, err)
}

// workOf is the work of a network's parts, in 10^9 operations: between cuts outside
// of fused groups, the cheapest of each stretch of equal work.
func workOf(n *network.Network) (list []whatif.Work) {
	var done float64
	total := 0.0
	best, cuts := network.Cut{}, n.Cuts()
	add := func(c network.Cut) {
		at := operations(c.WorkBefore)
		list = append(list, whatif.Work{At: c.At, Amount: at - done, Bytes: c.Bytes, Tensors: len(c.Tensors)})
		done = at
	}
	for _, c := range cuts {
		total = operations(c.WorkBefore + c.WorkAfter)
	}
	step := total / whatIfUnits
	for _, c := range cuts {
		at := operations(c.WorkBefore)
		if c.Mark != network.Plain || at <= done {
			continue
		}
		if best.At != "" && at > done+1.5*step {
			add(best)
			best = network.Cut{}
		}
		if at >= done+step/2 && (best.At == "" || c.Bytes < best.Bytes) {
			best = c
		}
	}
	if best.At != "" {
		add(best)
	}
	return append(list, whatif.Work{Amount: max(0, total-done)})
}

// borders are the cut points between the parts.
func borders(work []whatif.Work) (at []string) {
	for _, w := range work[:len(work)-1] {
		at = append(at, w.At)
	}
	return at
}

// declared is a device of the file, which refuses what its rules forbid.
func declared(d sim.Device, precision plan.Precision, units []*accel.Segment) whatif.Device {
	if d.Kind == sim.CPU {
		precision = plan.FP32
	}
	return whatif.Device{
		ID: d.ID, FIFO: d.FIFO, Speed: d.Speed, StreamsGain: d.StreamsGain, Precision: precision,
		Why: func(unit int) string {
			if err := d.Refuses(units[unit], string(precision)); err != nil {
				return err.Error()
			}
			return ""
		},
	}
}

// errWhatIfMeasure is what --what-if cannot do.
var errWhatIfMeasure = errors.New("--what-if is of hardware that is not here: nothing can be measured, leave out --measure")
