// Package acceltest is the suite that every accel.Backend passes: small networks
// whose results Go arithmetic knows, and what the interfaces promise about
// binding, events, memory, errors and closing. Only tests import it.
package acceltest

import (
	"testing"

	"braid/accel"
)

// Harness says what to test. Open is called once for each part of the suite,
// which closes what it gets.
type Harness struct {
	Open   func(t *testing.T) accel.Backend
	Device accel.DeviceID
	Build  accel.BuildOptions
	Load   accel.LoadOptions
	// Tolerance is the largest difference to the reference, as a fraction of the
	// reference's largest value. 0 means 1e-5.
	Tolerance float64
	// Stand is why a device is played by Go code, which allocates: what Start itself
	// allocates cannot be told then, and is not looked at. "" for a real one.
	Stand string
	// Bindings makes the tensors of one Job, host-visible on Device or with a
	// copy on "cpu"; nil: one Alloc on Device.
	Bindings func(t *testing.T, b accel.Backend, index int, tensors []accel.TensorDesc) *accel.Bindings
}

// Run runs the whole suite, a subtest for each promise.
func Run(t *testing.T, h Harness) {
	if h.Tolerance == 0 {
		h.Tolerance = 1e-5
	}
	parts := []struct {
		name string
		run  func(*bench)
	}{
		{"lists its device", testDevices},
		{"computes what Go computes", testResults},
		{"a chain of segments equals the whole", testChain},
		{"several execs at once", testConcurrent},
		{"an exec serves several bindings", testManyBindings},
		{"Start allocates nothing", testAllocations},
		{"memory is zeroed and aligned", testMemory},
		{"memory refuses what it cannot hold", testBadMemory},
		{"Start waits for the event before", testEventPending},
		{"a failed event before fails the call", testEventFailed},
		{"a cancelled context runs nothing", testCancelled},
		{"refuses a device it does not serve", testWrongDevice},
		{"refuses a precision it does not know", testWrongPrecision},
		{"names an unknown operator", testUnknownOperator},
		{"refuses a broken blob", testBrokenBlob},
		{"refuses a network that is none", testBrokenNetwork},
		{"Bind refuses wrong tensors", testWrongBindings},
		{"closes in order, and twice", testClose},
	}
	for _, p := range parts {
		t.Run(p.name, func(t *testing.T) { p.run(newBench(t, h)) })
	}
}

// bench is a Backend under test and what closes behind a part of the suite.
type bench struct {
	*testing.T
	Harness
	backend accel.Backend
}

func newBench(t *testing.T, h Harness) *bench {
	b := &bench{T: t, Harness: h, backend: h.Open(t)}
	b.closeLater(b.backend)
	return b
}

// closeLater closes c at the end, in reverse order, and holds it to no error.
func (b *bench) closeLater(c interface{ Close() error }) {
	b.Cleanup(func() {
		if err := c.Close(); err != nil {
			b.Errorf("closing %T: %v", c, err)
		}
	})
}

// engine builds and loads a Segment.
func (b *bench) engine(s *accel.Segment) accel.Engine {
	b.Helper()
	if err := b.backend.Supports(s, b.Device, b.Build); err != nil {
		b.Fatalf("Supports: %v", err)
	}
	blob, err := b.backend.Build(b.Context(), s, b.Device, b.Build)
	if err != nil {
		b.Fatalf("Build: %v", err)
	}
	e, err := b.backend.Load(b.Context(), blob, b.Device, b.Load)
	if err != nil {
		b.Fatalf("Load: %v", err)
	}
	b.closeLater(e)
	return e
}

// exec makes an Exec.
func (b *bench) exec(e accel.Engine) accel.Exec {
	b.Helper()
	x, err := e.NewExec()
	if err != nil {
		b.Fatalf("NewExec: %v", err)
	}
	b.closeLater(x)
	return x
}

// bind makes a Call.
func (b *bench) bind(x accel.Exec, job *accel.Bindings) accel.Call {
	b.Helper()
	c, err := x.Bind(job)
	if err != nil {
		b.Fatalf("Bind: %v", err)
	}
	b.closeLater(c)
	return c
}

// job makes the tensors of one Job.
func (b *bench) job(index int, tensors ...accel.TensorDesc) *accel.Bindings {
	b.Helper()
	if b.Bindings != nil {
		job := b.Bindings(b.T, b.backend, index, tensors)
		b.closeLater(job)
		return job
	}
	m, err := b.backend.Alloc(b.Device, tensors)
	if err != nil {
		b.Fatalf("Alloc: %v", err)
	}
	job := accel.NewBindings(index, m)
	b.closeLater(job)
	return job
}

// run starts a Call after nothing and waits for it.
func (b *bench) run(c accel.Call) {
	b.Helper()
	e, err := c.Start(b.Context(), nil)
	if err != nil {
		b.Fatalf("Start: %v", err)
	}
	if err := e.Wait(b.Context()); err != nil {
		b.Fatalf("Wait: %v", err)
	}
}

// host is the host-visible copy of a tensor.
func (b *bench) host(job *accel.Bindings, name string) []float32 {
	b.Helper()
	for _, d := range []accel.DeviceID{b.Device, "cpu"} {
		if t, ok := job.Tensor(name, d); ok && t.Data != nil {
			return t.Float32s()
		}
	}
	b.Fatalf("tensor %q has no host-visible copy", name)
	return nil
}
