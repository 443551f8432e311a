package video

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"braid/internal/frame"
	"braid/internal/gst"
	"braid/sink/wire"
)

func duration(ns int64) time.Duration { return time.Duration(ns) }

// settled counts receipts and their errors.
type settled struct {
	n    int
	errs []error
}

func (s *settled) Settle(err error) {
	s.n++
	if err != nil {
		s.errs = append(s.errs, err)
	}
}

// start runs a Sink whose encoder is e.
func start(ctx context.Context, e *fakeEncoder, cameras []string, clock timeline, log *bytes.Buffer) *Sink {
	s := newSink("x.mp4", queued, slog.New(slog.NewTextHandler(log, nil)))
	s.take = s.await
	if _, ok := clock.(*live); ok {
		s.take = s.grab
	}
	go s.work(ctx, &canvas{cameras: cameras}, clock, e.open)
	return s
}

// tiny is a frame of a camera; its middle tells which one it is.
func tiny(t *testing.T, camera string, i int, pts time.Duration) *frame.Frame {
	t.Helper()
	f := newFrame(t, frame.I420, 64, 64, frame.Colorimetry{})
	fill(f, rect{0, 40, 64, 64}, ink{byte(20 + i), 128, 128}, opaque)
	fill(f, rect{30, 30, 34, 34}, ink{byte(20 + i), 128, 128}, opaque)
	f.Camera, f.Seq, f.PTS = camera, uint64(i+1), pts
	return f
}

func TestRecordingsWaitForTheEncoder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		e := &fakeEncoder{wait: make(chan struct{})}
		s := start(t.Context(), e, nil, newReel(), &log)
		var r settled
		sent := make(chan int, 100)
		go func() {
			defer close(sent)
			for i := range 12 {
				camera, pts := "a", time.Duration(i)*40*time.Millisecond
				if i >= 7 {
					camera, pts = "b", time.Duration(i)*100*time.Millisecond
				}
				s.View(t.Context(), &wire.Frame{}, tiny(t, camera, i, pts), &r)
				sent <- i
			}
		}()
		synctest.Wait()
		// One canvas in the encoder's hands, one shot in the worker's, the rest queued.
		if n := len(sent); n != queued+1 {
			t.Errorf("%d frames were taken while the encoder was stuck, want %d", n, queued+1)
		}
		close(e.wait)
		for range sent { // to its end
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		want := []time.Duration{0, 40, 80, 120, 160, 200, 240, 280, 380, 480, 580, 680}
		for i := range want {
			want[i] *= time.Millisecond
		}
		if !slices.Equal(e.times, want) {
			t.Errorf("times %v, want %v", e.times, want)
		}
		for i, luma := range e.luma {
			if luma != byte(20+i) {
				t.Errorf("picture %d shows frame %d", i, luma-20)
			}
		}
		if r.n != 12 || len(r.errs) > 0 || !e.closed || e.cfg.FPS != 25 || e.cfg.Width != 64 || e.cfg.Path != "x.mp4" {
			t.Errorf("settled %+v, encoder %+v", r, e)
		}
		if got := log.String(); !strings.Contains(got, "pictures=12") || !strings.Contains(got, "frames_left_out=0") {
			t.Error(got)
		}
	})
}

func TestLiveNeverWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		e := &fakeEncoder{wait: make(chan struct{})}
		s := start(t.Context(), e, []string{"a"}, newLive(nil), &log)
		var r settled
		begin := time.Now()
		for i := range 30 {
			f := tiny(t, "a", i, 0)
			f.Capture = begin.Add(time.Duration(i) * 100 * time.Millisecond)
			f.Arrived = f.Capture
			s.View(t.Context(), &wire.Frame{}, f, &r)
			synctest.Wait()
		}
		s.Write(t.Context(), &wire.Frame{Error: "prep: broken"}, &r)
		if r.n != 31 || len(r.errs) > 0 || time.Since(begin) > 0 {
			t.Errorf("settled %+v after %v", r, time.Since(begin))
		}
		close(e.wait)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if n := len(e.times); n != queued+1 || e.times[n-1] != time.Duration(queued)*100*time.Millisecond {
			t.Errorf("written at %v", e.times)
		}
		if got := log.String(); !strings.Contains(got, "frames_left_out=26") {
			t.Error(got)
		}
	})
}

// A mosaic is written as often as its fastest camera sends, each of its frames
// once, and always later.
func TestMosaicFollowsTheFastest(t *testing.T) {
	var log bytes.Buffer
	e := &fakeEncoder{}
	s := start(t.Context(), e, []string{"slow", "fast", "dark"}, newLive(nil), &log)
	s.take = s.await // every frame
	begin, n := time.Now(), 0
	for ms := range 2000 {
		for camera, period := range map[string]int{"fast": 40, "slow": 100} {
			if ms%period == 0 {
				f := tiny(t, camera, n%100, 0)
				f.Capture = begin.Add(time.Duration(ms) * time.Millisecond)
				f.Arrived = f.Capture
				s.View(t.Context(), &wire.Frame{}, f, &settled{})
				n++
			}
		}
	}
	s.View(t.Context(), &wire.Frame{}, tiny(t, "stranger", 0, 0), &settled{})
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if len(e.times) < 50 || len(e.times) > 54 || e.cfg.FPS < 10 || e.cfg.FPS > 25 {
		t.Errorf("%d pictures of 50 frames of the fastest, %v frames/s", len(e.times), e.cfg.FPS)
	}
	for i := 1; i < len(e.times); i++ {
		if e.times[i] <= e.times[i-1] {
			t.Fatalf("times %v", e.times)
		}
	}
	if e.cfg.Width != 1278 || e.cfg.Height != 426 {
		t.Errorf("the mosaic is %dx%d", e.cfg.Width, e.cfg.Height)
	}
}

// Stream times that stand still or run back must not stop the clip.
func TestOddStreamTimes(t *testing.T) {
	var log bytes.Buffer
	e := &fakeEncoder{}
	s := start(t.Context(), e, nil, newReel(), &log)
	for i, ms := range []int{500, 540, 540, 100, 140, 700} {
		s.View(t.Context(), &wire.Frame{}, tiny(t, "a", i, time.Duration(ms)*time.Millisecond), &settled{})
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if len(e.times) != 6 || !slices.IsSorted(e.times) || len(slices.Compact(e.times)) != 6 {
		t.Errorf("times %v", e.times)
	}
}

// A clip that fails is told once and fails no frame.
func TestFailureIsTheClipsOwn(t *testing.T) {
	var log bytes.Buffer
	e := &fakeEncoder{err: errors.New("the disk is full")}
	s := start(t.Context(), e, nil, newReel(), &log)
	var r settled
	for i := range 20 {
		s.View(t.Context(), &wire.Frame{}, tiny(t, "a", i, time.Duration(i)*time.Second), &r)
	}
	if err := errors.Join(s.Flush(t.Context()), s.Close()); !errors.Is(err, e.err) {
		t.Errorf("closed with %v", err)
	}
	if r.n != 20 || len(r.errs) > 0 || strings.Count(log.String(), "the disk is full") != 1 || !e.closed {
		t.Errorf("settled %+v, log %s", r, log.String())
	}
	if err := s.Close(); err != nil {
		t.Errorf("a second Close: %v", err)
	}
}

// When ctx ends what waits is given up, and the file is ended.
func TestContextEndsTheClip(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		ctx, cancel := context.WithCancel(t.Context())
		e := &fakeEncoder{wait: make(chan struct{})}
		s := start(ctx, e, nil, newReel(), &log)
		var r settled
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			for i := range 12 {
				s.View(ctx, &wire.Frame{}, tiny(t, "a", i, time.Duration(i)*time.Second), &r)
			}
		}()
		synctest.Wait()
		cancel()
		<-ended
		if err := s.Close(); err != nil || r.n != 12 || !e.closed {
			t.Errorf("%v, settled %+v, encoder %+v", err, r, e)
		}
	})
}

// An encoder that could not be opened is not tried again: the clip would be of
// one picture, in place of an older one.
func TestOpenedOnce(t *testing.T) {
	var log bytes.Buffer
	e := &fakeEncoder{refuse: errors.New("no such folder")}
	s := start(t.Context(), e, nil, newReel(), &log)
	for i := range 3 {
		s.View(t.Context(), &wire.Frame{}, tiny(t, "a", i, time.Duration(i)*time.Second), &settled{})
	}
	if err := s.Close(); !errors.Is(err, e.refuse) || e.opened != 1 || len(e.times) > 0 {
		t.Errorf("closed with %v, opened %d times, %d pictures", err, e.opened, len(e.times))
	}
}

// A panic while drawing ends the clip, not the program: the pictures until then
// are kept, every frame is settled.
func TestPanicEndsTheClip(t *testing.T) {
	var log bytes.Buffer
	e := &fakeEncoder{}
	s := start(t.Context(), e, nil, newReel(), &log)
	var r settled
	for i := range 20 {
		m := &wire.Frame{}
		if i == 5 {
			m.Objects = []wire.Object{{Class: -1}} // has no colour
		}
		s.View(t.Context(), m, tiny(t, "a", i, time.Duration(i)*time.Second), &r)
	}
	err := s.Close()
	if err == nil || !strings.Contains(err.Error(), "frame 6 of camera a: panic") {
		t.Errorf("closed with %v", err)
	}
	if r.n != 20 || len(r.errs) > 0 || len(e.times) != 5 || !e.closed {
		t.Errorf("settled %+v, %d pictures, closed %v", r, len(e.times), e.closed)
	}
	if got := log.String(); strings.Count(got, "has ended early") != 1 || !strings.Contains(got, "goroutine") {
		t.Error(got)
	}
}

func TestNoPicture(t *testing.T) {
	var log bytes.Buffer
	s := start(t.Context(), &fakeEncoder{}, nil, newReel(), &log)
	if err := s.Close(); err != nil || !strings.Contains(log.String(), "no picture came") {
		t.Errorf("%v, log %s", err, log.String())
	}
}

// One picture makes a clip too, and an odd size an even one.
func TestOnePictureOfOddSize(t *testing.T) {
	var log bytes.Buffer
	e := &fakeEncoder{}
	s := start(t.Context(), e, nil, newReel(), &log)
	s.View(t.Context(), &wire.Frame{}, newFrame(t, frame.RGB, 35, 17, frame.Colorimetry{}), &settled{})
	if err := s.Close(); err != nil || len(e.times) != 1 || e.cfg.Width != 36 || e.cfg.Height != 18 || e.cfg.FPS != 25 {
		t.Errorf("%v, %+v", err, e)
	}
}

func TestViewAllocatesNothing(t *testing.T) {
	var log bytes.Buffer
	e := &fakeEncoder{times: make([]time.Duration, 0, 1000), luma: make([]byte, 0, 1000)}
	s := start(t.Context(), e, nil, newReel(), &log)
	m := &wire.Frame{Objects: []wire.Object{{Label: "car", Score: 0.5, Box: [4]float32{0.1, 0.1, 0.5, 0.5}}}}
	f := tiny(t, "a", 0, 0)
	var r settled
	view := func() {
		f.PTS += 40 * time.Millisecond
		s.View(t.Context(), m, f, &r)
	}
	for range 3 * queued {
		view()
	}
	if n := testing.AllocsPerRun(100, view); n > 0 {
		t.Errorf("%v allocations a frame", n)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestConstructorsSayWhatIsMissing(t *testing.T) {
	if gst.Built {
		t.Skip("this build has GStreamer")
	}
	log := slog.New(slog.DiscardHandler)
	_, err1 := Recorded(t.Context(), "x.mp4", log)
	_, err2 := Live(t.Context(), "x.mp4", nil, log)
	if !errors.Is(err1, gst.ErrNoGStreamer) || !errors.Is(err2, gst.ErrNoGStreamer) {
		t.Errorf("%v, %v", err1, err2)
	}
}
