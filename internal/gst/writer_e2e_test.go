//go:build e2e

package gst

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	gogst "github.com/tinyzimmer/go-gst/gst"

	"braid/internal/frame"
)

// halves is a picture of two colours, left and right, whose rows are padded.
func halves(c WriterConfig, left, right [3][]byte) (planes [3]frame.Plane) {
	for i := range planes {
		rows, bytes := c.rows(i)
		if rows == 0 {
			continue
		}
		p := frame.Plane{Stride: bytes + 5, Data: make([]byte, (bytes+5)*rows)}
		for y := range rows {
			row := p.Data[y*p.Stride:][:bytes]
			for x := 0; x < bytes; x += len(left[i]) {
				side := left[i]
				if 2*x >= bytes {
					side = right[i]
				}
				copy(row[x:], side)
			}
		}
		planes[i] = p
	}
	return planes
}

// What is written is read back: sizes, time stamps and colours.
func TestWriterRoundTrip(t *testing.T) {
	const msec = time.Millisecond
	even := []time.Duration{0, 40 * msec, 80 * msec, 120 * msec}
	red601, blue601 := [3][]byte{{81}, {90}, {240}}, [3][]byte{{41}, {240}, {110}}
	red709, blue709 := [3][]byte{{63}, {102}, {240}}, [3][]byte{{32}, {240}, {118}}
	hd := frame.Colorimetry{Matrix: frame.BT709}
	for _, tt := range []struct {
		name        string
		cfg         WriterConfig
		left, right [3][]byte // as it is written
		want        [2][3][]byte
		times       []time.Duration
	}{
		{"I420", WriterConfig{Format: frame.I420}, red601, blue601, [2][3][]byte{red601, blue601}, even},
		{"I420 in BT.709", WriterConfig{Format: frame.I420, Color: hd}, red709, blue709, [2][3][]byte{red709, blue709}, even},
		{"NV12", WriterConfig{Format: frame.NV12}, [3][]byte{{81}, {90, 240}}, [3][]byte{{41}, {240, 110}}, [2][3][]byte{red601, blue601}, even},
		{"RGB", WriterConfig{Format: frame.RGB}, [3][]byte{{255, 0, 0}}, [3][]byte{{0, 0, 255}}, [2][3][]byte{red601, blue601}, even},
		{"RGB to BT.709", WriterConfig{Format: frame.RGB, Color: hd}, [3][]byte{{255, 0, 0}}, [3][]byte{{0, 0, 255}}, [2][3][]byte{red709, blue709}, even},
		{"uneven times", WriterConfig{Format: frame.I420}, red601, blue601, [2][3][]byte{red601, blue601}, []time.Duration{0, 100 * msec, 120 * msec, 2 * time.Second}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := tt.cfg
			c.Path, c.Width, c.Height, c.FPS = filepath.Join(t.TempDir(), "a b.mp4"), 358, 202, 25
			write(t, c, halves(c, tt.left, tt.right), tt.times)
			r := open(t, Options{Launch: "filesrc name=f ! decodebin", Properties: []Property{{"f", "location", c.Path}}, Start: 10 * time.Second})
			for i, at := range tt.times {
				s, err := r.Next(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				if s.Width != c.Width || s.Height != c.Height || s.Color != c.Color || s.FPS != c.FPS || (s.PTS-at).Abs() > msec {
					t.Errorf("frame %d: %dx%d, %+v, %g fps at %v, want %+v at %v", i, s.Width, s.Height, s.Color, s.FPS, s.PTS, c, at)
				}
				checkHalves(t, s, tt.want)
			}
			if _, err := r.Next(t.Context()); !errors.Is(err, io.EOF) {
				t.Errorf("behind the last frame: %v", err)
			}
		})
	}
}

func write(t *testing.T, c WriterConfig, planes [3]frame.Plane, times []time.Duration) {
	t.Helper()
	w, err := NewWriter(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	for _, pts := range times {
		if err := w.Write(t.Context(), planes, pts); err != nil {
			t.Error(err)
		}
	}
	if err := w.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	holds(t, filepath.Dir(c.Path), filepath.Base(c.Path))
}

// checkHalves looks at one pixel in the middle of each half.
func checkHalves(t *testing.T, s *Sample, want [2][3][]byte) {
	t.Helper()
	if s.Format != frame.I420 {
		t.Fatalf("decoded to %v", s.Format)
	}
	for side := range want {
		for i, pixel := range want[side] {
			w, h := s.Width, s.Height
			if i > 0 {
				w, h = w/2, h/2
			}
			got := s.Planes[i].Data[h/2*s.Planes[i].Stride+w/4+side*w/2]
			if d := int(got) - int(pixel[0]); d < -2 || d > 2 {
				t.Errorf("side %d, plane %d: %d, want %d", side, i, got, pixel[0])
			}
		}
	}
}

// holds wants these files in a folder and no others.
func holds(t *testing.T, dir string, names ...string) {
	t.Helper()
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range files {
		got = append(got, f.Name())
	}
	if strings.Join(got, " ") != strings.Join(names, " ") {
		t.Errorf("in the folder are %q, want %q", got, names)
	}
}

func small(t *testing.T) (WriterConfig, [3]frame.Plane) {
	c := WriterConfig{Path: filepath.Join(t.TempDir(), "x.mp4"), Format: frame.I420, Width: 64, Height: 48, FPS: 10}
	return c, halves(c, [3][]byte{{81}, {90}, {240}}, [3][]byte{{41}, {240}, {110}})
}

func newTestWriter(t *testing.T, c WriterConfig) *Writer {
	t.Helper()
	w, err := NewWriter(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// Two writers of one clip would leave neither's.
func TestWriterIsAlone(t *testing.T) {
	c, planes := small(t)
	w := newTestWriter(t, c)
	if _, err := NewWriter(t.Context(), c); err == nil || !strings.Contains(err.Error(), "is being written") {
		t.Errorf("a second writer: %v", err)
	}
	if err := CheckWriter(c.Path); err == nil {
		t.Error("CheckWriter does not see the first")
	}
	if err := w.Write(t.Context(), planes, 0); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if err := CheckWriter(c.Path); err != nil {
		t.Error(err)
	}
}

func TestWriterRefuses(t *testing.T) {
	c, planes := small(t)
	c.Path = filepath.Join(t.TempDir(), "none", "x.mp4")
	if _, err := NewWriter(t.Context(), c); err == nil || !strings.Contains(err.Error(), "there is no folder "+filepath.Dir(c.Path)) {
		t.Errorf("a folder that is not there: %v", err)
	}
	for want, spoil := range map[string]func(planes *[3]frame.Plane, pts *time.Duration){
		"plane 1 has":  func(p *[3]frame.Plane, _ *time.Duration) { p[1].Data = p[1].Data[:100] },
		"plane 2 has":  func(p *[3]frame.Plane, _ *time.Duration) { p[2].Stride = 31 },
		"1s after one": func(_ *[3]frame.Plane, pts *time.Duration) { *pts = time.Second },
	} {
		c, _ := small(t)
		w := newTestWriter(t, c)
		bad, pts := planes, 2*time.Second
		spoil(&bad, &pts)
		err := errors.Join(w.Write(t.Context(), planes, time.Second), w.Write(t.Context(), bad, pts))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
		if err := w.Close(t.Context()); err == nil {
			t.Errorf("closed as if nothing had happened after %q", want)
		}
		holds(t, filepath.Dir(c.Path))
	}
}

func TestWriterWithoutFrames(t *testing.T) {
	c, _ := small(t)
	if err := newTestWriter(t, c).Close(t.Context()); !errors.Is(err, ErrNoFrames) {
		t.Errorf("%v", err)
	}
	holds(t, filepath.Dir(c.Path))
}

// A signal ends the context; what was written is still made whole.
func TestWriterClosesAfterContext(t *testing.T) {
	c, planes := small(t)
	w := newTestWriter(t, c)
	ctx, cancel := context.WithCancel(t.Context())
	if err := w.Write(ctx, planes, 0); err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := w.Write(ctx, planes, time.Second); !errors.Is(err, context.Canceled) {
		t.Errorf("after the context: %v", err)
	}
	if err := w.Close(ctx); err != nil {
		t.Fatal(err)
	}
	holds(t, filepath.Dir(c.Path), "x.mp4")
}

// What is discarded leaves nothing, and the file of before as it was.
func TestWriterDiscards(t *testing.T) {
	for _, frames := range []int{0, 60} {
		c, planes := small(t)
		if err := os.WriteFile(c.Path, []byte("old"), 0o600); err != nil {
			t.Fatal(err)
		}
		w := newTestWriter(t, c)
		for i := range frames {
			if err := w.Write(t.Context(), planes, time.Duration(i)*time.Millisecond); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Discard(); err != nil {
			t.Error(err)
		}
		if old, err := os.ReadFile(c.Path); err != nil || string(old) != "old" {
			t.Errorf("the old file is %q, %v", old, err)
		}
		holds(t, filepath.Dir(c.Path), "x.mp4")
	}
}

// A pipeline that takes no end is not waited for.
func TestWriterThatCannotEnd(t *testing.T) {
	c, planes := small(t)
	w := newTestWriter(t, c)
	if err := w.Write(t.Context(), planes, 0); err != nil {
		t.Fatal(err)
	}
	if err := setState(nil, w.pipeline, gogst.StateNull, stopLimit); err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	if err := w.Close(t.Context()); err == nil || errors.Is(err, ErrStuck) || time.Since(begin) > finishLimit/2 {
		t.Errorf("closed after %v: %v", time.Since(begin), err)
	}
	holds(t, filepath.Dir(c.Path))
}

// A full disk is one error, whether it shows while frames are written or at the
// end, and the file of before stays.
func TestWriterOnFullDisk(t *testing.T) {
	for _, full := range []string{".part", ".part.data"} {
		c, left := small(t)
		right := halves(c, [3][]byte{{41}, {240}, {110}}, [3][]byte{{81}, {90}, {240}})
		if err := os.WriteFile(c.Path, []byte("old"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink("/dev/full", c.Path+full); err != nil {
			t.Fatal(err)
		}
		w := newTestWriter(t, c)
		var err error
		for i := 0; i < 2000 && err == nil; i += 2 {
			err = errors.Join(w.Write(t.Context(), left, time.Duration(i)), w.Write(t.Context(), right, time.Duration(i+1)))
		}
		if (err != nil) != (full == ".part.data") {
			t.Errorf("writing with %s full: %v", full, err)
		}
		closed := w.Close(t.Context())
		var e *Error
		if !errors.As(closed, &e) || e.Kind != DiskFull || strings.Count(closed.Error(), "the clip "+c.Path) != 1 {
			t.Errorf("closing with %s full: %v", full, closed)
		}
		if old, err := os.ReadFile(c.Path); err != nil || string(old) != "old" {
			t.Errorf("the old file is %q, %v", old, err)
		}
		holds(t, filepath.Dir(c.Path), "x.mp4")
	}
}
