//go:build e2e && !nogst

package gst

import (
	"context"
	"errors"
	"io"
	"regexp"
	"testing"
	"time"

	"go.uber.org/goleak"

	"braid/internal/frame"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestInstallation(t *testing.T) {
	if v := Version(); !regexp.MustCompile(`^1\.\d+\.\d+$`).MatchString(v) {
		t.Errorf("version %q", v)
	}
	if !HasElement("fakesink") || HasElement("no-such-element") {
		t.Error("HasElement is wrong about fakesink or no-such-element")
	}
	for _, e := range Missing() {
		if HasElement(e.Name) {
			t.Errorf("%s is missing and there", e.Name)
		}
	}
}

func TestCheck(t *testing.T) {
	if err := Check(Options{Launch: "videotestsrc ! identity"}); err != nil {
		t.Error(err)
	}
	var e *Error
	if err := Check(Options{Launch: "videotestsrc ! x-none"}); !errors.As(err, &e) || e.Kind != MissingPlugin || e.Element != "x-none" {
		t.Errorf("missing element: %v", err)
	}
	for _, o := range []Options{
		{Launch: "videotestsrc pattern=none-such"},
		{Launch: "videotestsrc ! ! identity"},
		{Launch: "videotestsrc", Properties: []Property{{"none", "x", 1}}},
		{Launch: "videotestsrc name=s", Properties: []Property{{"s", "none", 1}}},
		{Launch: "videotestsrc name=s", Properties: []Property{{"s", "num-buffers", "text"}}},
	} {
		if err := Check(o); err == nil {
			t.Errorf("no error for %+v", o)
		}
	}
}

func open(t *testing.T, o Options) *Reader {
	t.Helper()
	r, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

// Every pixel of videotestsrc's red must be red, whatever the size does to the
// strides.
func TestPlanes(t *testing.T) {
	tests := []struct {
		format frame.PixelFormat
		want   [3][]byte // a pixel of each plane
	}{
		{frame.RGB, [3][]byte{{255, 0, 0}}},
		{frame.I420, [3][]byte{{81}, {90}, {240}}},
		{frame.NV12, [3][]byte{{81}, {90, 240}}},
	}
	for _, tt := range tests {
		t.Run(tt.format.String(), func(t *testing.T) {
			r := open(t, Options{Launch: "videotestsrc pattern=red num-buffers=1 ! video/x-raw,width=35,height=17,colorimetry=bt601,format=" + tt.format.String()})
			s, err := r.Next(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if s.Format != tt.format || s.Width != 35 || s.Height != 17 || s.FPS != 30 || s.PTS != 0 {
				t.Errorf("%v %dx%d, %v fps, at %v", s.Format, s.Width, s.Height, s.FPS, s.PTS)
			}
			for i, pixel := range tt.want {
				checkPlane(t, s, i, pixel)
			}
			if _, err := r.Next(t.Context()); !errors.Is(err, io.EOF) {
				t.Errorf("at the end: %v", err)
			}
		})
	}
}

func checkPlane(t *testing.T, s *Sample, i int, pixel []byte) {
	if pixel == nil {
		if s.Planes[i].Data != nil {
			t.Errorf("plane %d should not be there", i)
		}
		return
	}
	w, h := s.Width, s.Height
	if i > 0 {
		w, h = (w+1)/2, (h+1)/2
	}
	for y := range h {
		row := s.Planes[i].Data[y*s.Planes[i].Stride:]
		for x := range w {
			for c, want := range pixel {
				if got := int(row[x*len(pixel)+c]); got-int(want) > 1 || int(want)-got > 1 {
					t.Fatalf("plane %d, row %d, column %d: %d, want %d", i, y, x, got, want)
				}
			}
		}
	}
}

func TestLimits(t *testing.T) {
	r := open(t, Options{Launch: "videotestsrc is-live=true ! identity drop-probability=1", Start: 200 * time.Millisecond})
	if _, err := r.Next(t.Context()); !errors.Is(err, ErrStalled) {
		t.Errorf("without a frame: %v", err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(io.ErrNoProgress)
	if _, err := r.Next(ctx); !errors.Is(err, io.ErrNoProgress) {
		t.Errorf("cancelled: %v", err)
	}
	if _, err := Open(ctx, Options{Launch: "videotestsrc"}); !errors.Is(err, io.ErrNoProgress) {
		t.Errorf("opening, cancelled: %v", err)
	}
}

func TestErrorOfPipeline(t *testing.T) {
	r, err := Open(t.Context(), Options{Launch: "filesrc location=/no/such/file ! decodebin"})
	if err == nil {
		defer r.Close()
		_, err = r.Next(t.Context())
	}
	var e *Error
	if !errors.As(err, &e) || e.Kind != NotFound || e.Element == "" {
		t.Errorf("%v", err)
	}
}

// In lock step what goes into the decoder stops with each frame that comes out;
// else it runs ahead until the sink is full.
func TestLockstep(t *testing.T) {
	const launch = "videotestsrc num-buffers=40 pattern=snow ! video/x-raw,format=I420,width=320,height=240,framerate=25/1 ! " +
		"x264enc speed-preset=ultrafast tune=zerolatency key-int-max=10 ! h264parse ! decodebin"
	for _, lockstep := range []bool{false, true} {
		r := open(t, Options{Launch: launch, Threads: 1, Start: 5 * time.Second, Lockstep: lockstep})
		ahead := 0
		for n := 1; ; n++ {
			_, err := r.Next(t.Context())
			if errors.Is(err, io.EOF) {
				if n != 41 {
					t.Errorf("lock step %t: %d frames, want 40", lockstep, n-1)
				}
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			if n == 20 {
				<-time.After(100 * time.Millisecond) // time enough to decode all that it may
				ahead = r.Input() - n
			}
		}
		// one buffer waits at the decoder's door
		if lockstep && ahead > 1 || !lockstep && ahead <= 1 {
			t.Errorf("lock step %t: the decoder was %d frames ahead", lockstep, ahead)
		}
	}
}
