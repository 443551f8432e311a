package infer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"braid/accel"
	"braid/stages"
)

var (
	errBroken = errors.New("bad tensor")
	errLost   = fmt.Errorf("launching: %w", accel.ErrDeviceLost)
)

// fakeExec records what is done to it, in order.
type fakeExec struct {
	log      []string
	bindErr  map[int]error
	closeErr error
}

func (x *fakeExec) Bind(b *accel.Bindings) (accel.Call, error) {
	if err := x.bindErr[b.Index]; err != nil {
		return nil, err
	}
	x.log = append(x.log, fmt.Sprint("bind ", b.Index))
	return &fakeCall{exec: x, index: b.Index}, nil
}

func (x *fakeExec) Close() error {
	x.log = append(x.log, "close exec")
	return x.closeErr
}

// fakeCall is its own Event.
type fakeCall struct {
	exec  *fakeExec
	index int
	after accel.Event
	err   error
}

func (c *fakeCall) Start(_ context.Context, after accel.Event) (accel.Event, error) {
	c.after = after
	if c.err != nil {
		return nil, c.err
	}
	return c, nil
}

func (c *fakeCall) Wait(context.Context) error {
	c.exec.log = append(c.exec.log, fmt.Sprint("wait ", c.index))
	return c.err
}

func (c *fakeCall) Close() error {
	c.exec.log = append(c.exec.log, fmt.Sprint("close ", c.index))
	return nil
}

// bindings makes one Bindings for each index.
func bindings(indices ...int) (all []*accel.Bindings) {
	for _, i := range indices {
		all = append(all, accel.NewBindings(i))
	}
	return all
}

// call is the fake behind a Stage's Call.
func call(t *testing.T, s *Stage, index int) *fakeCall {
	t.Helper()
	c, ok := s.calls[index].(*fakeCall)
	if !ok || c.index != index {
		t.Fatalf("call %d is %+v", index, s.calls[index])
	}
	return c
}

func TestBindsAndCloses(t *testing.T) {
	x := &fakeExec{}
	s, err := New("infer.0", x, bindings(1, 0, 2), 0)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		call(t, s, i)
	}
	for range 2 {
		if err := s.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	}
	want := []string{"bind 1", "bind 0", "bind 2", "close 2", "close 1", "close 0", "close exec"}
	if !slices.Equal(x.log, want) {
		t.Errorf("order %v, want %v", x.log, want)
	}
}

func TestNewFails(t *testing.T) {
	for _, c := range []struct {
		name    string
		bindErr map[int]error
		all     []*accel.Bindings
		says    string
		log     []string
	}{
		{"Bind fails", map[int]error{1: errBroken}, bindings(0, 1), "infer.0, job 1: bad tensor", []string{"bind 0", "close 0", "close exec"}},
		{"index twice", nil, bindings(0, 0), "taken twice", []string{"bind 0", "close 0", "close exec"}},
		{"index too high", nil, bindings(0, 2), "job 2: its index is not below 2", []string{"bind 0", "close 0", "close exec"}},
		{"negative index", nil, bindings(-1), "job -1", []string{"close exec"}},
	} {
		x := &fakeExec{bindErr: c.bindErr}
		s, err := New("infer.0", x, c.all, 0)
		if s != nil || err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: New() = %v, %v, want an error that says %q", c.name, s, err, c.says)
		}
		if !slices.Equal(x.log, c.log) {
			t.Errorf("%s: order %v, want %v", c.name, x.log, c.log)
		}
	}
}

func TestProcess(t *testing.T) {
	before := &fakeCall{index: -1}
	for _, c := range []struct {
		name          string
		fails         error
		frame, graph  error // in j.Err, from Process
		ready, atCall accel.Event
	}{
		{name: "first segment"},
		{name: "later segment", ready: before, atCall: before},
		{name: "frame's failure", fails: errBroken, frame: errBroken, ready: before, atCall: before},
		{name: "device lost", fails: errLost, graph: accel.ErrDeviceLost, ready: before, atCall: before},
	} {
		t.Run(c.name, func(t *testing.T) {
			all := bindings(0, 1)
			s, err := New("infer.0", &fakeExec{}, all, 0)
			if err != nil {
				t.Fatal(err)
			}
			used := call(t, s, 1)
			used.err = c.fails
			j := stages.NewJob(all[1])
			j.Ready = c.ready
			got := s.Process(t.Context(), j)
			if !errors.Is(got, c.graph) || (got == nil) != (c.graph == nil) {
				t.Errorf("Process returned %v, want %v", got, c.graph)
			}
			if !errors.Is(j.Err, c.frame) || (j.Err == nil) != (c.frame == nil) {
				t.Errorf("j.Err is %v, want %v", j.Err, c.frame)
			}
			if used.after != c.atCall {
				t.Errorf("started after %v, want %v", used.after, c.atCall)
			}
			want := c.ready
			if c.fails == nil {
				want = used
			}
			if j.Ready != want {
				t.Errorf("j.Ready is %v, want %v", j.Ready, want)
			}
			for _, err := range []error{got, j.Err} {
				if err != nil && !strings.HasPrefix(err.Error(), "infer.0: ") {
					t.Errorf("error %q does not name the stage", err)
				}
			}
		})
	}
}

func TestCloseError(t *testing.T) {
	x := &fakeExec{closeErr: errBroken}
	s, err := New("infer.0", x, bindings(0), 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); !errors.Is(err, errBroken) || !strings.Contains(err.Error(), "closing infer.0") {
		t.Errorf("Close: %v", err)
	}
}

func TestProcessAllocatesNothing(t *testing.T) {
	all := bindings(0)
	s, err := New("infer.0", &fakeExec{}, all, 0)
	if err != nil {
		t.Fatal(err)
	}
	j, ctx := stages.NewJob(all[0]), t.Context()
	if n := testing.AllocsPerRun(100, func() {
		if err := s.Process(ctx, j); err != nil || j.Err != nil {
			t.Fatal(err, j.Err)
		}
		s.Room(ctx)
	}); n != 0 {
		t.Errorf("Process allocates %v times", n)
	}
}

// With a limit a Stage waits behind each frame until there is room for the next; what
// became of the one that it waits for is not this frame's.
func TestDepth(t *testing.T) {
	for depth, want := range [][]string{{}, {"wait 0", "wait 1", "wait 2", "wait 3"}, {"wait 0", "wait 1", "wait 2"}, {"wait 0", "wait 1"}} {
		x := &fakeExec{}
		s, err := New("infer.0", x, bindings(0, 1, 2, 3), depth)
		if err != nil {
			t.Fatal(err)
		}
		x.log = nil
		for i := range 4 {
			j := stages.NewJob(accel.NewBindings(i))
			if err := s.Process(t.Context(), j); err != nil || j.Err != nil {
				t.Fatal(err, j.Err)
			}
			s.Room(t.Context())
		}
		if !slices.Equal(x.log, want) {
			t.Errorf("depth %d: %v, want %v", depth, x.log, want)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}
