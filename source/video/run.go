package video

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"braid/internal/frame"
	"braid/internal/gst"
	"braid/source"
)

// gate is what Run needs of a source.Gate.
type gate interface {
	Lockstep() bool
	Asked(ctx context.Context) error
	Offer(ctx context.Context, pts time.Duration) (*frame.Frame, error)
	Put(ctx context.Context, f *frame.Frame) error
	Abandon(f *frame.Frame)
}

// Run plays the source into g: see source.Source. It ends with nil at the end of
// a recording; a camera that ends its stream is an error (ErrEnded). How long a
// camera may be silent its supervisor knows. A live source's stream times go on from
// one Run to the next, over the time in between. What a damaged recording still has is
// delivered before the error (source.ErrTruncated).
func (s *Source) Run(ctx context.Context, g *source.Gate) error { return s.run(ctx, g) }

func (s *Source) run(ctx context.Context, g gate) error {
	if !s.plan.live {
		s.time = timeline{}
	}
	t := &s.time
	for first := true; ; first = false {
		err := s.play(ctx, g, t, first)
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case errors.Is(err, source.ErrClosed):
			return err
		case err != nil:
			return fmt.Errorf("playing %s: %w", s.label(), s.redact.Err(err))
		case !s.plan.loop:
			return nil
		}
		t.restart()
	}
}

// play runs the pipeline once, to the end of the stream.
func (s *Source) play(ctx context.Context, g gate, t *timeline, first bool) (err error) {
	if err := s.precheck(); err != nil {
		return err
	}
	options := s.plan.options
	options.Lockstep = g.Lockstep()
	r, err := gst.Open(ctx, options)
	if err != nil {
		return s.explain(ctx, err)
	}
	defer func() {
		if stuck := r.Close(); stuck != nil {
			s.abandon(r.Freed(), stuck)
			err = cmp.Or(err, stuck)
		}
	}()
	p := player{s: s, r: r, gate: g, time: t, again: first && t.begun}
	if err := p.pump(ctx); !errors.Is(err, io.EOF) {
		return s.explain(ctx, err)
	}
	for _, w := range r.Warnings() {
		s.log.Warn("GStreamer warned", "camera", s.cfg.Name, "element", w.Element, "text", s.redact.Text(w.Text), "debug", s.redact.Text(w.Debug))
	}
	if first {
		err := p.damage()
		if err != nil && !s.plan.loop {
			return err
		}
		if err != nil { // what is there goes round
			s.log.Warn("the recording is damaged", "camera", s.cfg.Name, "error", s.redact.Err(err))
		}
	}
	switch {
	case p.frames == 0:
		return fmt.Errorf("%w: the stream ended before its first frame", ErrNoVideo)
	case s.plan.endless || s.plan.launch && r.Live():
		return ErrEnded
	}
	return nil
}

// precheck finds what GStreamer would say badly or not at all: a local camera
// that is gone, a recording without its index, a driver in which all hangs.
func (s *Source) precheck() error {
	if n := s.left.Load(); n >= maxLeft {
		return fmt.Errorf("%d pipelines of this camera have not stopped yet: opening no other", n)
	}
	if s.plan.file != "" {
		return checkIndex(s.plan.file)
	}
	if s.plan.device != "" {
		return checkDevice(s.plan.device)
	}
	return nil
}

// player is one run of the pipeline.
type player struct {
	s    *Source
	r    *gst.Reader
	gate gate
	time *timeline

	again  bool          // the first frame goes on behind that of an earlier Run
	frames int           // that came out of the decoder
	end    time.Duration // where the last of them ended, stream time
	hole   time.Duration // where the first gap between them is
	holes  int
}

// pump moves frames from the Reader into the Gate until either ends. It
// allocates nothing.
func (p *player) pump(ctx context.Context) error {
	for {
		if err := p.gate.Asked(ctx); err != nil {
			return err
		}
		begin := time.Now()
		sample, err := p.r.Next(ctx)
		if err != nil {
			return err
		}
		arrived := time.Now()
		if p.frames == 0 {
			p.s.learn(p.r, sample)
		}
		p.count(sample)
		if p.again {
			p.time.resume(arrived.Sub(p.s.last))
			p.again = false
		}
		p.s.last = arrived
		pts := p.time.next(sample.PTS, sample.Duration, sample.FPS)
		f, err := p.gate.Offer(ctx, pts)
		if err != nil {
			return err
		}
		if f == nil {
			continue
		}
		copying := time.Now()
		if err := fill(f, sample); err != nil {
			p.gate.Abandon(f)
			return err
		}
		f.PTS = pts
		f.Clock, f.Capture, f.Since = p.s.plan.capture(sample, arrived)
		f.Decode = time.Since(copying)
		if !p.s.plan.live {
			f.Decode += arrived.Sub(begin)
		}
		if err := p.gate.Put(ctx, f); err != nil {
			return err
		}
	}
}

// maxAge is the longest way through a pipeline that is believed; beyond it the
// time stamps are not those of the pipeline's clock.
const maxAge = 10 * time.Second

// capture is when a frame was taken: by the camera's own clock where its RTCP
// sender reports tell it; else, for a live source, when it arrived at this host,
// which is its time stamp on the pipeline's clock, before depacketising and
// decoding; else not known. Clock "wall" leaves the camera's clock out, "pts" all
// but the stream's time stamps; "rtcp" is what happens anyhow.
//
// since is that by this host's clock: of a camera whose own tells the time of capture, too.
func (p *plan) capture(s *gst.Sample, arrived time.Time) (clock frame.Clock, at, since time.Time) {
	if p.live && p.clock != "pts" {
		since = arrived
		if p.aged && s.Timed && s.Age > 0 && s.Age < maxAge {
			since = arrived.Add(-s.Age)
		}
	}
	switch {
	case p.clock == "pts":
		return frame.ClockPTS, time.Time{}, since
	case !s.Captured.IsZero() && p.clock != "wall":
		return frame.ClockRTCP, s.Captured, since
	case !p.live:
		return frame.ClockPTS, time.Time{}, since
	}
	return frame.ClockWall, since, since
}

// learn notes what only a running stream knows.
func (s *Source) learn(r *gst.Reader, sample *gst.Sample) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.info.Decoder = r.Decoder()
	if s.plan.file == "" {
		return
	}
	d, ok := r.Duration()
	if !ok {
		return
	}
	s.info.Duration = d
	if !s.plan.loop {
		s.info.Frames = int64(d.Seconds()*sample.FPS + 0.5)
	}
}

// maxLeft bounds the pipelines of one camera that were left behind and still hold
// what they hold.
const maxLeft = 3

// abandon counts a pipeline that did not stop in time. It frees itself when it
// does; this camera goes on with another one.
func (s *Source) abandon(freed <-chan struct{}, stuck error) {
	s.mu.Lock()
	s.info.Abandoned++
	n := s.info.Abandoned
	s.mu.Unlock()
	s.left.Add(1)
	go func() {
		<-freed
		s.left.Add(-1)
	}()
	s.log.Error("the pipeline did not stop and is left behind", "camera", s.cfg.Name, "error", s.redact.Err(stuck), "left_behind", n)
}
