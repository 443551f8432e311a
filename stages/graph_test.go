package stages_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"braid/accel"
	"braid/internal/frame"
	"braid/internal/histogram"
	"braid/source"
	"braid/stages"
)

var _ stages.Intake = (*source.Mux)(nil)

// The first frame is slow and the others overtake it in the node: they must
// still come out behind it.
func TestOrderIsRestored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var processed []uint64
		slow := func(ctx context.Context, j *stages.Job) error {
			pause(ctx, time.Duration(j.Seq)*time.Millisecond)
			if j.Seq == 1 {
				pause(ctx, time.Second)
			}
			mu.Lock()
			defer mu.Unlock()
			processed = append(processed, j.Seq)
			return nil
		}
		g := newGraph(t, 6, prep(1, 1), node("infer.0", 6, 2, slow))
		f := newFeed(20, "a")
		var got []uint64
		err := g.Run(t.Context(), f, func(ctx context.Context, j *stages.Job) error {
			got = append(got, j.Seq)
			return countOnly(ctx, j)
		})
		if err != nil {
			t.Fatal(err)
		}
		if processed[0] == 1 {
			t.Fatal("nothing overtook the slow frame: the test proves nothing")
		}
		if len(got) != 20 || !slices.IsSorted(got) {
			t.Errorf("emitted %v, want 1 to 20 in order", got)
		}
		atRest(t, g, 6, f)
	})
}

func TestSlowCameraDelaysNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := func(ctx context.Context, j *stages.Job) error {
			if j.Camera == "slow" {
				pause(ctx, time.Second)
			}
			return nil
		}
		g := newGraph(t, 4, node("prep", 4, 0, slow))
		f := newFeed(4, "slow", "quick")
		start := time.Now()
		err := g.Run(t.Context(), f, func(ctx context.Context, j *stages.Job) error {
			if took := time.Since(start); j.Camera == "quick" && took != 0 {
				t.Errorf("quick frame %d came after %v", j.Seq, took)
			}
			return countOnly(ctx, j)
		})
		if err != nil {
			t.Fatal(err)
		}
		atRest(t, g, 4, f)
	})
}

func TestFrameFailureIsItsOwn(t *testing.T) {
	for mode, run := range modes {
		t.Run(mode, func(t *testing.T) {
			faulty := func(_ context.Context, j *stages.Job) error {
				switch j.Seq {
				case 2:
					j.Err = errTest
				case 4:
					panic("oops")
				case 6:
					j.Err, j.Failed = errTest, "infer.1" // found late, caused earlier
				}
				return nil
			}
			var after []uint64
			g := newGraph(t, 3, node("prep", 1, 0, faulty), node("detect", 1, 0, func(_ context.Context, j *stages.Job) error {
				after = append(after, j.Seq)
				j.Objects = append(j.Objects, stages.Object{})
				return nil
			}))
			f := newFeed(7, "a")
			got := map[uint64]string{}
			err := run(g, t.Context(), f, func(ctx context.Context, j *stages.Job) error {
				got[j.Seq] = fmt.Sprintf("%v in %s, %d objects, frame held %t", j.Err, j.Failed, len(j.Objects), j.Frame != nil)
				return countOnly(ctx, j)
			})
			if err != nil {
				t.Fatal(err)
			}
			want := map[uint64]string{
				2: "broken in prep, 0 objects, frame held false",
				4: "panic: oops in prep, 0 objects, frame held false",
				6: "broken in infer.1, 0 objects, frame held false",
			}
			for seq := uint64(1); seq <= 7; seq++ {
				w, fails := want[seq]
				if !fails {
					w = "<nil> in , 1 objects, frame held true"
				}
				if got[seq] != w {
					t.Errorf("frame %d: %s, want %s", seq, got[seq], w)
				}
			}
			if !slices.Equal(after, []uint64{1, 3, 5, 7}) {
				t.Errorf("detect saw %v, want only frames that had not failed", after)
			}
			if n := g.Stats()[1].Workers[0]; n != 4 {
				t.Errorf("detect counted %d, want 4", n)
			}
			atRest(t, g, 3, f)
		})
	}
}

// Behind the Node that releases it a Frame is gone; where none does it is there
// until the Job was emitted.
func TestFrameIsHeldAsLongAsItIsNeeded(t *testing.T) {
	for mode, run := range modes {
		for _, release := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/%t", mode, release), func(t *testing.T) {
				first := prep(2, 1)
				first.Release = release
				g := newGraph(t, 4, first, node("detect", 2, 1, func(_ context.Context, j *stages.Job) error {
					if (j.Frame == nil) != release {
						t.Errorf("frame %d is held in detect: %t", j.Seq, j.Frame != nil)
					}
					return nil
				}))
				f := newFeed(40, "a", "b")
				f.pool = frame.NewPool(4, frame.Heap)
				err := run(g, t.Context(), f, func(ctx context.Context, j *stages.Job) error {
					if (j.Frame == nil) != release || !release && j.Frame.Seq != j.Seq {
						t.Errorf("frame %d is held when emitted: %t", j.Seq, j.Frame != nil)
					}
					return countOnly(ctx, j)
				})
				if err != nil {
					t.Fatal(err)
				}
				atRest(t, g, 4, f)
			})
		}
	}
}

func TestWhatStopsTheGraph(t *testing.T) {
	cause := errors.New("second signal")
	tests := map[string]struct {
		stage  step
		emit   stages.Emit
		in     *feed
		want   error
		prefix string
	}{
		"stage error": {
			stage: func(_ context.Context, j *stages.Job) error {
				if j.Seq == 5 {
					return errTest
				}
				return nil
			},
			want: errTest, prefix: "infer.0: ",
		},
		"emit error": {
			emit: func(ctx context.Context, j *stages.Job) error {
				if j.Seq == 5 {
					return errTest
				}
				return countOnly(ctx, j)
			},
			want: errTest, prefix: "emitting a frame: ",
		},
		"intake error":  {in: &feed{n: 7, err: errTest}, want: errTest, prefix: "admitting a frame: "},
		"ctx ends":      {want: cause, prefix: "second signal"},
		"ctx in emit":   {want: cause, emit: func(ctx context.Context, _ *stages.Job) error { <-ctx.Done(); return ctx.Err() }},
		"ctx in a call": {want: cause, stage: func(ctx context.Context, _ *stages.Job) error { <-ctx.Done(); return ctx.Err() }},
		"ctx fails a frame": {want: cause, stage: func(ctx context.Context, j *stages.Job) error {
			<-ctx.Done()
			j.Err = ctx.Err()
			return nil
		}},
	}
	for name, tc := range tests {
		for mode, run := range modes {
			t.Run(name+"/"+mode, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					f := endless("a", "b")
					if tc.in != nil {
						f.n, f.err = tc.in.n, tc.in.err
					}
					if tc.stage == nil {
						tc.stage = func(ctx context.Context, _ *stages.Job) error { pause(ctx, time.Millisecond); return nil }
					}
					if tc.emit == nil {
						tc.emit = countOnly
					}
					g := newGraph(t, 5, node("prep", 2, 1, pass), node("infer.0", 2, 1, tc.stage))
					ctx, cancel := context.WithCancelCause(t.Context())
					defer cancel(nil)
					time.AfterFunc(time.Second, func() { cancel(cause) })
					err := run(g, ctx, f, tc.emit)
					if !errors.Is(err, tc.want) || !strings.HasPrefix(err.Error(), tc.prefix) {
						t.Errorf("got %v, want %s%v", err, tc.prefix, tc.want)
					}
					atRest(t, g, 5, f)
					for _, l := range f.ledgers {
						if c := l.Counts(); len(c.Failed) > 0 {
							t.Errorf("counted as failed: %v", c.Failed)
						}
					}
				})
			})
		}
	}
}

func TestBackPressure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := endless("a")
		g := newGraph(t, 5, prep(1, 10), node("infer.0", 1, 10, pass))
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() {
			done <- g.Run(ctx, f, func(ctx context.Context, _ *stages.Job) error { <-ctx.Done(); return nil })
		}()
		synctest.Wait()
		if f.made != 5 || g.Idle() != 0 {
			t.Errorf("took in %d frames with 5 jobs, %d idle", f.made, g.Idle())
		}
		if s := g.Stats()[1]; s.Queued != 4 || s.Queue != 10 {
			t.Errorf("queued %d of %d behind infer.0, want 4 of 10", s.Queued, s.Queue)
		}
		if err := g.Run(ctx, f, countOnly); !errors.Is(err, stages.ErrRunning) {
			t.Errorf("second Run: %v", err)
		}
		if err := g.Close(); !errors.Is(err, stages.ErrRunning) {
			t.Errorf("Close of a running graph: %v", err)
		}
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		// The one whose emit had begun was emitted without being counted.
		f.ledgers[0].CountPublished()
		atRest(t, g, 5, f)
	})
}

// pending is work that a device still does.
type pending struct {
	over   time.Time
	waited bool
}

func (p *pending) Wait(ctx context.Context) error {
	pause(ctx, time.Until(p.over))
	p.waited = ctx.Err() == nil
	return ctx.Err()
}

// A Job that did not come to its end must not give up its Bindings while a
// device works on them.
func TestPendingWorkIsWaitedFor(t *testing.T) {
	ends := map[string]func(ctx context.Context, j *stages.Job) error{
		"frame failed": func(_ context.Context, j *stages.Job) error { j.Err = errTest; return nil },
		"graph failed": func(context.Context, *stages.Job) error { return errTest },
		"ctx ended":    func(ctx context.Context, _ *stages.Job) error { <-ctx.Done(); return nil },
	}
	for name, end := range ends {
		for mode, run := range modes {
			t.Run(name+"/"+mode, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					event := &pending{over: time.Now().Add(time.Minute)}
					var ready accel.Event = event
					g := newGraph(t, 2, node("infer.0", 1, 0, func(_ context.Context, j *stages.Job) error {
						j.Ready = ready
						return nil
					}), node("infer.1", 1, 0, end))
					ctx, cancel := context.WithTimeout(t.Context(), time.Second)
					defer cancel()
					f := newFeed(1, "a")
					_ = run(g, ctx, f, countOnly) // its result is TestWhatStopsTheGraph's
					if !event.waited {
						t.Error("the job came back while the device was at work")
					}
					atRest(t, g, 2, f)
				})
			})
		}
	}
}

func TestStats(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		wait := func(d time.Duration) step {
			return func(ctx context.Context, j *stages.Job) error {
				pause(ctx, d)
				return nil
			}
		}
		g := newGraph(t, 8, node("prep", 1, 0, wait(time.Second)), node("infer.0", 1, 0, wait(3*time.Second)))
		f := newFeed(2, "a")
		var times []time.Duration
		err := g.Run(t.Context(), f, func(ctx context.Context, j *stages.Job) error {
			times = append(times, j.Times...)
			return countOnly(ctx, j)
		})
		if err != nil {
			t.Fatal(err)
		}
		// prep 0-1, 1-2, held until 4; infer.0 1-4, 4-7.
		want := []stages.NodeStats{
			{Name: "prep", Workers: []uint64{2}, Busy: 2 * time.Second, Blocked: 2 * time.Second},
			{Name: "infer.0", Workers: []uint64{2}, Busy: 6 * time.Second, Starved: time.Second},
		}
		got := g.Stats()
		checkEach(t, "prep", got[0], map[string][]time.Duration{"busy": {1e9, 1e9}, "blocked": {0, 2e9}, "starved": {0, 0}})
		checkEach(t, "infer.0", got[1], map[string][]time.Duration{"busy": {3e9, 3e9}, "blocked": {0, 0}, "starved": {0, 1e9}})
		for i := range got {
			got[i].BusyEach, got[i].BlockedEach, got[i].StarvedEach = nil, nil, nil
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got  %+v\nwant %+v", got, want)
		}
		if !slices.Equal(times, []time.Duration{1e9, 3e9, 1e9, 3e9}) {
			t.Errorf("times %v", times)
		}
	})
}

// checkEach holds what a node's histograms say of two Jobs against the times of
// both, the shorter first. A histogram is right to within 1/32.
func checkEach(t *testing.T, name string, s stages.NodeStats, want map[string][]time.Duration) {
	t.Helper()
	for what, each := range map[string]*histogram.Counts{"busy": s.BusyEach, "blocked": s.BlockedEach, "starved": s.StarvedEach} {
		for i, q := range []float64{0.5, 1} {
			if d := each.Quantile(q) - want[what][i]; each.N != 2 || d.Abs() > want[what][i]/32 {
				t.Errorf("%s was %s %v at %g, %d times; want %v", name, what, each.Quantile(q), q, each.N, want[what][i])
			}
		}
	}
}

// closer records the order in which Stages are closed.
type closer struct {
	step
	name string
	log  *[]string
	err  error
}

func (c closer) Close() error {
	*c.log = append(*c.log, c.name)
	return c.err
}

func TestNewAndClose(t *testing.T) {
	var closed []string
	made := func(name string, fail int) stages.Node {
		return stages.Node{Name: name, Workers: 2, New: func(w int) (stages.Stage, error) {
			if w == fail {
				return nil, errTest
			}
			return closer{pass, fmt.Sprint(name, w), &closed, nil}, nil
		}}
	}
	g, err := stages.New([]stages.Node{made("a", -1), made("b", -1)}, newJobs(1), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(g.Close(), g.Close()); err != nil {
		t.Fatal(err)
	}
	if want := []string{"b1", "b0", "a1", "a0"}; !slices.Equal(closed, want) {
		t.Errorf("closed %v, want %v, once", closed, want)
	}
	closed = nil
	_, err = stages.New([]stages.Node{made("a", -1), made("b", 1)}, newJobs(1), nil)
	if !errors.Is(err, errTest) || err.Error() != "building node b, worker 1: broken" {
		t.Errorf("got %v", err)
	}
	if want := []string{"b0", "a1", "a0"}; !slices.Equal(closed, want) {
		t.Errorf("closed %v, want %v", closed, want)
	}
}

func TestNewRefuses(t *testing.T) {
	ok := node("a", 1, 0, pass)
	tests := map[string]struct {
		nodes []stages.Node
		jobs  int
	}{
		"no nodes":    {nil, 1},
		"no jobs":     {[]stages.Node{ok}, 0},
		"no name":     {[]stages.Node{node("", 1, 0, pass)}, 1},
		"same name":   {[]stages.Node{ok, ok}, 1},
		"no workers":  {[]stages.Node{node("a", 0, 0, pass)}, 1},
		"queue below": {[]stages.Node{node("a", 1, -1, pass)}, 1},
		"no New":      {[]stages.Node{{Name: "a", Workers: 1}}, 1},
	}
	for name, tc := range tests {
		if _, err := stages.New(tc.nodes, newJobs(tc.jobs), nil); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestPanicsAreLoggedOnceASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out strings.Builder
		log := slog.New(slog.NewTextHandler(&out, nil))
		g, err := stages.New([]stages.Node{node("prep", 1, 0, func(ctx context.Context, j *stages.Job) error {
			pause(ctx, 300*time.Millisecond)
			panic("oops")
		})}, newJobs(1), log)
		if err != nil {
			t.Fatal(err)
		}
		f := newFeed(6, "a") // at 0.3 0.6 0.9 1.2 1.5 1.8 s
		if err := g.Run(t.Context(), f, countOnly); err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.TrimSpace(out.String()), "\n")
		if len(lines) != 2 || !strings.Contains(lines[1], "seq=5") || !strings.Contains(lines[1], "more=3") {
			t.Errorf("want frames 1 and 5 reported, 3 held back; got\n%s", out.String())
		}
		if c := f.ledgers[0].Counts(); c.Failed["prep"] != 6 {
			t.Errorf("failed %v, want 6 in prep", c.Failed)
		}
		atRest(t, g, 1, f)
	})
}
