//go:build nogst

package video

import (
	"errors"
	"log/slog"
	"testing"

	"braid/internal/gst"
)

func TestWithoutGStreamer(t *testing.T) {
	_, err := New(Config{Name: "gate-1", URL: "test:"}, slog.New(slog.DiscardHandler))
	if !errors.Is(err, gst.ErrNoGStreamer) {
		t.Errorf("error %v", err)
	}
}
