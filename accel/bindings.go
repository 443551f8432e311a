package accel

import (
	"errors"
	"slices"
)

// Bindings are all tensors of one Job over all Segments, so that a tensor may
// skip Segments. A tensor has one copy in the memory of each device that writes or
// reads it. Bindings are made at start; of a Route, At alone changes after that.
type Bindings struct {
	Index  int // 0 .. in_flight-1
	copies map[bindingKey]Tensor
	routes map[string]*Route
	memory []Memory
}

type bindingKey struct {
	name   string
	device DeviceID
}

// Route is how a tensor travels between memories. A Segment on a device copies an
// input from where it was written, before it runs, and copies an output to the
// host behind it where the host is among the readers: the host has no stream to
// fetch it with.
type Route struct {
	Writers []DeviceID // whose copy a Segment, or prep, may write; at least one
	Readers []DeviceID // whose copy is read
	At      DeviceID   // whose copy was written last: set by the writer's Start
}

// NewBindings gathers memories, which it owns from then on. Until SetRoute says
// otherwise a tensor with a copy on the host is written there, one without in all
// its copies, and every copy is read.
func NewBindings(index int, memories ...Memory) *Bindings {
	b := &Bindings{Index: index, copies: map[bindingKey]Tensor{}, routes: map[string]*Route{}, memory: memories}
	for _, m := range memories {
		for _, t := range m.Tensors() {
			b.copies[bindingKey{t.Name, t.Device}] = t
			b.addCopy(t)
		}
	}
	return b
}

func (b *Bindings) addCopy(t Tensor) {
	r := b.routes[t.Name]
	if r == nil {
		r = &Route{At: t.Device}
		b.routes[t.Name] = r
	}
	r.Readers = append(r.Readers, t.Device)
	switch {
	case t.Device == "cpu":
		r.Writers, r.At = []DeviceID{t.Device}, t.Device
	case !slices.Contains(r.Writers, "cpu"):
		r.Writers = append(r.Writers, t.Device)
	}
}

// SetRoute says who writes and who reads a tensor. It is called before any Bind.
func (b *Bindings) SetRoute(name string, writers, readers []DeviceID) {
	b.routes[name] = &Route{Writers: writers, Readers: readers, At: writers[0]}
}

// Route is how a tensor travels; nil for one that is not there. It stays the same
// one as long as b is open.
func (b *Bindings) Route(name string) *Route { return b.routes[name] }

// Tensor finds the copy of a tensor in a device's memory.
func (b *Bindings) Tensor(name string, d DeviceID) (Tensor, bool) {
	t, ok := b.copies[bindingKey{name, d}]
	return t, ok
}

// Bytes is the size of all copies.
func (b *Bindings) Bytes() (n int64) {
	for _, t := range b.copies {
		n += t.Bytes()
	}
	return n
}

// Close frees the memories. Every Call on b must be closed before.
func (b *Bindings) Close() error {
	var errs []error
	for _, m := range slices.Backward(b.memory) {
		errs = append(errs, m.Close())
	}
	b.copies, b.routes, b.memory = nil, nil, nil
	return errors.Join(errs...)
}
