package app

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"braid/accel"
	"braid/accel/plan"
)

// traffic is how each tensor between and around the segments travels, by name.
type traffic map[string]*path

// path is a tensor's: in whose memory it is written and read, and whether it has
// to cross as the network has it.
type path struct {
	desc             accel.TensorDesc
	writers, readers []accel.DeviceID
	exact, dla       bool
}

// newTraffic follows the tensors of a plan: inputs come from the host and outputs
// go there. The segments' tensors get the form in which they cross: what only
// devices of lesser precision touch crosses in half precision, and in the layout
// that they work in; where one of them is a DLA in its, so that the reformat is the
// GPU's.
func newTraffic(inputs, outputs []accel.TensorDesc, segments []*accel.Segment, p plan.Plan) traffic {
	t := traffic{}
	for _, d := range inputs {
		t.at(d).written(host)
	}
	for i, s := range segments {
		for _, r := range p.Replicas(i) {
			for _, d := range s.Inputs {
				t.at(d).read(r.Device.Memory())
				t.at(d).touched(r.Device, p.PrecisionOf(i))
			}
			for _, d := range s.Outputs {
				t.at(d).written(r.Device.Memory())
				t.at(d).touched(r.Device, p.PrecisionOf(i))
			}
		}
	}
	for _, d := range outputs {
		t.at(d).read(host)
	}
	for _, s := range segments {
		t.settle(s.Inputs)
		t.settle(s.Outputs)
	}
	return t
}

func (t traffic) at(d accel.TensorDesc) *path {
	if t[d.Name] == nil {
		t[d.Name] = &path{desc: d, exact: d.Type != accel.Float32}
	}
	return t[d.Name]
}

func (p *path) written(d accel.DeviceID) { p.writers = with(p.writers, d) }
func (p *path) read(d accel.DeviceID)    { p.readers = with(p.readers, d) }

// with is a list that has d once.
func with(list []accel.DeviceID, d accel.DeviceID) []accel.DeviceID {
	if slices.Contains(list, d) {
		return list
	}
	return append(list, d)
}

// touched notes what a device wants of the tensor. A simulated one computes on the CPU,
// whatever its precision is.
func (p *path) touched(d accel.DeviceID, precision string) {
	p.dla = p.dla || d.Kind() == "dla"
	p.exact = p.exact || d.Memory() == host || d.Kind() == "sim" || precision == string(plan.FP32)
}

// settle gives tensors the form in which they cross.
func (t traffic) settle(tensors []accel.TensorDesc) {
	for i := range tensors {
		p := t[tensors[i].Name]
		if !p.exact && !slices.Contains(p.writers, host) && !slices.Contains(p.readers, host) {
			tensors[i].Type = accel.Float16
			tensors[i].Layout = p.layout()
		}
		p.desc = tensors[i]
	}
}

// layout is the one in which a tensor of half precision needs no reformat on
// either side: a DLA's where there is one, else that of a GPU's convolutions.
func (p *path) layout() accel.Layout {
	switch {
	case len(p.desc.Shape) != 4:
		return accel.Linear
	case p.dla:
		return accel.CHW16
	}
	return accel.HWC8
}

// copies are the tensors that each memory holds.
func (t traffic) copies() map[accel.DeviceID][]accel.TensorDesc {
	need := map[accel.DeviceID][]accel.TensorDesc{}
	for _, name := range slices.Sorted(maps.Keys(t)) {
		p := t[name]
		for _, d := range slices.Concat(p.writers, p.readers) {
			if !slices.ContainsFunc(need[d], p.desc.Equal) {
				need[d] = append(need[d], p.desc)
			}
		}
	}
	return need
}

// bytes is the memory of one frame's tensors, by the memory that they are in.
func (t traffic) bytes() map[accel.DeviceID]int64 {
	sum := map[accel.DeviceID]int64{}
	for d, tensors := range t.copies() {
		for _, c := range tensors {
			sum[d] += c.Bytes()
		}
	}
	return sum
}

// bindings allocates one frame's tensors.
func (t traffic) bindings(rt accel.Backend, index int) (*accel.Bindings, error) {
	need := t.copies()
	var mem []accel.Memory
	for _, d := range slices.Sorted(maps.Keys(need)) {
		m, err := rt.Alloc(d, need[d])
		if err != nil {
			return nil, errors.Join(fmt.Errorf("on %s: %w", d, err), accel.NewBindings(index, mem...).Close())
		}
		mem = append(mem, m)
	}
	b := accel.NewBindings(index, mem...)
	for name, p := range t {
		if len(p.writers) > 0 {
			b.SetRoute(name, p.writers, p.readers)
		}
	}
	return b, nil
}
