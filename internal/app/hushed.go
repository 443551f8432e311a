package app

import (
	"context"
	"log/slog"
)

// hushed is the log of a part that the user did not ask for: what it tells of its
// normal work is debug.
type hushed struct{ slog.Handler }

// Enabled implements slog.Handler.
func (h hushed) Enabled(ctx context.Context, level slog.Level) bool {
	return h.Handler.Enabled(ctx, hush(level))
}

// Handle implements slog.Handler.
func (h hushed) Handle(ctx context.Context, r slog.Record) error {
	r.Level = hush(r.Level)
	return h.Handler.Handle(ctx, r)
}

// WithAttrs implements slog.Handler.
func (h hushed) WithAttrs(attrs []slog.Attr) slog.Handler { return hushed{h.Handler.WithAttrs(attrs)} }

// WithGroup implements slog.Handler.
func (h hushed) WithGroup(name string) slog.Handler { return hushed{h.Handler.WithGroup(name)} }

func hush(level slog.Level) slog.Level {
	if level < slog.LevelWarn {
		return min(level, slog.LevelDebug)
	}
	return level
}
