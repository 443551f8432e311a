//go:build e2e && !nogst

package video

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"braid/internal/frame"
	"braid/internal/testdata"
	"braid/source"
	"braid/source/video/rtsptest"
)

func TestRealVideos(t *testing.T) {
	for i, want := range []struct {
		frames, w, h int
		fps          float64
	}{{221, 960, 540, 25}, {289, 1280, 720, 30000. / 1001}, {1394, 768, 432, 10}} {
		name := videos()[i]
		t.Run(name, func(t *testing.T) {
			s := open(t, Config{URL: testdata.Path(t, name)})
			bad := 0
			p := newProbe(t, func(f *frame.Frame) {
				if f.Width != want.w || f.Height != want.h || f.Clock != frame.ClockPTS || !f.Capture.IsZero() || f.Decode <= 0 {
					bad++
				}
			})
			if err := s.run(t.Context(), p); err != nil {
				t.Fatal(err)
			}
			if p.n != want.frames || bad > 0 {
				t.Errorf("%d frames, want %d; %d of them wrong", p.n, want.frames, bad)
			}
			if want := time.Duration(float64(want.frames-1) / want.fps * 1e9); (p.last - want).Abs() > time.Millisecond {
				t.Errorf("last PTS %v, want %v", p.last, want)
			}
			info := s.Info()
			if info.Live || info.Decoder == "" || info.Duration <= 0 || info.Frames < int64(want.frames) || info.Frames > int64(want.frames)+2 {
				t.Errorf("info %+v", info)
			}
		})
	}
}

// record makes a recording of 60 frames in a container.
func record(t *testing.T, mux, name string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	rtsptest.Launch(t, "videotestsrc pattern=snow num-buffers=60 ! video/x-raw,format=I420,width=320,height=240,framerate=25/1 ! "+
		"x264enc speed-preset=ultrafast key-int-max=20 ! h264parse ! %s ! filesink location=%s", mux, file)
	return file
}

func TestDamaged(t *testing.T) {
	tests := []struct{ mux, name string }{
		{"mp4mux faststart=true", "front.mp4"},
		{"mp4mux", "tail.mp4"},
		{"mp4mux fragment-duration=400", "fragments.mp4"},
		{"matroskamux", "a.mkv"},
		{"mpegtsmux", "a.ts"},
		{"avimux", "a.avi"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			whole := record(t, tt.mux, tt.name)
			n, err := play(t, Config{URL: whole}, nil)
			if n != 60 || err != nil {
				t.Fatalf("undamaged: %d frames, %v", n, err)
			}
			b, err := os.ReadFile(whole)
			if err != nil {
				t.Fatal(err)
			}
			least, most := 20, 59
			if tt.name == "tail.mp4" {
				least, most = 0, 0
			}
			cut := b[:len(b)*6/10]
			if tt.name == "a.ts" && len(cut)%188 == 0 {
				cut = cut[:len(cut)-1]
			}
			wantTruncated(t, whole, cut, least, most)
			if tt.name != "tail.mp4" {
				noisy := bytes.Clone(b)
				r := rand.New(rand.NewPCG(1, 2))
				for i := len(b) / 2; i < len(b)/2+len(b)/10; i++ {
					noisy[i] = byte(r.Uint32())
				}
				wantTruncated(t, whole, noisy, 20, 59)
			}
		})
	}
}

func wantTruncated(t *testing.T, file string, content []byte, least, most int) {
	t.Helper()
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	n, err := play(t, Config{URL: file}, nil)
	if !errors.Is(err, source.ErrTruncated) || n < least || n > most {
		t.Errorf("%d frames (want %d to %d), %v", n, least, most, err)
	}
	if err != nil && strings.Contains(err.Error(), "\n") {
		t.Errorf("the error has several lines: %v", err)
	}
}

func TestNoVideo(t *testing.T) {
	dir := t.TempDir()
	rtsptest.Launch(t, "audiotestsrc num-buffers=20 ! wavenc ! filesink location=%s/a.wav", dir)
	rtsptest.Launch(t, "audiotestsrc num-buffers=20 ! avenc_aac ! mp4mux ! filesink location=%s/a.mp4", dir)
	for name, content := range map[string]string{"text.mp4": strings.Repeat("hello ", 500), "noise.mp4": string(noise(5000))} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"a.wav", "a.mp4", "text.mp4", "noise.mp4"} {
		n, err := play(t, Config{URL: filepath.Join(dir, name)}, nil)
		if n != 0 || !errors.Is(err, ErrNoVideo) {
			t.Errorf("%s: %d frames, %v", name, n, err)
		}
	}
}

func noise(n int) []byte {
	r := rand.New(rand.NewPCG(3, 4))
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

// Sound beside the picture must neither be waited for nor decoded.
func TestSoundIsIgnored(t *testing.T) {
	file := filepath.Join(t.TempDir(), "av.mkv")
	rtsptest.Launch(t, "videotestsrc num-buffers=50 ! video/x-raw,width=64,height=64,framerate=25/1 ! x264enc ! mux. "+
		"audiotestsrc num-buffers=400 ! avenc_aac ! mux. matroskamux name=mux ! filesink location=%s", file)
	if n, err := play(t, Config{URL: file}, nil); n != 50 || err != nil {
		t.Errorf("%d frames, %v", n, err)
	}
}

func TestFormats(t *testing.T) {
	tests := []struct {
		caps, enc string
		want      frame.PixelFormat
		full      bool
	}{
		{"format=I420,width=321,height=241", "avenc_ffv1 ! matroskamux", frame.I420, false},
		{"format=I420_10LE,width=322,height=242", "x264enc ! matroskamux", frame.I420, false},
		{"format=Y42B,width=320,height=240", "jpegenc ! avimux", frame.I420, true},
		{"format=GRAY8,width=33,height=17", "pngenc ! avimux", frame.RGB, false},
		{"format=RGB,width=33,height=17", "pngenc ! avimux", frame.RGB, false},
		{"format=I420,width=64,height=64,interlace-mode=interleaved", "x264enc interlaced=true ! matroskamux", frame.I420, false},
	}
	for i, tt := range tests {
		t.Run(tt.caps, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), fmt.Sprintf("%d.bin", i))
			rtsptest.Launch(t, "videotestsrc num-buffers=10 ! video/x-raw,%s,framerate=25/1 ! %s ! filesink location=%s", tt.caps, tt.enc, file)
			n, err := play(t, Config{URL: file}, func(f *frame.Frame) {
				if f.Format != tt.want || f.Format != frame.RGB && f.Color.FullRange != tt.full {
					t.Errorf("%v, full range %t", f.Format, f.Color.FullRange)
				}
			})
			if n != 10 || err != nil {
				t.Errorf("%d frames, %v", n, err)
			}
		})
	}
}

func TestLoop(t *testing.T) {
	file := record(t, "matroskamux", "a.mkv")
	var last time.Duration
	s := playN(t, Config{URL: file, Loop: true}, 150, func(f *frame.Frame) { last = f.PTS })
	if want := 149 * 40 * time.Millisecond; (last - want).Abs() > 10*time.Millisecond {
		t.Errorf("PTS of frame 149 is %v, want %v", last, want)
	}
	if s.Info().Frames != 0 || s.Info().Duration == 0 {
		t.Errorf("info %+v", s.Info())
	}
}

func TestPacedFile(t *testing.T) {
	t.Parallel()
	file := record(t, "matroskamux", "a.mkv")
	begin := time.Now()
	n, err := play(t, Config{URL: file, Clock: "wall"}, func(f *frame.Frame) {
		if f.Clock != frame.ClockWall || time.Since(f.Capture).Abs() > time.Second {
			t.Errorf("clock %v, captured %v ago", f.Clock, time.Since(f.Capture))
		}
	})
	if n != 60 || err != nil {
		t.Errorf("%d frames, %v", n, err)
	}
	if took := time.Since(begin); took < 2300*time.Millisecond || took > 6*time.Second {
		t.Errorf("60 frames at 25 a second took %v", took)
	}
}

// The plugin registry is read once a process, so the test starts itself again
// without the decoders.
func TestMissingDecoder(t *testing.T) {
	file := os.Getenv("BRAID_TEST_FILE")
	if file == "" {
		file = record(t, "matroskamux", "a.mkv")
		cmd := exec.Command(os.Args[0], "-test.run=^TestMissingDecoder$", "-test.v")
		cmd.Env = append(os.Environ(), "BRAID_TEST_FILE="+file, "GST_PLUGIN_FEATURE_RANK=avdec_h264:NONE,openh264dec:NONE")
		if out, err := cmd.CombinedOutput(); err != nil || !bytes.Contains(out, []byte("PASS")) {
			t.Fatalf("%v\n%s", err, out)
		}
		return
	}
	n, err := play(t, Config{URL: file}, nil)
	if n != 0 || !errors.Is(err, source.ErrMissingPlugin) || !strings.Contains(err.Error(), "H.264") || !strings.Contains(err.Error(), "gstreamer1.0-libav") {
		t.Errorf("%d frames, %v", n, err)
	}
}
