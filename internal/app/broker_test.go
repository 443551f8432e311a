package app

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
)

// TestBrokerIsQuiet: nobody asked for the throw-away server of a bench. What it does
// is debug, what goes wrong with it is not.
func TestBrokerIsQuiet(t *testing.T) {
	for level, want := range map[slog.Level]bool{slog.LevelInfo: false, slog.LevelDebug: true} {
		var out bytes.Buffer
		log := slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: level}))
		b, err := newBroker(t.Context(), &Env{Log: log}, "test")
		if err != nil {
			t.Fatal(err)
		}
		if err := b.close(); err != nil {
			t.Error(err)
		}
		if made := strings.Contains(out.String(), `level=DEBUG msg="stream made"`); made != want || strings.Contains(out.String(), "level=INFO") {
			t.Errorf("at level %v:\n%s", level, out.String())
		}
		out.Reset()
		quiet := slog.New(hushed{log.Handler()}).With("part", "nats").WithGroup("g")
		quiet.Info("normal")
		quiet.Warn("trouble", "a", 1)
		if text := out.String(); !strings.Contains(text, "level=WARN msg=trouble part=nats g.a=1") || strings.Contains(text, "normal") != want {
			t.Errorf("at level %v:\n%s", level, text)
		}
	}
}
