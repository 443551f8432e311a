package app

import (
	"context"
	"errors"
	"time"

	"braid/accel/hostcpu"
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

// benchStand keeps contenders set up from round to round where that takes longer than
// patience, as building an engine does. Those that are quick are set up anew each time: a
// place in memory is worth 2 to 3 %, and the row that came first would keep its own. Where
// memory is short it keeps none.
type benchStand struct {
	course   course
	patience time.Duration
	open     map[*benchRow]contender
	slow     map[*benchRow]bool
	grown    int64 // the most memory that one has taken, bytes
	alone    bool  // keep none
}

func newBenchStand(c course, patience time.Duration) *benchStand {
	return &benchStand{course: c, patience: patience, open: map[*benchRow]contender{}, slow: map[*benchRow]bool{}}
}

// get sets a row's plan up, unless it is.
func (s *benchStand) get(ctx context.Context, r *benchRow) (contender, error) {
	if c := s.open[r]; c != nil {
		return c, nil
	}
	start := time.Now()
	_, before, _ := hostcpu.Memory() // 0 where the system does not tell
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
	_, after, _ := hostcpu.Memory()
	s.grown = max(s.grown, before-after)
	s.open[r], s.slow[r] = c, time.Since(start) > s.patience
	return c, nil
}

// rest frees a row that has been measured, where it is quick to set up again or memory is
// short.
func (s *benchStand) rest(r *benchRow) error {
	if s.slow[r] && !s.alone {
		return nil
	}
	c := s.open[r]
	delete(s.open, r)
	return c.Close()
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
