// Package video writes clips for people: the pictures that were analysed, with
// boxes, labels, scores and a caption drawn on them. It owns a copy of each
// picture and the goroutine that draws and encodes; how a file is encoded is
// internal/gst's business. A clip is an extra: what becomes of it decides no
// frame's fate, so every message is settled at once.
package video

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync/atomic"
	"time"

	"braid/internal/frame"
	"braid/internal/gst"
	"braid/sink"
	"braid/sink/wire"
)

// Sink draws and writes a clip on a goroutine of its own. Between that and its
// writer lie a few pictures in memory that is used again.
type Sink struct {
	path    string
	log     *slog.Logger
	take    func(ctx context.Context) *shot // a free shot; nil: the frame is left out
	free    chan *shot
	queue   chan *shot
	leftOut atomic.Uint64
	ended   chan struct{}
	err     error // of the goroutine, when ended is closed
	closed  bool
}

var _ sink.Viewer = (*Sink)(nil)

// shot is a frame and what was found on it, on its way to the clip.
type shot struct {
	frame   *frame.Frame
	objects []wire.Object
}

// queued is how many shots of recordings wait for the encoder, and of live
// cameras, besides one for each.
const queued = 4

// Recorded makes a clip of recordings, one behind the other, every frame: Write
// waits while the encoder is busy. The clip has the size of the first picture,
// others are letterboxed. When ctx ends, what waits is given up and the file
// ended. An error is of this machine: the folder, or GStreamer.
func Recorded(ctx context.Context, path string, log *slog.Logger) (*Sink, error) {
	if err := gst.CheckWriter(path); err != nil {
		return nil, err
	}
	s := newSink(path, queued, log)
	s.take = s.await
	go s.work(ctx, &canvas{}, newReel(), openWriter)
	return s, nil
}

// Live makes a clip of live cameras: one camera in its own size, several in a
// mosaic that is written as often as the fastest of them sends. Frames are as far
// apart as their capture times, and shown by this host's clock where a camera's is
// more than two seconds off. Write never waits: a frame for which the encoder has no time is left
// out, and counted. ctx and errors are as for Recorded.
func Live(ctx context.Context, path string, cameras []string, log *slog.Logger) (*Sink, error) {
	if err := gst.CheckWriter(path); err != nil {
		return nil, err
	}
	s := newSink(path, queued+len(cameras), log)
	s.take = s.grab
	go s.work(ctx, &canvas{cameras: cameras}, newLive(cameras), openWriter)
	return s, nil
}

func newSink(path string, shots int, log *slog.Logger) *Sink {
	s := &Sink{path: path, log: log, free: make(chan *shot, shots), queue: make(chan *shot, shots), ended: make(chan struct{})}
	for range shots {
		s.free <- &shot{frame: blank()}
	}
	return s
}

// await waits for a free shot.
func (s *Sink) await(ctx context.Context) *shot {
	select {
	case shot := <-s.free:
		return shot
	case <-ctx.Done():
		return nil
	}
}

// grab takes a shot where one is free.
func (s *Sink) grab(context.Context) *shot {
	select {
	case shot := <-s.free:
		return shot
	default:
		return nil
	}
}

// Name implements sink.Sink.
func (s *Sink) Name() string { return "video" }

// Write implements sink.Sink, for a frame that failed and has no picture.
func (s *Sink) Write(_ context.Context, _ *wire.Frame, r sink.Receipt) {
	s.leftOut.Add(1)
	r.Settle(nil)
}

// View implements sink.Viewer. It settles before it returns, and allocates
// nothing once a picture of that size was seen.
func (s *Sink) View(ctx context.Context, m *wire.Frame, f *frame.Frame, r sink.Receipt) {
	shot := s.take(ctx)
	switch {
	case shot == nil:
		s.leftOut.Add(1)
	case shot.frame.Copy(f) != nil: // no memory, or no picture
		s.leftOut.Add(1)
		s.free <- shot
	default:
		shot.objects = append(shot.objects[:0], m.Objects...)
		s.queue <- shot
	}
	r.Settle(nil)
}

// Flush returns at once: nothing is unsettled.
func (s *Sink) Flush(context.Context) error { return nil }

// Close draws what waits, ends the file and says what it holds. It returns the
// error that has ended the clip early, if any.
func (s *Sink) Close() error {
	if s.closed {
		return nil
	}
	s.closed = true
	close(s.queue)
	<-s.ended
	return s.err
}

// work draws shots until Close, and ends the clip. After an error it only takes
// them out of the way.
func (s *Sink) work(ctx context.Context, c *canvas, t timeline, open opener) {
	defer close(s.ended)
	w := &clip{path: s.path, open: open, canvas: c, time: t}
	for shot := range s.queue {
		if w.failed == nil && ctx.Err() == nil {
			s.show(ctx, w, shot)
		} else {
			s.leftOut.Add(1)
		}
		s.free <- shot
	}
	s.err = w.end(ctx)
	switch {
	case s.err != nil: // told by whoever closes
	case w.written == 0:
		s.log.Warn("no annotated clip: no picture came", "file", s.path)
	default:
		s.log.Info("annotated clip", "file", s.path, "pictures", w.written,
			"time", w.last.Round(time.Millisecond), "frames_left_out", s.leftOut.Load())
	}
}

// show draws one shot. What goes wrong ends the clip and is told at once, as Close
// may be days away. A panic too: a clip is no reason to end the program.
func (s *Sink) show(ctx context.Context, w *clip, shot *shot) {
	const ended = "the annotated clip has ended early"
	defer func() {
		if v := recover(); v != nil {
			w.failed = fmt.Errorf("drawing frame %d of camera %s: panic: %v", shot.frame.Seq, shot.frame.Camera, v)
			s.log.Error(ended, "error", w.failed, "stack", string(debug.Stack()))
		}
	}()
	if err := w.show(ctx, shot); err != nil && ctx.Err() == nil {
		w.failed = err
		s.log.Warn(ended, "error", err)
	}
}

func openWriter(ctx context.Context, c gst.WriterConfig) (encoder, error) {
	w, err := gst.NewWriter(ctx, c)
	if err != nil {
		return nil, err // not w: a nil *Writer is an encoder that is not nil
	}
	return w, nil
}
