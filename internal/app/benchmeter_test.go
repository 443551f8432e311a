package app

import (
	"context"
	"errors"
	"math"
	"runtime"
	"slices"
	"testing"
	"testing/fstest"
	"time"

	"braid/internal/bench"
	"braid/stages"
)

// idle is a stage that does nothing.
type idle struct{}

func (idle) Process(context.Context, *stages.Job) error { return nil }
func (idle) Close() error                               { return nil }

func testMeter(t *testing.T) *benchMeter {
	t.Helper()
	g, err := stages.New([]stages.Node{{Name: "prep", Workers: 1, New: func(int) (stages.Stage, error) { return idle{}, nil }}}, []*stages.Job{stages.NewJob(nil)}, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = g.Close() }) // its stage does nothing
	gauges := newGauges(nil)
	gauges.proc, gauges.energy = fstest.MapFS{}, newEnergyMeter(fstest.MapFS{})
	return &benchMeter{graph: g, gauges: gauges, warm: time.Second, duration: 2 * time.Second}
}

// A frame every 300 ms: the time begins with the first one behind the warm-up and
// ends with the first one behind the duration, and both are frames' own times.
func TestMeter(t *testing.T) {
	m := testMeter(t)
	start := time.Now()
	frames := 0
	for i := 0; !m.over.Load(); i++ {
		m.count(start.Add(time.Duration(i)*300*time.Millisecond), 40*time.Millisecond)
		frames++
	}
	m.count(start.Add(time.Hour), time.Hour) // the run goes on until it is empty
	s, err := m.sample()
	if err != nil {
		t.Fatal(err)
	}
	// Frames at 0 to 0.9 s warm up, the one at 1.2 s begins, the one at 3.3 s ends.
	if frames != 12 || s.Frames != 7 || math.Abs(s.Seconds-2.1) > 1e-9 || math.Abs(s.FPS-1/0.3) > 1e-9 {
		t.Errorf("%d frames, sample %+v", frames, s)
	}
	// Windows of 250 ms have the frames at 0.3, 0.6, 0.9, 1.2, 1.5 and 1.8 s.
	if want := []float64{0, 4, 4, 4, 4, 0, 4, 4}; !slices.Equal(s.Windows, want) {
		t.Errorf("windows %v, want %v", s.Windows, want)
	}
	if math.Abs(s.P50-40) > 2 || math.Abs(s.P99-40) > 2 || len(s.Nodes) != 1 || s.Joules != nil || s.Cores != nil {
		t.Errorf("%+v", s)
	}
}

func TestMeterWithoutFrames(t *testing.T) {
	m := testMeter(t)
	m.count(time.Now(), time.Second)
	if s, err := m.sample(); !errors.Is(err, errTooShort) {
		t.Errorf("%+v, %v", s, err)
	}
}

// Counting must not show in the allocations of a frame.
func TestMeterAllocatesNothing(t *testing.T) {
	m := testMeter(t)
	m.duration = time.Hour
	now := time.Now()
	for range 3 {
		now = now.Add(time.Second)
		m.count(now, time.Millisecond)
	}
	if m.before.at.IsZero() {
		t.Fatal("the time has not begun")
	}
	if n := testing.AllocsPerRun(100, func() { now = now.Add(time.Millisecond); m.count(now, time.Millisecond) }); n > 0 {
		t.Errorf("%g allocations a frame", n)
	}
}

// The CPU time of publishing is not the frame's.
func TestMeterLeavesPublishingOut(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	m := testMeter(t)
	m.alone = true
	if err := m.publish(func() error { sumOfChecks.Add(xorshift(1, checkSteps)); return errTooShort }); !errors.Is(err, errTooShort) {
		t.Error(err)
	}
	if m.published <= 0 {
		t.Errorf("publishing took %v", m.published)
	}
}

func TestDoubts(t *testing.T) {
	r := bench.Report{Rows: []bench.Row{
		{Name: "calm", FPS: 100, CI: 1, Samples: make([]bench.Sample, 6)},
		{Name: "wide", FPS: 100, CI: 5, Rejected: 2, Samples: make([]bench.Sample, 6)},
		{Name: "bad", FPS: 100, CI: 9, Rejected: 6, Disturbed: true, Samples: make([]bench.Sample, 6)},
	}}
	want := []string{
		"disturbed: 2 of 18 samples, beside which the machine was slower than its best by over 5 %; they do not count",
		"fewer than three samples were not disturbed, so that all count: bad",
		"interval wider than 3 %: wide 5.0 %; --rounds or --duration narrow it",
	}
	if got := doubts(r); !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}
