package frame

import (
	"bytes"
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"

	"pgregory.net/rapid"
)

// shelf is an Alloc that counts what it gave out and got back.
type shelf struct {
	made, freed int
	err         error
}

func (s *shelf) alloc(n int) (Memory, error) {
	if s.err != nil {
		return Memory{}, s.err
	}
	s.made++
	return Memory{Bytes: make([]byte, n), Free: func() { s.freed++ }}, nil
}

func TestShape(t *testing.T) {
	tests := map[string]struct {
		format  PixelFormat
		w, h    int
		sizes   [3]int
		strides [3]int
	}{
		"RGB":       {RGB, 4, 2, [3]int{24}, [3]int{12}},
		"NV12":      {NV12, 4, 2, [3]int{8, 4}, [3]int{4, 4}},
		"NV12, odd": {NV12, 5, 3, [3]int{15, 12}, [3]int{5, 6}},
		"I420":      {I420, 4, 2, [3]int{8, 2, 2}, [3]int{4, 2, 2}},
		"I420, odd": {I420, 5, 3, [3]int{15, 6, 6}, [3]int{5, 3, 3}},
		"one pixel": {I420, 1, 1, [3]int{1, 1, 1}, [3]int{1, 1, 1}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			f := NewPool(1, Heap).TryGet()
			if err := f.Shape(tc.format, tc.w, tc.h); err != nil {
				t.Fatal(err)
			}
			if f.Width != tc.w || f.Height != tc.h || f.Format != tc.format {
				t.Errorf("shaped %v %dx%d", f.Format, f.Width, f.Height)
			}
			for i, p := range f.Planes {
				if len(p.Data) != tc.sizes[i] || cap(p.Data) != tc.sizes[i] || p.Stride != tc.strides[i] {
					t.Errorf("plane %d: %d bytes of %d, stride %d, want %d, %d", i, len(p.Data), cap(p.Data), p.Stride, tc.sizes[i], tc.strides[i])
				}
			}
		})
	}
}

func TestShapeRefuses(t *testing.T) {
	f := NewPool(1, Heap).TryGet()
	for _, tc := range []struct {
		format PixelFormat
		w, h   int
	}{{RGB, 0, 1}, {RGB, 1, 0}, {RGB, -1, 1}, {RGB, 1<<15 + 1, 1}, {RGB, 1, 1<<15 + 1}, {9, 1, 1}} {
		if err := f.Shape(tc.format, tc.w, tc.h); err == nil {
			t.Errorf("%v %dx%d: no error", tc.format, tc.w, tc.h)
		}
	}
}

// Planes of any shape lie apart: writing to one changes no other.
func TestPlanesDoNotOverlap(t *testing.T) {
	f := NewPool(1, Heap).TryGet()
	rapid.Check(t, func(t *rapid.T) {
		format := PixelFormat(rapid.IntRange(0, 2).Draw(t, "format"))
		w, h := rapid.IntRange(1, 70).Draw(t, "w"), rapid.IntRange(1, 70).Draw(t, "h")
		if err := f.Shape(format, w, h); err != nil {
			t.Fatal(err)
		}
		for i, p := range f.Planes {
			for at := range p.Data {
				p.Data[at] = byte(i + 1)
			}
		}
		for i, p := range f.Planes {
			for at, v := range p.Data {
				if v != byte(i+1) {
					t.Fatalf("plane %d, byte %d was written by plane %d", i, at, v-1)
				}
			}
		}
	})
}

func TestMemoryGrowsOnlyForLargerPictures(t *testing.T) {
	var s shelf
	p := NewPool(2, s.alloc)
	if s.made != 0 {
		t.Errorf("%d allocations before any picture", s.made)
	}
	f := p.TryGet()
	for _, step := range []struct{ w, h, made int }{{8, 8, 1}, {4, 4, 1}, {8, 8, 1}, {9, 9, 2}, {1, 1, 2}} {
		if err := f.Shape(RGB, step.w, step.h); err != nil {
			t.Fatal(err)
		}
		if s.made != step.made || s.freed != step.made-1 {
			t.Errorf("%dx%d: %d made, %d freed, want %d made", step.w, step.h, s.made, s.freed, step.made)
		}
	}
	s.err = errors.New("no memory")
	if err := f.Shape(RGB, 100, 100); !errors.Is(err, s.err) {
		t.Errorf("got %v", err)
	}
	if err := f.Shape(RGB, 9, 9); err != nil {
		t.Errorf("the old memory is gone: %v", err)
	}
	if err := p.Close(); err == nil || s.freed != 1 {
		t.Errorf("closed with a frame in use: %v, %d freed", err, s.freed)
	}
	f.Release()
	if err := p.Close(); err != nil || s.freed != 2 {
		t.Errorf("closing: %v, %d freed", err, s.freed)
	}
}

func TestReleaseTwicePanics(t *testing.T) {
	p := NewPool(2, Heap)
	f := p.TryGet()
	f.Release()
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
		if p.Free() != 2 {
			t.Errorf("%d frames free, want 2", p.Free())
		}
	}()
	f.Release()
}

// The last one released is the next: frames that are not needed get no memory.
func TestPoolIsAStack(t *testing.T) {
	var s shelf
	p := NewPool(5, s.alloc)
	for range 20 {
		a, b := p.TryGet(), p.TryGet()
		for _, f := range []*Frame{a, b} {
			if err := f.Shape(RGB, 8, 8); err != nil {
				t.Fatal(err)
			}
		}
		a.Release()
		b.Release()
	}
	if s.made != 2 {
		t.Errorf("%d frames have memory, 2 were ever out at once", s.made)
	}
}

func TestGet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := NewPool(1, Heap)
		f, err := p.Get(t.Context())
		if err != nil || p.TryGet() != nil || p.Free() != 0 || p.Size() != 1 {
			t.Fatalf("%v, %d of %d free", err, p.Free(), p.Size())
		}
		f.Camera, f.Seq = "gate-1", 7
		got := make(chan *Frame)
		go func() {
			f, err := p.Get(t.Context())
			if err != nil {
				t.Error(err)
			}
			got <- f
		}()
		synctest.Wait()
		f.Release()
		f = <-got
		if f.Meta != (Meta{}) {
			t.Errorf("left over: %+v", f.Meta)
		}
		cause := errors.New("shutdown")
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(cause)
		if _, err := p.Get(ctx); !errors.Is(err, cause) {
			t.Errorf("got %v", err)
		}
		f.Release()
	})
}

func TestNoAllocationPerFrame(t *testing.T) {
	p := NewPool(2, Heap)
	var l Ledger
	l.CountFailed("infer.0")
	ctx := t.Context()
	allocs := testing.AllocsPerRun(1000, func() {
		f, err := p.Get(ctx)
		if err != nil || f.Shape(NV12, 64, 48) != nil {
			t.Fatal("no frame")
		}
		l.CountIn()
		l.CountPublished()
		l.CountDropped(Late)
		l.CountFailed("infer.0")
		f.Release()
	})
	if allocs != 0 {
		t.Errorf("%v allocations per frame", allocs)
	}
}

func TestLedger(t *testing.T) {
	var l Ledger
	var all sync.WaitGroup
	const each = 100
	for range 4 {
		all.Go(func() {
			for range each {
				for range 5 {
					l.CountIn()
				}
				l.CountPublished()
				l.CountFailed("detect")
				l.CountDropped(Rate)
				l.CountDropped(Cancelled)
			}
		})
	}
	all.Wait()
	c := l.Counts()
	const n = 4 * each
	if c.In != 5*n || c.Published != n || c.Failed["detect"] != n || c.Dropped["rate"] != n || c.Dropped["cancelled"] != n || c.InFlight != n {
		t.Errorf("%+v, want %d each", c, n)
	}
	if _, ok := c.Dropped["late"]; ok || len(c.Failed) != 1 {
		t.Errorf("%+v names what did not happen", c)
	}
	c.Failed["detect"] = 0 // the reader's own copy
	if l.Counts().Failed["detect"] != n {
		t.Error("Counts hands out the Ledger's own map")
	}
}

// A frame is never counted out before it is counted in: no reader sees a
// negative number in flight.
func TestLedgerInFlightIsNeverNegative(t *testing.T) {
	var l Ledger
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range 20000 {
			l.CountIn()
			l.CountPublished()
		}
	}()
	for {
		if c := l.Counts(); c.InFlight > c.In {
			t.Fatalf("in flight %d of %d", int64(c.InFlight), c.In)
		}
		select {
		case <-done:
			return
		default:
		}
	}
}

func TestNames(t *testing.T) {
	for got, want := range map[string]string{
		RGB.String(): "RGB", NV12.String(): "NV12", I420.String(): "I420", PixelFormat(9).String(): "PixelFormat(9)",
		ClockWall.String(): "wall", ClockRTCP.String(): "rtcp", ClockPTS.String(): "pts",
		Policy.String(): "policy", Rate.String(): "rate", Late.String(): "late", Cancelled.String(): "cancelled",
	} {
		if got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

// A copy has the pixels of the original, whose rows may be padded, and all that
// is known of it.
func TestCopy(t *testing.T) {
	from := NewPool(1, Heap).TryGet()
	if err := from.Shape(I420, 7, 5); err != nil {
		t.Fatal(err)
	}
	for i, p := range from.Planes {
		rows, row := len(p.Data)/p.Stride, p.Stride
		padded := Plane{Data: make([]byte, (row+3)*(rows-1)+row), Stride: row + 3} // but for the last row
		for j := range padded.Data {
			padded.Data[j] = byte(50*i + j)
		}
		from.Planes[i] = padded
	}
	from.Camera, from.Seq, from.Color = "gate-1", 7, Colorimetry{Matrix: BT709, FullRange: true}
	to := NewPool(1, Heap).TryGet()
	if err := to.Copy(from); err != nil {
		t.Fatal(err)
	}
	if to.Meta != from.Meta || to.Color != from.Color || to.Format != from.Format {
		t.Errorf("%+v, want %+v", to, from)
	}
	for i, p := range to.Planes {
		for y := range len(p.Data) / p.Stride {
			row, want := p.Data[y*p.Stride:][:p.Stride], from.Planes[i].Data[y*from.Planes[i].Stride:][:p.Stride]
			if !bytes.Equal(row, want) {
				t.Errorf("plane %d, row %d: %v, want %v", i, y, row, want)
			}
		}
	}
	if n := testing.AllocsPerRun(10, func() { _ = to.Copy(from) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
	if err := to.Copy(&Frame{}); err == nil {
		t.Error("a frame without a picture was copied")
	}
}
