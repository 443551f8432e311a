package acceltest

import (
	"context"
	"errors"
	"slices"
	"testing"
	"unsafe"

	"braid/accel"
)

// ready makes a Call of the simple network with inputs in place.
func (b *bench) ready() (c accel.Call, job *accel.Bindings, want map[string]array) {
	b.Helper()
	s, layers := simple(b)
	job = b.job(0, slices.Concat(s.Inputs, s.Outputs)...)
	c = b.bind(b.exec(b.engine(s)), job)
	want = b.fillInputs(job, s.Inputs, 3)
	evaluate(layers, want)
	return c, job, want
}

func testAllocations(b *bench) {
	if b.Stand != "" {
		b.Skip(b.Stand)
	}
	c, _, _ := b.ready()
	ctx := b.Context()
	b.run(c)
	if n := testing.AllocsPerRun(50, func() {
		e, err := c.Start(ctx, accel.Done)
		if err == nil {
			err = e.Wait(ctx)
		}
		if err != nil {
			b.Fatalf("Start: %v", err)
		}
	}); n != 0 {
		b.Errorf("a Start allocates %v times", n)
	}
}

func testMemory(b *bench) {
	list := []accel.TensorDesc{
		desc("a", 3, 5, 7),
		{Name: "b", Type: accel.Uint8, Shape: []int64{3}},
		{Name: "c", Type: accel.Int64, Shape: []int64{2, 1}},
		desc("d", 1, 1, 1),
	}
	m, err := b.backend.Alloc(b.Device, list)
	if err != nil {
		b.Fatalf("Alloc: %v", err)
	}
	b.closeLater(m)
	tensors := m.Tensors()
	if len(tensors) != len(list) {
		b.Fatalf("%d tensors, want %d", len(tensors), len(list))
	}
	for i, got := range tensors {
		if !got.Equal(list[i]) {
			b.Errorf("tensor %d is %+v, want %+v", i, got.TensorDesc, list[i])
		}
		if got.Data == nil && got.Ptr == 0 {
			b.Errorf("tensor %s has no memory", got.Name)
		}
		if got.Data == nil {
			continue
		}
		if int64(len(got.Data)) != list[i].Bytes() || slices.ContainsFunc(got.Data, func(v byte) bool { return v != 0 }) {
			b.Errorf("tensor %s: %d bytes %v, want %d zeros", got.Name, len(got.Data), got.Data, list[i].Bytes())
		}
		if at := uintptr(unsafe.Pointer(unsafe.SliceData(got.Data))); at%64 != 0 {
			b.Errorf("tensor %s lies at %#x, not on 64 bytes", got.Name, at)
		}
		for k := range got.Data { // the next tensors must stay zero
			got.Data[k] = 0xff
		}
	}
}

func testBadMemory(b *bench) {
	for name, list := range map[string][]accel.TensorDesc{
		"symbolic dimension": {desc("a", -1, 2, 2)},
		"empty dimension":    {desc("a", 0, 2, 2)},
		"unknown type":       {{Name: "a", Type: 99, Shape: []int64{1}}},
		"too large":          {desc("a", 1<<40, 1<<40, 1)},
	} {
		m, err := b.backend.Alloc(b.Device, list)
		if err == nil {
			b.Errorf("%s: no error", name)
			b.closeLater(m)
		}
	}
}

// gate is an Event of another runtime: it opens when the test says so.
type gate struct {
	entered chan struct{}
	open    chan error
}

func newGate() *gate { return &gate{make(chan struct{}, 1), make(chan error, 1)} }

func (g *gate) Wait(ctx context.Context) error {
	select {
	case g.entered <- struct{}{}:
	default:
	}
	select {
	case err := <-g.open:
		g.open <- err // open for everyone
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// testEventPending changes the input while the Call waits: what comes out tells
// whether it did.
func testEventPending(b *bench) {
	s, layers := simple(b)
	c, job, _ := b.ready()
	before := newGate()
	result := make(chan error, 1)
	go func() {
		e, err := c.Start(b.Context(), before)
		if err == nil {
			err = e.Wait(b.Context())
		}
		result <- err
	}()
	select {
	case <-before.entered:
	case err := <-result:
		b.Fatalf("the call ended (error %v) without waiting for the event", err)
	}
	want := b.fillInputs(job, s.Inputs, 99)
	before.open <- nil
	if err := <-result; err != nil {
		b.Fatalf("Start: %v", err)
	}
	evaluate(layers, want)
	b.compare(job, s.Outputs, want)
}

func testEventFailed(b *bench) {
	c, job, want := b.ready()
	before, broken := newGate(), errors.New("segment before failed")
	before.open <- broken
	e, err := c.Start(b.Context(), before)
	if err == nil {
		err = e.Wait(b.Context())
	}
	if !errors.Is(err, broken) {
		b.Errorf("error %v, want the one of the event before", err)
	}
	b.run(c) // the next frame is not harmed
	b.compare(job, []accel.TensorDesc{desc("y", 3, 6, 6)}, want)
}

func testCancelled(b *bench) {
	c, job, want := b.ready()
	reason := errors.New("stop now")
	ctx, cancel := context.WithCancelCause(b.Context())
	cancel(reason)
	out := b.host(job, "y")
	clear(out)
	if _, err := c.Start(ctx, nil); !errors.Is(err, reason) {
		b.Errorf("Start: error %v, want the context's cause", err)
	}
	if slices.ContainsFunc(out, func(v float32) bool { return v != 0 }) {
		b.Error("Start ran all the same")
	}
	s, _ := simple(b)
	if _, err := b.backend.Build(ctx, s, b.Device, b.Build); !errors.Is(err, reason) {
		b.Errorf("Build: error %v, want the context's cause", err)
	}
	b.run(c)
	b.compare(job, s.Outputs, want)
}

func testClose(b *bench) {
	backend := b.Open(b.T)
	inner := &bench{T: b.T, Harness: b.Harness, backend: backend}
	s, _ := simple(b)
	blob, err := backend.Build(b.Context(), s, b.Device, inner.Build)
	must(b, err)
	engine, err := backend.Load(b.Context(), blob, b.Device, inner.Load)
	must(b, err)
	exec, err := engine.NewExec()
	must(b, err)
	job := inner.job(0, slices.Concat(s.Inputs, s.Outputs)...) // closed by the bench, once more
	call, err := exec.Bind(job)
	must(b, err)
	inner.run(call)
	for _, c := range []interface{ Close() error }{call, exec, engine, job, backend} {
		for range 2 {
			if err := c.Close(); err != nil {
				b.Errorf("closing %T: %v", c, err)
			}
		}
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
