package source

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"braid/internal/frame"
)

// load is cameras on a graph of some workers, which takes a frame whenever it has room.
type load struct {
	cameras  []GateConfig
	fps      float64       // of each camera
	workers  int           // of the graph's only stage
	inFlight int           // frames inside
	service  time.Duration // of a frame on a worker, from half of it to one and a half
	lasts    time.Duration
	slow     time.Duration // after this the service takes twice as long; 0: never
}

// outcome is what became of it after a second to settle.
type outcome struct {
	ages   [][]time.Duration // of messages, by camera
	counts []frame.Counts
}

// play runs the load in virtual time.
func (l load) play(t testing.TB) (out outcome) {
	dice := rand.New(rand.NewPCG(1, 2))
	ctx, stop := context.WithCancel(t.Context())
	var gates []*Gate
	var ledgers []*frame.Ledger
	var sources, graph sync.WaitGroup
	begin := time.Now()
	for i, c := range l.cameras {
		g, _, ledger := newGate(t, c, l.inFlight+DefaultQueue+1)
		gates, ledgers = append(gates, g), append(ledgers, ledger)
		sources.Go(func() {
			defer g.Close()
			every := time.Duration(float64(time.Second) / l.fps)
			<-time.After(every * time.Duration(i) / time.Duration(len(l.cameras)))
			for n := 0; time.Since(begin) < l.lasts; n++ {
				if f, err := g.Offer(ctx, time.Duration(n)*every); err == nil && f != nil {
					f.Clock, f.Capture, f.Since = frame.ClockRTCP, time.Now().Add(-time.Hour), time.Now() // the camera's clock is wrong
					_ = g.Put(ctx, f)
				}
				<-time.After(every)
			}
		})
	}
	m := NewMux(gates...)
	room := make(chan struct{}, l.inFlight)
	work := make(chan *frame.Frame, l.inFlight)
	var mu sync.Mutex
	out.ages = make([][]time.Duration, len(gates))
	for range l.workers {
		graph.Go(func() {
			for f := range work {
				mu.Lock()
				took := time.Duration((0.5 + dice.Float64()) * float64(l.service))
				mu.Unlock()
				if l.slow > 0 && time.Since(begin) > l.slow {
					took *= 2
				}
				<-time.After(took)
				f.Ledger.CountPublished()
				m.Left(&f.Meta)
				i := slices.Index(ledgers, f.Ledger)
				mu.Lock()
				if time.Since(begin) > time.Second {
					out.ages[i] = append(out.ages[i], time.Since(f.Since))
				}
				mu.Unlock()
				f.Release()
				<-room
			}
		})
	}
	for {
		room <- struct{}{}
		f, err := m.Next(ctx)
		if err != nil {
			if !errors.Is(err, io.EOF) {
				t.Errorf("taking a frame: %v", err)
			}
			break
		}
		work <- f
	}
	close(work)
	graph.Wait()
	sources.Wait()
	stop()
	for _, ledger := range ledgers {
		out.counts = append(out.counts, ledger.Counts())
	}
	return out
}

// late is the share of all messages that are older than the budget.
func (o outcome) late(budget time.Duration) float64 {
	all, late := 0, 0
	for _, ages := range o.ages {
		for _, a := range ages {
			all++
			if a > budget {
				late++
			}
		}
	}
	return float64(late) / float64(max(all, 1))
}

// jain is Jain's index of what cameras got for their weight: 1 where all got the same.
func (o outcome) jain(cameras []GateConfig) float64 {
	sum, squares := 0.0, 0.0
	for i, c := range o.counts {
		x := float64(c.Published) / max(cameras[i].Weight, 1)
		sum, squares = sum+x, squares+x*x
	}
	return sum * sum / (float64(len(o.counts)) * squares)
}

func (o outcome) published() (n uint64) {
	for _, c := range o.counts {
		n += c.Published
	}
	return n
}

func same(n int, c GateConfig) (list []GateConfig) {
	for range n {
		list = append(list, c)
	}
	return list
}

// TestOverload: at twice the load that the graph can carry, messages keep the budget, the
// graph is busy, frames are dropped before it, and every frame is accounted for.
func TestOverload(t *testing.T) {
	const budget = 150 * time.Millisecond
	camera := GateConfig{Policy: DropOldest, Budget: budget}
	for name, l := range map[string]load{
		"eight cameras":               {cameras: same(8, camera), fps: 15, workers: 2, inFlight: 6, service: 33 * time.Millisecond},
		"one camera":                  {cameras: same(1, camera), fps: 60, workers: 1, inFlight: 4, service: 33 * time.Millisecond},
		"a graph that holds too many": {cameras: same(8, camera), fps: 15, workers: 2, inFlight: 40, service: 33 * time.Millisecond},
		"a graph that becomes slow":   {cameras: same(8, camera), fps: 15, workers: 2, inFlight: 12, service: 33 * time.Millisecond, slow: 10 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l.lasts = 30 * time.Second
				got := l.play(t)
				if late := got.late(budget); late > 0.01 {
					t.Errorf("%.2f %% of the messages are older than %v, want at most 1", 100*late, budget)
				}
				if j := got.jain(l.cameras); j < 0.95 {
					t.Errorf("Jain's index %.3f, want 0.95", j)
				}
				can := float64(l.workers) / l.service.Seconds() * l.lasts.Seconds()
				if l.slow > 0 {
					can *= (l.slow.Seconds() + (l.lasts-l.slow).Seconds()/2) / l.lasts.Seconds()
				}
				if share := float64(got.published()) / can; share < 0.9 {
					t.Errorf("%d frames, %.2f of what the graph can do", got.published(), share)
				}
				for i, c := range got.counts {
					if c.InFlight != 0 || c.Dropped["late"]+c.Dropped["policy"] == 0 {
						t.Errorf("camera %d: %+v", i, c)
					}
				}
			})
		})
	}
}

// TestWeights: cameras get the graph by their weights, and one with a min_fps gets that
// first.
func TestWeights(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		heavy, light, least := GateConfig{Policy: DropOldest, Weight: 3}, GateConfig{Policy: DropOldest, Weight: 1}, GateConfig{Policy: DropOldest, Weight: 0.01, MinFPS: 4}
		l := load{cameras: []GateConfig{heavy, heavy, light, light, least}, fps: 30, workers: 1, inFlight: 3, service: 25 * time.Millisecond, lasts: 60 * time.Second}
		got := l.play(t)
		rate := func(i int) float64 { return float64(got.counts[i].Published) / l.lasts.Seconds() }
		if r := rate(0) / rate(2); r < 2.8 || r > 3.2 || rate(0) < 10 {
			t.Errorf("three to one gets %.2f to one: %.1f and %.1f frames/s", r, rate(0), rate(2))
		}
		if r := rate(4); r < 3.8 || r > 5 {
			t.Errorf("min_fps 4 gets %.2f frames/s", r)
		}
	})
}

// TestNothingIsLateWithRoom: a graph that carries the load drops nothing, and neither does
// Block, nor a recording, whose age nobody knows.
func TestNothingIsLateWithRoom(t *testing.T) {
	for name, l := range map[string]load{
		"room":  {cameras: same(4, GateConfig{Policy: DropOldest, Budget: 150 * time.Millisecond}), fps: 10, workers: 2, inFlight: 6, service: 20 * time.Millisecond},
		"block": {cameras: same(4, GateConfig{Policy: Block, Budget: time.Millisecond}), fps: 10, workers: 1, inFlight: 6, service: 50 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l.lasts = 20 * time.Second
				for i, c := range l.play(t).counts {
					if len(c.Dropped) > 0 || c.Published == 0 {
						t.Errorf("camera %d: %+v", i, c)
					}
				}
			})
		})
	}
}

// TestSharesHold: whatever the weights, cameras that always have a frame get it by their
// weights, to one frame of each.
func TestSharesHold(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		weights := rapid.SliceOfN(rapid.Float64Range(0.1, 10), 1, 8).Draw(t, "weights")
		var s shares
		now, sum := time.Unix(0, 0), 0.0
		for _, w := range weights {
			s.add(&Gate{weight: w}, now)
			sum += w
		}
		got := make([]float64, len(weights))
		const frames = 2000
		for range frames {
			i := s.best(now, func(*Gate) bool { return true })
			s.serve(i, now)
			got[i]++
		}
		for i, w := range weights {
			if want := frames * w / sum; got[i] < want-float64(len(weights)) || got[i] > want+float64(len(weights)) {
				t.Fatalf("weights %v: camera %d got %g of %d frames, want %.1f", weights, i, got[i], frames, want)
			}
		}
	})
}
