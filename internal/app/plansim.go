package app

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"braid/accel/sim"
	"braid/accel/sim/des"
	"braid/internal/atomicfile"
	"braid/internal/bench"
)

// simWarm and simFrames are the frames before and in a simulated measurement,
// simDrawn those of which the timeline is drawn.
const (
	simWarm   = 500
	simFrames = 2000
	simDrawn  = 24
)

// simulated is what the simulator says of the chosen plan on its profile.
type simulated struct {
	FPS   float64            `json:"fps"`
	P50   float64            `json:"p50_ms"` // from admission to emit, as fast as frames are taken
	P99   float64            `json:"p99_ms"`
	Busy  map[string]float64 `json:"busy"`
	trace []bench.Piece
}

// simulate runs the chosen plan in the simulator, with frames as fast as they are
// taken, twice: the second time it records the middle of the steady state.
func (c *chosen) simulate() error {
	times, err := sim.NewTimes(c.profile, c.Chosen.Plan, sim.Extras{
		InputBytes: c.profile.Input, HandOver: time.Duration(c.profile.HandOver * float64(time.Millisecond)),
	})
	if err != nil {
		return fmt.Errorf("simulating the plan: %w", err)
	}
	system, err := times.System(des.Source{Cameras: 1, Queue: 2})
	if err != nil {
		return fmt.Errorf("simulating the plan: %w", err)
	}
	o := des.Options{Warmup: simWarm, Frames: simFrames}
	r, err := des.Run(system, o)
	if err != nil {
		return err
	}
	c.sim = &simulated{FPS: r.FPS, P50: milliseconds(r.Latency.P50), P99: milliseconds(r.Latency.P99), Busy: map[string]float64{}}
	for _, d := range r.Devices {
		c.sim.Busy[d.Name] = d.Busy
	}
	o.TraceFrom = time.Duration(simWarm / r.FPS * float64(time.Second))
	o.TraceTo = o.TraceFrom + time.Duration(simDrawn/r.FPS*float64(time.Second))
	if r, err = des.Run(system, o); err != nil {
		return err
	}
	c.sim.trace = piecesOf(system, r.Trace)
	return nil
}

// piecesOf are the trace's services as bars, a lane for each stream of each node.
func piecesOf(s des.System, trace []des.Interval) (out []bench.Piece) {
	frames := map[int]uint64{}
	for node := range s.Nodes { // lanes in the order of the graph
		for _, i := range trace {
			if i.Node != node {
				continue
			}
			if frames[i.Frame] == 0 {
				frames[i.Frame] = uint64(len(frames) + 1)
			}
			out = append(out, bench.Piece{
				Lane: fmt.Sprintf("%s %s #%d", s.Nodes[node].Name, s.Devices[i.Device].Name, i.Stream+1), Frame: frames[i.Frame],
				Begin: milliseconds(i.Start), End: milliseconds(i.End),
			})
		}
	}
	return out
}

// draw writes the timeline of the steady state.
func (c *chosen) draw(file string) error {
	title := fmt.Sprintf("sim: plan %s, %s: %s", c.Chosen.Plan.ID(), layoutOf(c.Chosen.Plan), c.origin)
	if err := atomicfile.Write(file, []byte(bench.TimelineSVG(title, c.sim.trace))); err != nil {
		return as(ErrEnvironment, fmt.Errorf("writing the timeline: %w", err))
	}
	return nil
}

// explain is what the simulator says, on one line.
func (s *simulated) explain(b *strings.Builder) {
	fmt.Fprintf(b, "sim: %.1f frames/s, p50 %.1f ms, p99 %.1f ms; busy:", s.FPS, s.P50, s.P99)
	for _, d := range slices.Sorted(maps.Keys(s.Busy)) {
		fmt.Fprintf(b, " %s %.0f %%", d, 100*s.Busy[d])
	}
	b.WriteString("\n")
}
