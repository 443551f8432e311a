package synth

import (
	"context"
	"fmt"
	"time"

	"braid/internal/frame"
	"braid/source"
)

// Clock says what the frames of a Source follow.
type Clock uint8

// Stream delivers frames as fast as they are wanted, Wall one every 1/FPS
// seconds, with the time as their capture time, as a camera does.
const (
	Stream Clock = iota
	Wall
)

// Source plays a scene. It starts no goroutine.
type Source struct {
	options Options
	clock   Clock
}

// NewSource makes the Source of a scene: URL.
func NewSource(url string, clock Clock) (*Source, error) {
	o, err := Parse(url)
	if err != nil {
		return nil, fmt.Errorf("opening %w", err)
	}
	return &Source{options: o, clock: clock}, nil
}

// Info says how long the scene is. It is not live: it ends, and does not fail.
func (s *Source) Info() source.Info {
	n := s.options.Frames()
	return source.Info{
		URL: s.options.String(), Frames: int64(n),
		Duration: time.Duration(s.options.Seconds * float64(time.Second)), Decoder: "scene",
	}
}

// Run draws the scene from its start. Frames that the Gate does not want are
// not drawn.
func (s *Source) Run(ctx context.Context, g *source.Gate) error {
	scene, err := New(s.options)
	if err != nil {
		return err
	}
	pace := time.NewTimer(0)
	defer pace.Stop()
	start := time.Now()
	for i := 0; s.options.Seconds == 0 || i < s.options.Frames(); i++ {
		if s.clock == Wall {
			pace.Reset(time.Until(start.Add(s.options.PTS(i))))
			select {
			case <-pace.C:
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		}
		if err := s.deliver(ctx, g, scene, i); err != nil {
			return err
		}
	}
	return nil
}

// deliver draws frame i into the Gate.
func (s *Source) deliver(ctx context.Context, g *source.Gate, scene *Scene, i int) error {
	captured := time.Now()
	f, err := g.Offer(ctx, s.options.PTS(i))
	if f == nil {
		return err
	}
	begin := time.Now()
	if err := f.Shape(frame.RGB, s.options.Width, s.options.Height); err != nil {
		g.Abandon(f)
		return fmt.Errorf("drawing frame %d of %s: %w", i, s.options, err)
	}
	scene.Advance(i)
	scene.Paint(f.Planes[0].Data, i)
	f.PTS, f.Clock, f.Decode = s.options.PTS(i), frame.ClockPTS, time.Since(begin)
	if s.clock == Wall {
		f.Clock, f.Capture, f.Since = frame.ClockWall, captured, captured
	}
	return g.Put(ctx, f)
}
