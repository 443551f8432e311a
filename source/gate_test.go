package source

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"braid/internal/frame"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func newGate(t testing.TB, cfg GateConfig, pool int) (*Gate, *frame.Pool, *frame.Ledger) {
	t.Helper()
	p, l := frame.NewPool(pool, frame.Heap), &frame.Ledger{}
	if cfg.Camera == "" {
		cfg.Camera = "gate-1"
	}
	g, err := NewGate(cfg, p, l)
	if err != nil {
		t.Fatal(err)
	}
	return g, p, l
}

// send offers the frame of number i and puts it where it is wanted.
func send(t testing.TB, g *Gate, i int) {
	t.Helper()
	ctx := t.Context()
	pts := time.Duration(i) * time.Millisecond
	f, err := g.Offer(ctx, pts)
	if err != nil {
		t.Fatalf("offering %d: %v", i, err)
	}
	if f == nil {
		return
	}
	f.PTS = pts
	if err := g.Put(ctx, f); err != nil {
		t.Fatalf("putting %d: %v", i, err)
	}
}

// takeFrom takes a frame as an idle graph does.
func takeFrom(g *Gate) (f *frame.Frame, over bool) {
	if f = g.take(time.Now(), 0, true); f == nil {
		return nil, g.over()
	}
	return f, false
}

// drain takes the waiting frames and says which ones they were.
func drain(g *Gate) (got []int, skipped []uint64) {
	for f, _ := takeFrom(g); f != nil; f, _ = takeFrom(g) {
		got = append(got, int(f.PTS/time.Millisecond))
		skipped = append(skipped, f.Skipped.N)
		f.Release()
	}
	return got, skipped
}

func TestPolicies(t *testing.T) {
	tests := map[string]struct {
		cfg     GateConfig
		pool    int
		send    int
		got     []int
		skipped []uint64
		dropped map[string]uint64
	}{
		"block with room":                {GateConfig{Queue: 4}, 4, 4, []int{0, 1, 2, 3}, []uint64{0, 0, 0, 0}, nil},
		"block takes every third":        {GateConfig{Queue: 4, Every: 3}, 4, 8, []int{0, 3, 6}, []uint64{0, 2, 2}, map[string]uint64{"rate": 5}},
		"drop-oldest":                    {GateConfig{Policy: DropOldest}, 5, 6, []int{4, 5}, []uint64{4, 0}, map[string]uint64{"policy": 4}},
		"drop-oldest, pool empty":        {GateConfig{Policy: DropOldest, Queue: 4}, 2, 6, []int{4, 5}, []uint64{4, 0}, map[string]uint64{"policy": 4}},
		"drop-newest":                    {GateConfig{Policy: DropNewest}, 5, 6, []int{0, 1}, []uint64{0, 0}, map[string]uint64{"policy": 4}},
		"drop-newest, pool empty":        {GateConfig{Policy: DropNewest, Queue: 4}, 3, 6, []int{0, 1, 2}, []uint64{0, 0, 0}, map[string]uint64{"policy": 3}},
		"every-n":                        {GateConfig{Policy: EveryN, Every: 2, Queue: 9}, 9, 7, []int{0, 2, 4, 6}, []uint64{0, 1, 1, 1}, map[string]uint64{"rate": 3}},
		"every-n is drop-oldest besides": {GateConfig{Policy: EveryN, Every: 2}, 9, 7, []int{4, 6}, []uint64{4, 1}, map[string]uint64{"rate": 3, "policy": 2}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			g, pool, ledger := newGate(t, tc.cfg, tc.pool)
			for i := range tc.send {
				send(t, g, i)
			}
			got, skipped := drain(g)
			if !slices.Equal(got, tc.got) || !slices.Equal(skipped, tc.skipped) {
				t.Errorf("got %v, skipped %v, want %v, %v", got, skipped, tc.got, tc.skipped)
			}
			c := ledger.Counts()
			if c.In != uint64(tc.send) || c.InFlight != uint64(len(tc.got)) {
				t.Errorf("in %d, in flight %d", c.In, c.InFlight)
			}
			for _, why := range []string{"policy", "rate", "cancelled"} {
				if c.Dropped[why] != tc.dropped[why] {
					t.Errorf("dropped %v, want %v", c.Dropped, tc.dropped)
				}
			}
			if pool.Free() != pool.Size() {
				t.Errorf("%d of %d frames came back", pool.Free(), pool.Size())
			}
		})
	}
}

func TestDroppingPoliciesNeverWait(t *testing.T) {
	for _, policy := range []Policy{DropOldest, DropNewest, EveryN} {
		g, pool, ledger := newGate(t, GateConfig{Policy: policy, Every: 1}, 1)
		held := pool.TryGet() // the graph has the only one
		send(t, g, 0)
		if c := ledger.Counts(); c.Dropped["policy"] != 1 {
			t.Errorf("%v: %+v", policy, c)
		}
		held.Release()
	}
}

func TestMetaIsFilled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, _, ledger := newGate(t, GateConfig{Policy: DropOldest, Queue: 1}, 2)
		for i := range 3 {
			send(t, g, i)
		}
		f, _ := takeFrom(g)
		want := frame.Meta{
			Camera: "gate-1", Seq: 1, PTS: 2 * time.Millisecond, Arrived: time.Now(), Ledger: ledger,
			Skipped: frame.Skipped{N: 2, Why: frame.Policy},
		}
		if f.Meta != want {
			t.Errorf("got  %+v\nwant %+v", f.Meta, want)
		}
		f.Release()
	})
}

func TestBlockWaits(t *testing.T) {
	cause := errors.New("shutdown")
	tests := map[string]struct {
		pool int // 2: the pool has no Frame left; 3: the queue has no room
		end  func(g *Gate, cancel context.CancelCauseFunc)
		want error
		left []int
	}{
		"for room":          {3, func(g *Gate, _ context.CancelCauseFunc) { f, _ := takeFrom(g); f.Release() }, nil, []int{1, 2}},
		"for a frame":       {2, func(g *Gate, _ context.CancelCauseFunc) { f, _ := takeFrom(g); f.Release() }, nil, []int{1, 2}},
		"until ctx ends":    {3, func(_ *Gate, cancel context.CancelCauseFunc) { cancel(cause) }, cause, []int{0, 1}},
		"until ctx ends, 2": {2, func(_ *Gate, cancel context.CancelCauseFunc) { cancel(cause) }, cause, []int{0, 1}},
		"until Close":       {3, func(g *Gate, _ context.CancelCauseFunc) { g.Close() }, ErrClosed, []int{0, 1}},
		"until Discard":     {3, func(g *Gate, _ context.CancelCauseFunc) { g.Discard() }, ErrClosed, nil},
		"until Discard, 2":  {2, func(g *Gate, _ context.CancelCauseFunc) { g.Discard() }, ErrClosed, nil},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				queue := 2
				if tc.pool == 2 {
					queue = 3
				}
				g, pool, ledger := newGate(t, GateConfig{Queue: queue}, tc.pool)
				send(t, g, 0)
				send(t, g, 1)
				ctx, cancel := context.WithCancelCause(t.Context())
				defer cancel(nil)
				done := make(chan error, 1)
				go func() {
					f, err := g.Offer(ctx, 0)
					if err == nil {
						f.PTS = 2 * time.Millisecond
						err = g.Put(ctx, f)
					}
					done <- err
				}()
				synctest.Wait()
				if len(done) > 0 {
					t.Fatal("Offer did not wait")
				}
				tc.end(g, cancel)
				if err := <-done; !errors.Is(err, tc.want) {
					t.Errorf("got %v, want %v", err, tc.want)
				}
				if got, _ := drain(g); !slices.Equal(got, tc.left) {
					t.Errorf("left %v, want %v", got, tc.left)
				}
				c := ledger.Counts()
				cancelled := c.In - uint64(len(tc.left))
				if tc.want == nil {
					cancelled = 0
				}
				if c.In != 3 || c.Dropped["cancelled"] != cancelled || pool.Free() != pool.Size() {
					t.Errorf("%+v, %d frames free", c, pool.Free())
				}
			})
		})
	}
}

func TestClosedGateTakesNothing(t *testing.T) {
	g, pool, ledger := newGate(t, GateConfig{}, 3)
	send(t, g, 0)
	f, err := g.Offer(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	g.Close()
	g.Close()
	if err := g.Put(t.Context(), f); !errors.Is(err, ErrClosed) {
		t.Errorf("Put: %v", err)
	}
	if _, err := g.Offer(t.Context(), 0); !errors.Is(err, ErrClosed) {
		t.Errorf("Offer: %v", err)
	}
	g.Discard()
	if f, over := takeFrom(g); f != nil || !over {
		t.Errorf("took %v, over %t", f, over)
	}
	if c := ledger.Counts(); c.In != 2 || c.Dropped["cancelled"] != 2 || pool.Free() != 3 {
		t.Errorf("%+v, %d frames free", c, pool.Free())
	}
}

func TestGateConfigRefuses(t *testing.T) {
	bad := []GateConfig{
		{Policy: 9}, {Every: -1}, {Policy: EveryN}, {MaxFPS: -1}, {Queue: -1}, {MaxFPS: inf()}, {MaxFPS: inf() - inf()},
	}
	for _, cfg := range bad {
		if _, err := NewGate(cfg, frame.NewPool(1, frame.Heap), &frame.Ledger{}); err == nil {
			t.Errorf("%+v: no error", cfg)
		}
	}
	if _, err := NewGate(GateConfig{}, nil, nil); err == nil {
		t.Error("no pool: no error")
	}
}

func inf() float64 { return 1 / zero }

var zero float64

func TestPolicyText(t *testing.T) {
	for _, p := range []Policy{Block, DropOldest, DropNewest, EveryN} {
		text, err := p.MarshalText()
		var back Policy
		if err != nil || back.UnmarshalText(text) != nil || back != p || p.String() != string(text) {
			t.Errorf("%v became %q, then %v", p, text, back)
		}
	}
	var p Policy
	if err := p.UnmarshalText([]byte("drop")); err == nil {
		t.Error("drop was accepted")
	}
	if _, err := Policy(9).MarshalText(); err == nil {
		t.Error("Policy(9) was written")
	}
}

// Whatever happens at a Gate, what it says was skipped before a frame is what is
// missing there.
func TestSkippedIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cfg := GateConfig{
			Policy: Policy(rapid.IntRange(0, 3).Draw(t, "policy")),
			Every:  rapid.IntRange(1, 3).Draw(t, "every"),
			MaxFPS: rapid.SampledFrom([]float64{0, 300, 900}).Draw(t, "max_fps"),
			Queue:  rapid.IntRange(1, 4).Draw(t, "queue"),
		}
		pool, ledger := frame.NewPool(rapid.IntRange(1, 6).Draw(t, "pool"), frame.Heap), &frame.Ledger{}
		g, err := NewGate(cfg, pool, ledger)
		if err != nil {
			t.Fatal(err)
		}
		next, taken := 0, 0 // frame numbers, from 1
		var held []*frame.Frame
		t.Repeat(map[string]func(*rapid.T){
			"offer": func(t *rapid.T) {
				if cfg.Policy == Block && (g.n == len(g.queue) || pool.Free() == 0) {
					t.Skip("would wait")
				}
				next++
				f, err := g.Offer(t.Context(), time.Duration(next)*time.Millisecond)
				if err != nil || f == nil {
					return
				}
				f.PTS = time.Duration(next)
				if rapid.IntRange(0, 9).Draw(t, "abandon") == 0 {
					g.Abandon(f)
				} else if err := g.Put(t.Context(), f); err != nil {
					t.Fatal(err)
				}
			},
			"take": func(t *rapid.T) {
				f, _ := takeFrom(g)
				if f == nil {
					t.Skip("empty")
				}
				if gap := int(f.PTS) - taken - 1; gap != int(f.Skipped.N) {
					t.Fatalf("frame %d after %d says %d were skipped", f.PTS, taken, f.Skipped.N)
				}
				taken = int(f.PTS)
				held = append(held, f)
			},
			"release": func(t *rapid.T) {
				if len(held) == 0 {
					t.Skip("none held")
				}
				held[0].Release()
				ledger.CountPublished()
				held = held[1:]
			},
			"": func(t *rapid.T) {
				if c := ledger.Counts(); c.InFlight != uint64(g.n+len(held)) || pool.Size()-pool.Free() != g.n+len(held) {
					t.Fatalf("%d queued, %d held, %d frames free: %+v", g.n, len(held), pool.Free(), c)
				}
			},
		})
	})
}

func TestNoAllocationPerFrame(t *testing.T) {
	for _, cfg := range []GateConfig{{}, {Policy: DropOldest, MaxFPS: 500}, {Policy: DropNewest}, {Policy: EveryN, Every: 2}} {
		g, _, _ := newGate(t, cfg, 3)
		m := NewMux(g)
		i := 0
		allocs := testing.AllocsPerRun(1000, func() {
			send(t, g, i)
			i++
			if g.n > 0 {
				f, err := m.Next(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				f.Release()
			}
		})
		if allocs != 0 {
			t.Errorf("%+v: %v allocations per frame", cfg, allocs)
		}
	}
}
