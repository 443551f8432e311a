package app

import (
	"context"
	"errors"
	"time"

	"braid/accel/plan"
	"braid/internal/bench"
)

// course is what plans are measured on.
type course interface {
	open(ctx context.Context, p plan.Plan) (contender, error)
	// decode is the CPU time of decoding one frame, in milliseconds.
	decode(ctx context.Context, d time.Duration) (float64, error)
	Close() error
}

// contender is a plan that has been set up on a course. It may be measured again
// and again.
type contender interface {
	measure(ctx context.Context, m *benchMeter) (bench.Sample, error)
	graphOf() *pipeline
	Close() error
}

func (p *pipeline) graphOf() *pipeline { return p }

// benchStand keeps contenders set up from round to round, since that may take
// longer than a measurement. Where memory is short it keeps one at a time.
type benchStand struct {
	course course
	open   map[*benchRow]contender
	grown  int64 // the most memory that one has taken, bytes
	alone  bool  // keep none
}

// get sets a row's plan up, unless it is.
func (s *benchStand) get(ctx context.Context, r *benchRow) (contender, error) {
	if c := s.open[r]; c != nil {
		return c, nil
	}
	before, _ := freeMemory()
	if len(s.open) > 0 && before < 2*s.grown {
		s.alone = true
		if err := s.closeAll(); err != nil {
			return nil, err
		}
	}
	c, err := s.course.open(ctx, r.plan)
	if err != nil && len(s.open) > 0 && ctx.Err() == nil { // it may be the memory of a device
		s.alone = true
		if err := s.closeAll(); err != nil {
			return nil, err
		}
		c, err = s.course.open(ctx, r.plan)
	}
	if err != nil {
		return nil, err
	}
	after, _ := freeMemory()
	s.grown = max(s.grown, before-after)
	s.open[r] = c
	return c, nil
}

// rest frees what has been measured, where memory is short.
func (s *benchStand) rest() error {
	if !s.alone {
		return nil
	}
	return s.closeAll()
}

// closeAll frees all contenders.
func (s *benchStand) closeAll() error {
	var errs []error
	for _, c := range s.open {
		errs = append(errs, c.Close())
	}
	clear(s.open)
	return errors.Join(errs...)
}
