package app

import (
	"context"
	"fmt"

	"braid/accel/plan"
	"braid/internal/card"
	"braid/internal/frame"
	"braid/stages"
)

// publishFrames is how many messages are published to tell what one costs, after a
// tenth of them for warming up; publishObjects is how many objects each has.
const (
	publishFrames  = 300
	publishObjects = 8
)

// publishTime is the CPU time that the message of a frame takes on its way, in
// milliseconds of one core: that of the whole process, which does nothing else. Each
// is on the server's disk before the next is made, as with cameras, whose frames come
// one by one.
func publishTime(ctx context.Context, env *Env, c *card.Card) (ms float64, err error) {
	b, err := newBroker(ctx, env, "profile")
	if err != nil {
		return 0, err
	}
	defer closeInto(&err, b.close)
	names := labels(c, max(1, len(c.Labels.Names)))
	e := newEmitter("profile", c.ID(), &pipeline{nodes: []string{"prep", "infer.0", "detect"}, plan: plan.Auto("", 1), labels: names}, nil)
	j := streetJob(len(names))
	v := &view{camera: j.Camera, run: "profile", timings: true}
	stored := make(settled, 1)
	begin := 0.0
	for i := range publishFrames + publishFrames/10 {
		if i == publishFrames/10 {
			begin = milliseconds(processTime())
		}
		j.Seq++
		b.sink.Write(ctx, e.message(j, v, e.now()), stored)
		select {
		case err := <-stored:
			if err != nil {
				return 0, fmt.Errorf("publishing to the server in this process: %w", err)
			}
		case <-ctx.Done():
			return 0, context.Cause(ctx)
		}
	}
	return (milliseconds(processTime()) - begin) / publishFrames, nil
}

// settled is a sink.Receipt that passes on what became of a message.
type settled chan error

func (s settled) Settle(err error) { s <- err }

// streetJob is a Job at its end, with what a street has on it.
func streetJob(classes int) *stages.Job {
	j := stages.NewJob(nil)
	j.Meta = frame.Meta{Camera: "profile", Width: 1920, Height: 1080, Clock: frame.ClockPTS}
	for i := range publishObjects {
		at := float32(i) / publishObjects
		j.Objects = append(j.Objects, stages.Object{Class: i % classes, Score: 0.5 + at/2, Box: [4]float32{at, 0.4, 0.1, 0.2}})
	}
	return j
}
