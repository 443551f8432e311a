package fetch_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"braid/internal/fetch"
)

// wire is a network in virtual time: each request gets a body that sends a byte
// for each pause, and then nothing for ever.
type wire struct {
	data    []byte
	pause   time.Duration
	stall   []int // bytes that each response brings before it stops
	started []time.Time
}

func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	n := w.stall[min(len(w.started), len(w.stall)-1)]
	w.started = append(w.started, time.Now())
	if n < 0 { // not even a header
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	return &http.Response{
		StatusCode: http.StatusOK, ContentLength: int64(len(w.data)), Request: r, Header: http.Header{},
		Body: &slow{r.Context(), w.data[:n], len(w.data) - n, w.pause},
	}, nil
}

type slow struct {
	ctx   context.Context //nolint:containedctx // a body has its request's
	data  []byte
	left  int // bytes that never come
	pause time.Duration
}

func (s *slow) Read(p []byte) (int, error) {
	if len(s.data) == 0 && s.left == 0 {
		return 0, io.EOF
	}
	if len(s.data) == 0 {
		<-s.ctx.Done()
		return 0, s.ctx.Err()
	}
	time.Sleep(s.pause) //nolint:forbidigo // virtual time
	n := copy(p[:1], s.data)
	s.data = s.data[n:]
	return n, nil
}

func (*slow) Close() error { return nil }

func overWire(w *wire) *fetch.Fetcher {
	f := fetch.New(slog.New(slog.DiscardHandler))
	f.Client = &http.Client{Transport: w}
	return f
}

// TestStall cuts a transfer that brings nothing for half a minute, however far
// it has come, and leaves a slow one alone.
func TestStall(t *testing.T) {
	data := content(1, 100)
	for _, tt := range []struct {
		name  string
		pause time.Duration
		stall []int
		took  time.Duration
	}{
		{"slow", 29 * time.Second, []int{100}, 100 * 29 * time.Second},
		{"before the answer", 0, []int{-1, 100}, 31 * time.Second},
		{"after some bytes", time.Second, []int{40, 100}, (40 + 30 + 1 + 100) * time.Second},
		{"twice", 0, []int{0, -1, 100}, (30 + 1 + 30 + 2) * time.Second},
	} {
		t.Run(tt.name, func(t *testing.T) {
			file := target(t, "http://example.com/m", data)
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				if _, err := overWire(&wire{data: data, pause: tt.pause, stall: tt.stall}).Get(t.Context(), file); err != nil {
					t.Fatal(err)
				}
				if took := time.Since(start); took != tt.took {
					t.Errorf("took %v, want %v", took, tt.took)
				}
			})
			complete(t, file, data)
		})
	}
}

// TestGivesUp tries five times, with longer and longer pauses between.
func TestGivesUp(t *testing.T) {
	data := content(1, 100)
	file := target(t, "http://example.com/m", data)
	synctest.Test(t, func(t *testing.T) {
		w, start := &wire{data: data, stall: []int{-1}}, time.Now()
		_, err := overWire(w).Get(t.Context(), file)
		if !errors.Is(err, fetch.ErrStalled) || !strings.Contains(err.Error(), "30s") {
			t.Errorf("error %v, want a stall of 30 s", err)
		}
		for i, want := range []time.Duration{0, 31, 63, 97, 135} {
			if got := w.started[i].Sub(start); got != want*time.Second {
				t.Errorf("try %d after %v, want %v s", i+1, got, int64(want))
			}
		}
		if len(w.started) != 5 {
			t.Errorf("%d tries", len(w.started))
		}
	})
	if names := left(t, file); len(names) > 0 {
		t.Errorf("left behind: %v", names)
	}
}

// TestCancelInAPause does not wait for the pause to end.
func TestCancelInAPause(t *testing.T) {
	file := target(t, "http://example.com/m", content(1, 10))
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second+time.Millisecond)
		defer cancel()
		start := time.Now()
		_, err := overWire(&wire{stall: []int{-1}}).Get(ctx, file)
		if took := time.Since(start); !errors.Is(err, context.DeadlineExceeded) || took != 30*time.Second+time.Millisecond {
			t.Errorf("took %v: %v", took, err)
		}
	})
}
