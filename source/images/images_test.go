package images

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"braid/internal/frame"
	"braid/source"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var _ source.Source = (*Source)(nil)

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// play runs a Source to its end and says what came.
func play(t *testing.T, s *Source, cfg source.GateConfig) (got []string, c frame.Counts, err error) {
	t.Helper()
	pool, ledger := frame.NewPool(3, frame.Heap), &frame.Ledger{}
	g, err := source.NewGate(cfg, pool, ledger)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() {
		defer g.Close()
		done <- s.Run(t.Context(), g)
	}()
	for m := source.NewMux(g); ; {
		f, err := m.Next(t.Context())
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, fmt.Sprintf("%d %s %v %dx%d %v", f.Seq, f.File, f.PTS, f.Width, f.Height, f.Clock))
		ledger.CountPublished()
		f.Release()
	}
	err = <-done
	if err := pool.Close(); err != nil {
		t.Error(err)
	}
	return got, ledger.Counts(), err
}

func write(t *testing.T, dir, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestFolder(t *testing.T) {
	dir := t.TempDir()
	m := picture()
	write(t, dir, "c.PNG", pngOf(t, m))
	write(t, dir, "a.jpeg", jpegOf(t, m))
	write(t, dir, "b.jpg", jpegOf(t, m)[:100])
	write(t, dir, "d.jpg", pngOf(t, m)) // its name is wrong
	write(t, dir, "e.png", []byte("hello"))
	write(t, dir, "labels.txt", []byte("hello"))
	if err := os.Mkdir(filepath.Join(dir, "more.png"), 0o700); err != nil {
		t.Fatal(err)
	}
	s, err := New(Config{Name: "holiday", Dir: dir}, quiet())
	if err != nil {
		t.Fatal(err)
	}
	info := s.Info()
	if info.Frames != 5 || info.Live || info.Duration != time.Second/5 || info.URL != "images:"+dir {
		t.Errorf("info %+v", info)
	}
	got, c, err := play(t, s, source.GateConfig{})
	want := []string{"1 a.jpeg 0s 3x2 pts", "2 c.PNG 80ms 3x2 pts", "3 d.jpg 120ms 3x2 pts"}
	if !slices.Equal(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
	if text := "2 of 5 images cannot be read: b.jpg ("; !errors.Is(err, ErrNotImage) || !strings.HasPrefix(err.Error(), text) || !strings.Contains(err.Error(), ", e.png (") {
		t.Errorf("error %v, want it to name b.jpg and e.png", err)
	}
	if c.In != 3 || c.InFlight != 0 {
		t.Errorf("%+v", c)
	}
	got, c, _ = play(t, s, source.GateConfig{Every: 2})
	if want := []string{"1 a.jpeg 0s 3x2 pts", "2 d.jpg 120ms 3x2 pts"}; !slices.Equal(got, want) || c.Dropped["rate"] != 1 {
		t.Errorf("every 2: got %v, %+v", got, c)
	}
}

func TestFilesKeepTheirOrder(t *testing.T) {
	dir := t.TempDir()
	b, a := write(t, dir, "b.png", pngOf(t, picture())), write(t, dir, "a.png", pngOf(t, picture()))
	s, err := New(Config{Files: []string{b, a, filepath.Join(dir, "gone.png")}}, quiet())
	if err != nil {
		t.Fatal(err)
	}
	got, _, err := play(t, s, source.GateConfig{})
	if want := []string{"1 b.png 0s 3x2 pts", "2 a.png 40ms 3x2 pts"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if !errors.Is(err, source.ErrNotFound) {
		t.Errorf("error %v, want not found", err)
	}
}

func TestNewRefuses(t *testing.T) {
	dir := t.TempDir()
	text := write(t, dir, "note.txt", []byte("hello"))
	one := write(t, dir, "photo", pngOf(t, picture()))
	tests := map[string]struct {
		cfg  Config
		want error
	}{
		"nothing":      {Config{}, source.ErrNotFound},
		"no folder":    {Config{Dir: filepath.Join(dir, "none")}, source.ErrNotFound},
		"no images":    {Config{Dir: dir}, source.ErrNotFound},
		"not an image": {Config{Dir: text}, ErrNotImage},
		"one image":    {Config{Dir: one}, nil},
	}
	for name, tc := range tests {
		_, err := New(tc.cfg, quiet())
		if !errors.Is(err, tc.want) || err != nil && strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: got %v, want %v in one line", name, err, tc.want)
		}
	}
	if _, err := New(Config{Dir: dir, Files: []string{one}}, quiet()); err == nil {
		t.Error("folder and files: no error")
	}
}

func TestRunEndsWithItsContext(t *testing.T) {
	s, err := New(Config{Files: []string{write(t, t.TempDir(), "a.png", pngOf(t, picture()))}}, quiet())
	if err != nil {
		t.Fatal(err)
	}
	cause := errors.New("shutdown")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(cause)
	g, err := source.NewGate(source.GateConfig{}, frame.NewPool(1, frame.Heap), &frame.Ledger{})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Run(ctx, g); !errors.Is(err, cause) {
		t.Errorf("got %v", err)
	}
}

func TestLoopPassesOverUnreadableImages(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "a.png", pngOf(t, image.NewGray(image.Rect(0, 0, 4, 4))))
	write(t, dir, "b.png", []byte("broken"))
	write(t, dir, "c.png", pngOf(t, image.NewGray(image.Rect(0, 0, 4, 4))))
	var log bytes.Buffer
	s, err := New(Config{Name: "x", Dir: dir, Loop: true}, slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	got, _, err := play(t, s, source.GateConfig{Limit: 7})
	if !errors.Is(err, source.ErrClosed) || len(got) != 7 {
		t.Errorf("%d frames and %v, want 7 of an endless loop", len(got), err)
	}
	if text := log.String(); strings.Count(text, "\n") != 1 || !strings.Contains(text, "b.png") || !strings.Contains(text, "camera=x") {
		t.Errorf("three rounds logged %q, want b.png once", text)
	}
	write(t, dir, "a.png", []byte("broken"))
	write(t, dir, "c.png", []byte("broken"))
	if got, _, err := play(t, s, source.GateConfig{}); err == nil || len(got) != 0 {
		t.Errorf("%d frames and %v of nothing but broken images", len(got), err)
	}
}

func TestManyUnreadableImagesAreOneLine(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "z.png", pngOf(t, picture()))
	for i := range 9 {
		write(t, dir, fmt.Sprintf("%d.png", i), []byte("broken"))
	}
	var log bytes.Buffer
	s, err := New(Config{Name: "x", Dir: dir}, slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	got, _, err := play(t, s, source.GateConfig{})
	want := "9 of 10 images cannot be read: 0.png (not a JPEG or PNG image), 1.png (not a JPEG or PNG image), 2.png (not a JPEG or PNG image), 3.png (not a JPEG or PNG image), 4.png (not a JPEG or PNG image), and 4 more, which the log names"
	if len(got) != 1 || err == nil || err.Error() != want || strings.Count(log.String(), "\n") != 9 {
		t.Errorf("%d frames, %v, log:\n%s", len(got), err, log.String())
	}
}
