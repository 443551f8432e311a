package video

import (
	"context"
	"math"
	"time"

	"braid/internal/frame"
	"braid/internal/gst"
)

// encoder takes the pictures of a clip: a *gst.Writer.
type encoder interface {
	Write(ctx context.Context, planes [3]frame.Plane, pts time.Duration) error
	Close(ctx context.Context) error
}

type opener func(ctx context.Context, c gst.WriterConfig) (encoder, error)

// clip draws frames onto its canvas and writes that. A canvas is written when a
// frame comes for a tile whose last picture was not written yet: so each frame
// is seen once, and a mosaic changes as often as the fastest of its cameras.
type clip struct {
	path    string
	open    opener
	canvas  *canvas
	time    timeline
	encoder encoder // nil before the first picture
	at      time.Duration
	last    time.Duration // of the picture that was written last
	written int
	failed  error // what has ended it early
}

func (w *clip) show(ctx context.Context, s *shot) error {
	if w.canvas.picture == nil {
		if err := w.canvas.begin(s.frame); err != nil {
			return err
		}
	}
	at, t := w.time.at(s.frame), w.canvas.tileOf(s.frame.Camera)
	if t == nil {
		return nil
	}
	if t.fresh {
		if err := w.write(ctx, at-t.at); err != nil {
			return err
		}
	}
	if err := w.canvas.paint(t, s); err != nil {
		return err
	}
	t.at, t.fresh = at, true
	w.at = max(w.at, at)
	return nil
}

// write writes the canvas as it is. period is the time from one picture to the
// next.
func (w *clip) write(ctx context.Context, period time.Duration) (err error) {
	p := w.canvas.picture
	if w.encoder == nil {
		w.encoder, err = w.open(ctx, gst.WriterConfig{
			Path: w.path, Format: p.Format, Color: p.Color, Width: p.Width, Height: p.Height, FPS: rate(period),
		})
		if err != nil {
			return err
		}
	}
	at := w.at
	if w.written > 0 {
		at = max(at, w.last+time.Millisecond)
	}
	if err := w.encoder.Write(ctx, p.Planes, at); err != nil {
		return err
	}
	w.last, w.written = at, w.written+1
	for i := range w.canvas.tiles {
		w.canvas.tiles[i].fresh = false
	}
	return nil
}

// rate is the frame rate that a clip says of itself.
func rate(period time.Duration) float64 {
	return math.Round(1000*min(max(1/period.Seconds(), 1), 120)) / 1000
}

// end writes what is still on the canvas, unless the clip has failed, and ends
// the file. It returns the first error.
func (w *clip) end(ctx context.Context) error {
	err := w.failed
	if err == nil && ctx.Err() == nil && w.canvas.picture != nil {
		err = w.write(ctx, usual)
	}
	if w.encoder == nil {
		return err
	}
	if closed := w.encoder.Close(ctx); err == nil {
		err = closed // after a failed Write it says the same
	}
	return err
}
