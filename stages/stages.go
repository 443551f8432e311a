// Package stages runs the channel graph: Jobs move from Node to Node over
// bounded edges, one owner at a time, and come out in the order in which their
// camera delivered them. Channels live only here; the concrete stages, in the
// sub-packages, are plain methods without goroutines.
package stages

import (
	"context"
	"errors"
	"fmt"
	"time"

	"braid/accel"
	"braid/internal/frame"
)

// Stage does one step on a Job, in place. One goroutine uses it.
type Stage interface {
	// Process returns nil also where the frame is at fault: it sets j.Err. An
	// error that it returns stops the graph.
	Process(ctx context.Context, j *Job) error
	Close() error
}

// Paced is a Stage that only enqueues, and may have no room for the next Job yet when
// this one goes on.
type Paced interface {
	Stage
	// Limited is whether it is ever short of room.
	Limited() bool
	// Room waits until it has, behind each Process. What became of the Job that it waits
	// for is told where that is awaited.
	Room(ctx context.Context)
}

// Node is a Stage placed in the graph.
type Node struct {
	Name    string
	Workers int // streams, or replicas on several devices; at least 1
	Queue   int // capacity of the edge behind it
	// Release says that nobody behind this Node looks at the pixels: a Job's Frame
	// goes back to its Pool here. Otherwise it does when the Job was emitted.
	Release bool
	// Expect is the time that a Job should take in Process; 0: nothing is expected.
	// Where the median is over 25 % away from it, the Graph logs that.
	Expect time.Duration
	// Spare says which workers take a Job only where none of the others is free for it;
	// nil: none. At least one worker is not spare, and the edge in front has a capacity.
	Spare func(worker int) bool
	// New makes the Stage of one worker, 0 .. Workers-1. It is called before the
	// graph runs, from one goroutine.
	New func(worker int) (Stage, error)
}

func (n Node) isSpare(worker int) bool { return n.Spare != nil && n.Spare(worker) }

// spares is how many workers are spare.
func (n Node) spares() (count int) {
	for w := range n.Workers {
		if n.isSpare(w) {
			count++
		}
	}
	return count
}

// Object is one detection. The box is x, y (top left), width, height as
// fractions of the frame as the camera sent it.
type Object struct {
	Class int
	Score float32
	Box   [4]float32
}

// Geometry maps pixels of the network's input to pixels of the frame:
// frame = (input - Off) * Scale.
type Geometry struct {
	ScaleX, ScaleY float32
	OffX, OffY     float32
}

// Job is one frame's trip through the graph. Jobs are made at start, one for
// each Bindings, and used again: their number is the plan's in_flight.
type Job struct {
	frame.Meta
	Frame    *frame.Frame // nil behind the Node that releases it, and once the Job has failed
	Bindings *accel.Bindings
	Geometry Geometry
	Objects  []Object    // detect's result, memory kept between frames
	Ready    accel.Event // of the last segment that was started; nil: nothing to wait for

	Err    error  // the frame's failure, or nil
	Failed string // the node that failed it

	Admitted time.Time       // when the Job got its frame
	Times    []time.Duration // per Node, in order: time in Process

	lane   *lane  // the merge of its camera
	ticket uint64 // its place there
	next   *Job   // the one after it that waits there
}

// NewJob makes a Job around a Bindings.
func NewJob(b *accel.Bindings) *Job { return &Job{Bindings: b} }

// ReleaseFrame gives the Frame back to its Pool, once.
func (j *Job) ReleaseFrame() {
	if j.Frame != nil {
		j.Frame.Release()
		j.Frame = nil
	}
}

// Await waits for what Segments have enqueued for j. A failure of that is the frame's
// and becomes j.Err; only a lost device, which stops the graph, is returned.
func (j *Job) Await(ctx context.Context) error {
	if j.Ready == nil {
		return nil
	}
	err := j.Ready.Wait(ctx)
	if err == nil {
		return nil
	}
	err = fmt.Errorf("waiting for the network: %w", err)
	if errors.Is(err, accel.ErrDeviceLost) {
		return err
	}
	j.Err = err
	return nil
}

// Intake is where the graph asks for frames when it has room for one.
type Intake interface {
	// Next waits for a frame of any camera. It returns io.EOF when no frame will
	// come any more, ctx's cause when ctx ends first.
	Next(ctx context.Context) (*frame.Frame, error)
}
