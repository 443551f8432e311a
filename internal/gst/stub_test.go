//go:build nogst

package gst

import (
	"errors"
	"testing"
)

func TestWithoutGStreamer(t *testing.T) {
	r, err := Open(t.Context(), Options{Launch: "videotestsrc"})
	if r != nil || !errors.Is(err, ErrNoGStreamer) || !errors.Is(Check(Options{}), ErrNoGStreamer) {
		t.Errorf("reader %v, error %v", r, err)
	}
	if Version() != "" || HasElement("filesrc") || len(Missing()) != len(Elements()) {
		t.Error("a build without GStreamer says that it has some")
	}
}
