package synth

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"braid/internal/frame"
	"braid/source"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// play runs a scene into a Gate and returns copies of what comes out.
func play(t *testing.T, url string, clock Clock, cfg source.GateConfig) []frame.Meta {
	t.Helper()
	src, err := NewSource(url, clock)
	if err != nil {
		t.Fatal(err)
	}
	pool := frame.NewPool(4, frame.Heap)
	cfg.Camera = "gate-1"
	g, err := source.NewGate(cfg, pool, &frame.Ledger{})
	if err != nil {
		t.Fatal(err)
	}
	mux := source.NewMux(g)
	ended := make(chan error, 1)
	go func() {
		err := src.Run(t.Context(), g)
		g.Close()
		ended <- err
	}()
	var got []frame.Meta
	for {
		f, err := mux.Next(t.Context())
		if err != nil {
			break
		}
		got = append(got, f.Meta)
		f.Release()
	}
	if err := <-ended; err != nil && !errors.Is(err, source.ErrClosed) {
		t.Fatal(err)
	}
	return got
}

func TestSourceDeliversEveryFrame(t *testing.T) {
	got := play(t, "scene:street?seed=3&size=160x90&fps=10&seconds=0.5", Stream, source.GateConfig{})
	if len(got) != 5 {
		t.Fatalf("%d frames, want 5", len(got))
	}
	for i, f := range got {
		if f.PTS != time.Duration(i)*100*time.Millisecond || f.Clock != frame.ClockPTS || f.Width != 160 || f.Height != 90 || !f.Capture.IsZero() {
			t.Errorf("frame %d is %+v", i, f)
		}
	}
}

func TestWallFollowsTheClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		got := play(t, "scene:street?seed=3&size=160x90&fps=4&seconds=1.5", Wall, source.GateConfig{})
		if d := time.Since(start); d != 1250*time.Millisecond {
			t.Errorf("6 frames at 4 a second took %v, want 1.25 s", d)
		}
		for i, f := range got {
			if want := start.Add(time.Duration(i) * 250 * time.Millisecond); !f.Capture.Equal(want) || f.Clock != frame.ClockWall {
				t.Errorf("frame %d was captured at %v by %v, want %v", i, f.Capture, f.Clock, want)
			}
		}
	})
}

func TestUnwantedFramesAreNotDrawn(t *testing.T) {
	got := play(t, "scene:street?seed=3&size=160x90&fps=10&seconds=1", Stream, source.GateConfig{MaxFPS: 5})
	if len(got) != 5 || got[1].PTS != 200*time.Millisecond {
		t.Errorf("%d frames, want every second one of 10", len(got))
	}
}

func TestEndlessSceneStops(t *testing.T) {
	got := play(t, "scene:street?seed=3&size=160x90&fps=10", Stream, source.GateConfig{Limit: 3})
	if len(got) != 3 {
		t.Errorf("%d frames, want 3", len(got))
	}
}

func TestRunEndsWithItsContext(t *testing.T) {
	src, err := NewSource("scene:street?size=160x90", Wall)
	if err != nil {
		t.Fatal(err)
	}
	cause := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(cause)
	g, err := source.NewGate(source.GateConfig{Camera: "c"}, frame.NewPool(1, frame.Heap), &frame.Ledger{})
	if err != nil {
		t.Fatal(err)
	}
	if err := src.Run(ctx, g); !errors.Is(err, cause) {
		t.Errorf("Run returned %v", err)
	}
}
