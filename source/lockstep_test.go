package source_test

import (
	"context"
	"errors"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"braid/internal/frame"
	"braid/source"
)

// worker is a source that takes a second for each frame, and notes when it worked.
func worker(ctx context.Context, g *source.Gate, frames int, busy *[]time.Time) error {
	defer g.Close()
	for i := range frames {
		if err := g.Asked(ctx); err != nil {
			return err
		}
		*busy = append(*busy, time.Now())
		<-time.After(time.Second)
		f, err := g.Offer(ctx, time.Duration(i)*time.Second)
		if err != nil {
			return err
		}
		if err := g.Put(ctx, f); err != nil {
			return err
		}
	}
	return nil
}

// In lock step a source works while the graph waits for it, and at no other time;
// of two sources one works.
func TestLockstep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ledger frame.Ledger
		pool := frame.NewPool(8, frame.Heap)
		var gates []*source.Gate
		busy := make([][]time.Time, 2)
		for _, name := range []string{"a", "b"} {
			g, err := source.NewGate(source.GateConfig{Camera: name, Lockstep: true}, pool, &ledger)
			if err != nil {
				t.Fatal(err)
			}
			gates = append(gates, g)
		}
		mux := source.NewMux(gates...)
		for i, g := range gates {
			go func() {
				if err := worker(t.Context(), g, 3, &busy[i]); err != nil {
					t.Error(err)
				}
			}()
		}
		start := time.Now()
		var order string
		for {
			f, err := mux.Next(t.Context())
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			order += f.Camera
			<-time.After(2 * time.Second) // the graph works
			f.Release()
		}
		if order != "ababab" {
			t.Errorf("frames of %s", order)
		}
		// each frame takes 1 s of its source and then 2 s of the graph
		for i, at := range []int{0, 3, 6, 9, 12, 15} {
			if got := busy[i%2][i/2].Sub(start); got != time.Duration(at)*time.Second {
				t.Errorf("frame %d began after %v, want %d s", i, got, at)
			}
		}
		synctest.Wait()
		if err := pool.Close(); err != nil {
			t.Error(err)
		}
	})
}

// A live camera that sends nothing keeps the graph from no recording.
func TestLockstepBesideASilentCamera(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ledger frame.Ledger
		pool := frame.NewPool(8, frame.Heap)
		silent, err := source.NewGate(source.GateConfig{Camera: "silent", MinFPS: 5}, pool, &ledger)
		if err != nil {
			t.Fatal(err)
		}
		recording, err := source.NewGate(source.GateConfig{Camera: "recording", Lockstep: true}, pool, &ledger)
		if err != nil {
			t.Fatal(err)
		}
		mux := source.NewMux(silent, recording)
		var busy []time.Time
		go func() {
			if err := worker(t.Context(), recording, 5, &busy); err != nil {
				t.Error(err)
			}
		}()
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		for i := range 5 {
			f, err := mux.Next(ctx)
			if err != nil {
				t.Fatalf("frame %d: %v", i, err)
			}
			f.Release()
		}
		silent.Close()
		if _, err := mux.Next(ctx); !errors.Is(err, io.EOF) {
			t.Errorf("got %v, want the end", err)
		}
	})
}

// A Gate that closes wakes its source.
func TestLockstepEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, err := source.NewGate(source.GateConfig{Camera: "a", Lockstep: true}, frame.NewPool(2, frame.Heap), &frame.Ledger{})
		if err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- g.Asked(t.Context()) }()
		synctest.Wait()
		g.Close()
		if err := <-ended; !errors.Is(err, source.ErrClosed) {
			t.Errorf("got %v, want ErrClosed", err)
		}
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(io.ErrUnexpectedEOF)
		g, err = source.NewGate(source.GateConfig{Camera: "a", Lockstep: true}, frame.NewPool(2, frame.Heap), &frame.Ledger{})
		if err != nil {
			t.Fatal(err)
		}
		if err := g.Asked(ctx); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("got %v, want the cause", err)
		}
	})
}
