// Package logging makes the program's one slog.Logger: text or JSON lines on
// stderr, in which a fault that repeats is one line a second with a count.
package logging

import (
	"fmt"
	"io"
	"log/slog"
	"time"
)

// Config is what a user may choose.
type Config struct {
	Level  string // debug, info, warn or error
	Format string // text or json
}

// New makes a Logger that writes to w.
func New(c Config, w io.Writer) (*slog.Logger, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.Level)); err != nil {
		return nil, fmt.Errorf("log level %q: want debug, info, warn or error", c.Level)
	}
	o := &slog.HandlerOptions{Level: level}
	switch c.Format {
	case "text":
		return slog.New(newRepeat(slog.NewTextHandler(w, o), time.Now)), nil
	case "json":
		return slog.New(newRepeat(slog.NewJSONHandler(w, o), time.Now)), nil
	}
	return nil, fmt.Errorf("log format %q: want text or json", c.Format)
}
