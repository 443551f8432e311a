package video

import (
	"context"
	"errors"
	"fmt"
	"time"

	"braid/internal/gst"
	"braid/source"
)

// count follows the frames of a recording and notes where some are missing: a
// frame that begins more than half a frame after the one before it ended.
func (p *player) count(s *gst.Sample) {
	p.frames++
	step := stepOf(s.Duration, s.FPS)
	if s.PTS < 0 {
		return
	}
	if p.frames > 1 && s.PTS > p.end+step/2 {
		if p.holes == 0 {
			p.hole = p.end
		}
		p.holes++
	}
	p.end = s.PTS + step
}

// damage says what a recording that played to its end lacks. There are three
// marks: the container is longer than the file; the demuxer warned; frames are
// missing in the middle and more went into the decoder than came out. The last
// two only count together, because pictures may be longer than they say, and
// some codecs have data without a picture.
func (p *player) damage() error {
	if p.s.plan.file == "" {
		return nil
	}
	if err := checkContainer(p.s.plan.file); err != nil {
		return err
	}
	for _, w := range p.r.Warnings() {
		if w.Kind == gst.Damaged {
			return fmt.Errorf("%w or damaged: %w", source.ErrTruncated, classify(w))
		}
	}
	if lost := p.r.Input() - p.frames; p.holes > 0 && lost > 0 {
		return fmt.Errorf("%w or damaged: about %d frames could not be decoded, the first at %v",
			source.ErrTruncated, lost, p.hole.Round(time.Millisecond))
	}
	return nil
}

// explain turns an error of the pipeline into one that says what is wrong with
// the source, for a recording also where the file is damaged.
func (s *Source) explain(ctx context.Context, err error) error {
	var posted *gst.Error
	if errors.As(err, &posted) {
		s.log.Debug("the pipeline failed", "camera", s.cfg.Name, "element", posted.Element,
			"text", s.redact.Text(posted.Text), "debug", s.redact.Text(posted.Debug))
	}
	if s.plan.transport != "" && posted != nil && posted.Kind == gst.MissingPlugin && posted.Element == "src" && posted.Package == "" {
		return transportRefused(s.plan.transport)
	}
	stalled := errors.Is(err, gst.ErrStalled)
	err = classify(err)
	if s.plan.host != "" && posted != nil && (posted.Kind == gst.NotFound || posted.Kind == gst.Other) {
		if why := unreachable(ctx, s.plan.host); why != nil {
			return fmt.Errorf("%w: %w (%w)", source.ErrNotFound, why, posted) // which may have gone through a proxy
		}
	}
	if s.plan.file == "" || !stalled && (posted == nil || posted.Kind == gst.MissingPlugin) {
		return err
	}
	if cut := checkContainer(s.plan.file); errors.Is(cut, source.ErrTruncated) {
		return cut
	}
	if posted != nil && posted.Kind == gst.Damaged {
		return fmt.Errorf("%w or damaged: %w", source.ErrTruncated, err)
	}
	return err
}

// transportRefused is what rtspsrc calls a missing plugin: the camera has a stream, but
// does not send it that way.
func transportRefused(transport string) error {
	other := map[string]string{"tcp": "udp", "udp": "tcp"}[transport]
	return fmt.Errorf("the camera does not send its stream over %s: write transport: %s", transport, other)
}

// classify wraps an error of internal/gst in the sentinel that says what it
// means to a user.
func classify(err error) error {
	if errors.Is(err, gst.ErrStalled) {
		return source.ErrStalled
	}
	var posted *gst.Error
	if !errors.As(err, &posted) {
		return err
	}
	switch posted.Kind {
	case gst.Other, gst.Damaged, gst.DiskFull: // no sentinel of its own
	case gst.NotFound:
		return fmt.Errorf("%w: %w", source.ErrNotFound, err)
	case gst.Auth:
		return fmt.Errorf("%w: %w", source.ErrAuth, err)
	case gst.MissingPlugin:
		return fmt.Errorf("%w: %w", source.ErrMissingPlugin, err)
	case gst.NoVideo:
		return fmt.Errorf("%w: %w", ErrNoVideo, err)
	}
	return err
}
