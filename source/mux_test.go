package source

import (
	"context"
	"errors"
	"io"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

func TestMuxIsFair(t *testing.T) {
	greedy, _, _ := newGate(t, GateConfig{Camera: "greedy", Policy: DropOldest}, 4)
	a, _, _ := newGate(t, GateConfig{Camera: "a", Queue: 3}, 4)
	b, _, _ := newGate(t, GateConfig{Camera: "b", Queue: 3}, 4)
	m := NewMux(greedy, a, b)
	for i := range 3 {
		send(t, a, i)
		send(t, b, i)
	}
	a.Close()
	b.Close()
	var got []string
	for range 9 {
		send(t, greedy, 0) // it always has one
		f, err := m.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, f.Camera+string('0'+rune(f.Seq)))
		f.Release()
	}
	want := []string{"greedy1", "a1", "b1", "greedy2", "a2", "b2", "greedy3", "a3", "b3"}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	m.Discard()
	if _, err := m.Next(t.Context()); !errors.Is(err, io.EOF) {
		t.Errorf("got %v, want io.EOF", err)
	}
}

func TestMuxWakes(t *testing.T) {
	cause := errors.New("shutdown")
	late, _, _ := newGate(t, GateConfig{Camera: "late"}, 1)
	send(t, late, 0)
	tests := map[string]struct {
		do   func(m *Mux, g *Gate, cancel context.CancelCauseFunc)
		want error
	}{
		"on Put":      {func(_ *Mux, g *Gate, _ context.CancelCauseFunc) { send(t, g, 1) }, nil},
		"on Close":    {func(_ *Mux, g *Gate, _ context.CancelCauseFunc) { g.Close() }, io.EOF},
		"on Discard":  {func(m *Mux, _ *Gate, _ context.CancelCauseFunc) { m.Discard() }, io.EOF},
		"on Add":      {func(m *Mux, _ *Gate, _ context.CancelCauseFunc) { m.Add(late) }, nil},
		"on ctx done": {func(_ *Mux, _ *Gate, cancel context.CancelCauseFunc) { cancel(cause) }, cause},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g, _, _ := newGate(t, GateConfig{}, 2)
				m := NewMux(g)
				ctx, cancel := context.WithCancelCause(t.Context())
				defer cancel(nil)
				done := make(chan error, 1)
				go func() {
					f, err := m.Next(ctx)
					if f != nil {
						f.Release()
					}
					done <- err
				}()
				synctest.Wait()
				if len(done) > 0 {
					t.Fatal("Next did not wait")
				}
				tc.do(m, g, cancel)
				if err := <-done; !errors.Is(err, tc.want) {
					t.Errorf("got %v, want %v", err, tc.want)
				}
			})
		})
	}
}

func TestMuxWithoutGates(t *testing.T) {
	if _, err := NewMux().Next(t.Context()); !errors.Is(err, io.EOF) {
		t.Errorf("got %v, want io.EOF", err)
	}
}

// A held Mux waits for cameras that may come, and ends once it is released.
func TestMuxHeldWaitsForCameras(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := NewMux()
		m.Hold()
		start := time.Now()
		time.AfterFunc(time.Minute, func() {
			g, _, _ := newGate(t, GateConfig{}, 3)
			m.Add(g)
			f, err := g.Offer(t.Context(), 0)
			if err == nil {
				err = g.Put(t.Context(), f)
			}
			if err != nil {
				t.Error(err)
			}
			g.Close()
		})
		time.AfterFunc(2*time.Minute, m.Release)
		f, err := m.Next(t.Context())
		if err != nil || time.Since(start) != time.Minute {
			t.Fatalf("after %v: %v", time.Since(start), err)
		}
		f.Ledger.CountPublished()
		f.Release()
		if _, err := m.Next(t.Context()); !errors.Is(err, io.EOF) || time.Since(start) != 2*time.Minute {
			t.Errorf("after %v: %v", time.Since(start), err)
		}
	})
}
