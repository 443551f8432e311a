//go:build e2e && !nogst

package video

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"braid/internal/frame"
	"braid/source"
)

// station is cameras under supervision, as braid run has them: Sources, Gates, one
// Mux, and a graph that takes every frame at once.
type station struct {
	t       *testing.T
	mux     *source.Mux
	running sync.WaitGroup
	cancel  context.CancelFunc
	ctx     func() context.Context

	mu      sync.Mutex
	cameras map[string]*watched
	news    chan struct{} // a token after each frame and change of state
}

// watched is what came of one camera.
type watched struct {
	source *Source
	ledger frame.Ledger
	pool   *frame.Pool
	stop   context.CancelFunc

	frames  int
	seq     uint64
	pts     time.Duration
	skipped uint64
	sizes   map[string]int
	states  []source.Status
}

func newStation(t *testing.T) *station {
	ctx, cancel := context.WithCancel(t.Context())
	s := &station{
		t: t, mux: source.NewMux(), cancel: cancel, ctx: func() context.Context { return ctx },
		cameras: map[string]*watched{}, news: make(chan struct{}, 1),
	}
	s.mux.Hold()
	s.running.Go(func() {
		for {
			f, err := s.mux.Next(ctx)
			if err != nil {
				return
			}
			s.take(f)
		}
	})
	t.Cleanup(s.close)
	return s
}

// add starts a camera. Pauses are short, so that a test sees many tries.
func (s *station) add(cfg Config, opts source.Backoff) *watched {
	s.t.Helper()
	w := &watched{source: open(s.t, cfg), pool: frame.NewPool(67, frame.Heap), sizes: map[string]int{}, pts: -1}
	g, err := source.NewGate(source.GateConfig{Camera: cfg.Name, Policy: source.DropOldest, Queue: 64}, w.pool, &w.ledger)
	if err != nil {
		s.t.Fatal(err)
	}
	s.mu.Lock()
	s.cameras[cfg.Name] = w
	s.mu.Unlock()
	s.mux.Add(g)
	if opts.First == 0 {
		opts.First, opts.Max = 20*time.Millisecond, 200*time.Millisecond
	}
	ctx, stop := context.WithCancel(s.ctx())
	w.stop = stop
	s.running.Go(func() {
		_ = source.Supervise(ctx, w.source, g, opts, func(st source.Status) { // the states tell
			s.mu.Lock()
			w.states = append(w.states, st)
			s.mu.Unlock()
			s.note()
		})
	})
	return w
}

func (s *station) note() {
	select {
	case s.news <- struct{}{}:
	default:
	}
}

func (s *station) take(f *frame.Frame) {
	s.mu.Lock()
	w := s.cameras[f.Camera]
	if f.Seq != w.seq+1 {
		s.t.Errorf("camera %s: frame %d after %d", f.Camera, f.Seq, w.seq)
	}
	if f.PTS <= w.pts {
		s.t.Errorf("camera %s: PTS %v after %v", f.Camera, f.PTS, w.pts)
	}
	if age := time.Since(f.Capture); age < 0 || age > 5*time.Second {
		s.t.Errorf("camera %s: frame %d was captured %v ago", f.Camera, f.Seq, age)
	}
	w.frames, w.seq, w.pts = w.frames+1, f.Seq, f.PTS
	w.skipped += f.Skipped.N
	w.sizes[fmt.Sprint(f.Width, "x", f.Height)]++
	f.Ledger.CountPublished()
	s.mu.Unlock()
	f.Release()
	s.note()
}

// until waits for something to become true of what came.
func (s *station) until(what string, done func() bool) {
	s.t.Helper()
	late := time.After(30 * time.Second)
	for {
		s.mu.Lock()
		ok := done()
		s.mu.Unlock()
		if ok {
			return
		}
		select {
		case <-s.news:
		case <-late:
			s.mu.Lock()
			defer s.mu.Unlock()
			for name, w := range s.cameras {
				s.t.Logf("camera %s: %d frames, %s", name, w.frames, w.log())
			}
			s.t.Fatalf("it does not come to %s", what)
		}
	}
}

// log is the states that a camera went through.
func (w *watched) log() string {
	var b strings.Builder
	for _, st := range w.states {
		fmt.Fprintf(&b, " %v", st.State)
		if st.Err != nil {
			fmt.Fprintf(&b, "(%v)", st.Err)
		}
	}
	return b.String()
}

// been says how often a camera has come into a state.
func (w *watched) been(state source.State) (n int) {
	for _, st := range w.states {
		if st.State == state {
			n++
		}
	}
	return n
}

// last is the newest state of a kind; ok says whether there was one.
func (w *watched) last(state source.State) (st source.Status, ok bool) {
	for _, st := range slices.Backward(w.states) {
		if st.State == state {
			return st, true
		}
	}
	return st, false
}

// close stops everything, and wants every frame accounted for and given back.
func (s *station) close() {
	s.mu.Lock()
	for _, w := range s.cameras {
		w.stop()
	}
	s.mu.Unlock()
	s.mux.Release()
	s.running.Wait() // the Mux ends when every camera has, and is empty
	s.cancel()
	for name, w := range s.cameras {
		if c := w.ledger.Counts(); c.InFlight != 0 || c.Published != uint64(w.frames) {
			s.t.Errorf("camera %s: ledger %+v of %d frames", name, c, w.frames)
		}
		if err := w.pool.Close(); err != nil {
			s.t.Errorf("camera %s: %v", name, err)
		}
		if n := w.source.Info().Abandoned; n > 0 {
			s.t.Errorf("camera %s: %d pipelines did not stop", name, n)
		}
	}
}
