// Package infer is the Stage that runs one Segment. It owns an Exec and the
// Calls that bind it to every Job's tensors; it owns no tensors.
package infer

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"braid/accel"
	"braid/stages"
)

var _ stages.Paced = (*Stage)(nil)

// Stage runs a Segment on a device, one Job after the other.
type Stage struct {
	name  string
	exec  accel.Exec
	calls []accel.Call // by Bindings.Index

	given []accel.Event // the last frames, as many as may be on the device at once, a ring; nil: any number
	next  int
}

// New binds exec to all Bindings of the graph, whose indices are 0 to
// len(all)-1 in any order. The Stage owns exec from here on: where New fails, it
// has closed it. The Bindings must outlive the Stage.
//
// depth is how many frames may be on the device at once; 0 is any number. Stages of one
// node on unequal devices need a limit: a device that only enqueues is always ready for
// more, so that without one they would take turns, however long each has to do.
func New(name string, exec accel.Exec, all []*accel.Bindings, depth int) (*Stage, error) {
	s := &Stage{name: name, exec: exec, calls: make([]accel.Call, len(all)), given: make([]accel.Event, depth)}
	for _, b := range all {
		if err := s.bind(b); err != nil {
			return nil, errors.Join(fmt.Errorf("%s, job %d: %w", name, b.Index, err), s.Close())
		}
	}
	return s, nil
}

func (s *Stage) bind(b *accel.Bindings) error {
	if b.Index < 0 || b.Index >= len(s.calls) {
		return fmt.Errorf("its index is not below %d", len(s.calls))
	}
	if s.calls[b.Index] != nil {
		return errors.New("its index is taken twice")
	}
	call, err := s.exec.Bind(b)
	if err != nil {
		return err
	}
	s.calls[b.Index] = call
	return nil
}

// Process starts the Segment behind j.Ready and makes its event the new j.Ready.
// A failure is the Job's, and j.Ready stays: what earlier Segments enqueued may
// still write the Bindings. A lost device is returned, which stops the graph.
func (s *Stage) Process(ctx context.Context, j *stages.Job) error {
	ready, err := s.calls[j.Bindings.Index].Start(ctx, j.Ready)
	if err == nil {
		j.Ready = ready
		if len(s.given) > 0 {
			s.given[s.next] = ready
			s.next = (s.next + 1) % len(s.given)
		}
		return nil
	}
	err = fmt.Errorf("%s: %w", s.name, err)
	if errors.Is(err, accel.ErrDeviceLost) {
		return err
	}
	j.Err = err
	return nil
}

// Limited is whether there is a limit to the frames on the device.
func (s *Stage) Limited() bool { return len(s.given) > 0 }

// Room waits until the oldest of as many frames as may be on the device at once is done. A
// failure is that frame's, which whoever waits for it at the end is told.
func (s *Stage) Room(ctx context.Context) {
	if len(s.given) == 0 {
		return
	}
	switch e := s.given[s.next].(type) {
	case nil:
	case accel.OwnEvent: // what came before it is in use again
		_ = e.WaitOwn(ctx)
	default:
		_ = e.Wait(ctx)
	}
}

// Close closes the Calls, then the Exec. The work of every Call must have been
// waited for. Closing twice does nothing.
func (s *Stage) Close() error {
	if s.exec == nil {
		return nil
	}
	var errs []error
	for _, c := range slices.Backward(s.calls) {
		if c != nil {
			errs = append(errs, c.Close())
		}
	}
	errs = append(errs, s.exec.Close())
	s.calls, s.exec = nil, nil
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("closing %s: %w", s.name, err)
	}
	return nil
}
