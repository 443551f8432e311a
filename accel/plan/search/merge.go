package search

import (
	"fmt"
	"math"
	"slices"

	"braid/accel"
	"braid/accel/plan"
)

// Weighted is a model and how many of its frames there are to one of the common
// rate.
type Weighted struct {
	Profile plan.Profile
	Weight  float64
}

// merged is several machines as one: their models share its devices.
type merged struct {
	machine
	models []*machine
	first  []int // of the series of each model
}

// merge puts the machines of several profiles together.
func merge(models []Weighted, devices []accel.Device, g *Goal) (*merged, error) {
	out := &merged{machine: machine{copies: copies{}}}
	var corun []plan.Corun
	for i, w := range models {
		if !(w.Weight > 0) || math.IsInf(w.Weight, 1) {
			return nil, fmt.Errorf("%w: weight of model %d: %v, want more than 0", ErrGoal, i, w.Weight)
		}
		if _, err := g.check(w.Profile); err != nil {
			return nil, fmt.Errorf("model %d: %w", i, err)
		}
		m, err := prepared(w.Profile, devices, g)
		if err != nil {
			return nil, fmt.Errorf("model %d: %w", i, err)
		}
		m.final = true
		if i > 0 && m.cores != out.cores {
			return nil, fmt.Errorf("%w: cores: %d of model %d and %d of model 0: profiles of one machine are needed", ErrProfile, m.cores, i, out.cores)
		}
		corun = append(corun, w.Profile.Corun...)
		out.add(m, w.Weight)
	}
	if len(out.devices) > maxDevices {
		return nil, fmt.Errorf("%w: %d devices are more than %d: leave some out", ErrProfile, len(out.devices), maxDevices)
	}
	for i := range out.devices {
		out.devices[i].twin = -1
	}
	out.slowDown(corun)
	return out, nil
}

func (out *merged) add(m *machine, weight float64) {
	out.cores, out.handOver = m.cores, max(out.handOver, m.handOver)
	out.cpu.Decode += weight * m.cpu.Decode
	out.cpu.Prep += weight * m.cpu.Prep
	out.cpu.Detect += weight * m.cpu.Detect
	out.cpu.Publish += weight * m.cpu.Publish
	model := len(out.models)
	out.models, out.weights = append(out.models, m), append(out.weights, weight)
	out.first = append(out.first, len(out.series))
	for key, line := range m.copies {
		if out.copies[key] == nil {
			out.copies[key] = line
		}
	}
	for _, s := range m.series {
		d := m.devices[s.device]
		s.model = model
		s.device = out.find(d.id)
		if s.device < 0 {
			s.device = len(out.devices)
			d.series = nil
			out.devices = append(out.devices, d)
		}
		out.devices[s.device].series = append(slices.Clip(out.devices[s.device].series), len(out.series))
		out.series = append(out.series, s)
	}
}

// bound is the highest common rate that any way to cut and spread the models has,
// without contention: see fluid.
func (out *merged) bound() float64 {
	set := uint(1)<<len(out.devices) - 1
	var parts []fluid
	for i, m := range out.models {
		f := fluid{m: &out.machine, set: set, alone: make([][]float64, len(out.series)), load: make([][]float64, len(out.series))}
		for k := range m.series {
			at := out.first[i] + k
			f.alone[at], f.load[at] = m.series[k].unitTimes(out.weights[i])
		}
		parts = append(parts, f)
	}
	under := func(c prices) float64 {
		sum := c.cores * out.cpu.All()
		for _, f := range parts {
			sum += 1000 * c.all(set, out.cores) / f.under(c)
		}
		return 1000 * c.all(set, out.cores) / max(least, sum)
	}
	c := out.evenPrices(set)
	c.descend(set, under)
	return under(c)
}
