package logging

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"time"
)

// period is how often one fault may show itself.
const period = time.Second

// maxFaults bounds the memory of faults; past it the oldest knowledge goes.
const maxFaults = 1024

// repeat passes records on, but of equal warnings and errors within a period
// only the first; the next one after it says how many were left out.
type repeat struct {
	slog.Handler
	scope string // what With added, part of what makes two records equal
	seen  *faults
}

// faults is shared by all handlers that With derived from one.
type faults struct {
	now func() time.Time
	mu  sync.Mutex
	by  map[string]*fault
}

type fault struct {
	last time.Time
	left int // records left out since
}

func newRepeat(h slog.Handler, now func() time.Time) *repeat {
	return &repeat{Handler: h, seen: &faults{now: now, by: map[string]*fault{}}}
}

// Handle implements slog.Handler.
func (r *repeat) Handle(ctx context.Context, rec slog.Record) error {
	if rec.Level < slog.LevelWarn {
		return r.Handler.Handle(ctx, rec)
	}
	left, ok := r.seen.pass(r.key(rec))
	if !ok {
		return nil
	}
	if left > 0 {
		rec = rec.Clone()
		rec.AddAttrs(slog.Int("repeated", left))
	}
	return r.Handler.Handle(ctx, rec)
}

// key is what makes two records the same fault: the message and where it
// happened, but not its numbers.
func (r *repeat) key(rec slog.Record) string {
	var b strings.Builder
	b.WriteString(r.scope)
	b.WriteString(rec.Message)
	rec.Attrs(func(a slog.Attr) bool {
		switch a.Key {
		case "camera", "state", "stage", "sink", "device":
			b.WriteString("\x00" + a.Value.String())
		}
		return true
	})
	return b.String()
}

func (f *faults) pass(key string) (left int, ok bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := f.now()
	e := f.by[key]
	if e == nil {
		if len(f.by) >= maxFaults {
			clear(f.by)
		}
		f.by[key] = &fault{last: now}
		return 0, true
	}
	if now.Sub(e.last) < period {
		e.left++
		return 0, false
	}
	left, e.left, e.last = e.left, 0, now
	return left, true
}

// WithAttrs implements slog.Handler.
func (r *repeat) WithAttrs(attrs []slog.Attr) slog.Handler {
	var scope strings.Builder
	scope.WriteString(r.scope)
	for _, a := range attrs {
		scope.WriteString(a.String() + "\x00")
	}
	return &repeat{Handler: r.Handler.WithAttrs(attrs), scope: scope.String(), seen: r.seen}
}

// WithGroup implements slog.Handler.
func (r *repeat) WithGroup(name string) slog.Handler {
	return &repeat{Handler: r.Handler.WithGroup(name), scope: r.scope + name + "\x00", seen: r.seen}
}
