package plan

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"braid/accel"
)

// The rows of the ablation, in order: each adds one kind of parallelism to the
// one before.
const (
	RowSerial      = "serial"
	RowOverlap     = "overlap"
	RowStreams     = "streams"
	RowPipeline    = "pipeline"
	RowDuplication = "duplication"
)

// AblationRows are the names of all rows that Ablation makes, in order.
func AblationRows() []string {
	return []string{RowSerial, RowOverlap, RowStreams, RowPipeline, RowDuplication}
}

// ErrNoCut is returned where a row needs more cut points than a network offers.
var ErrNoCut = errors.New("too few cut points")

// CutShare is a cut point and the share of the network's work in front of it, 0 to 1.
type CutShare struct {
	At     string
	Before float64
}

// Ablation is what the rows of an ablation are made for. It knows how work is
// spread, not how fast a device is: a row shows what a kind of parallelism brings
// without a planner's knowledge.
type Ablation struct {
	Model     string // as ModelRef writes it
	Precision Precision
	Cores     int              // of the CPU
	Devices   []accel.DeviceID // that the network is spread over; at least one
	Cuts      []CutShare       // those that may be used, in the network's order
}

// deviceStreams is how many streams keep one accelerator busy: one more computes
// while another's frame is handed over, and a large GPU has room for several
// networks (docs/nvidia.md). More add latency.
const deviceStreams = 4

// Plan makes the plan of a row. It is ErrNoCut where the network has too few cut
// points.
func (a Ablation) Plan(row string) (Plan, error) {
	switch row {
	case RowSerial:
		return a.serial(), nil
	case RowOverlap:
		return a.spread([]Segment{segment(a.Devices[0], 1)}), nil
	case RowStreams:
		return a.streams(), nil
	case RowPipeline:
		return a.pipeline()
	case RowDuplication:
		return a.duplication()
	}
	return Plan{}, fmt.Errorf("ablation has no row %q", row)
}

func (a Ablation) serial() Plan {
	p := Serial(a.Model)
	p.Segments[0].Devices[0].ID = a.Devices[0]
	p.Precision = a.precision()
	return p
}

// streams is frame-level data parallelism: the whole network on every device, on
// the CPU with one thread for each core.
func (a Ablation) streams() Plan {
	s := Segment{Fallback: Allow, Streams: 1}
	for _, d := range a.Devices {
		s.Devices = append(s.Devices, a.whole(d))
	}
	return a.spread([]Segment{s})
}

func (a Ablation) whole(d accel.DeviceID) Placement {
	if d.Kind() == "cpu" {
		return Placement{ID: d, Streams: max(1, a.Cores), Threads: 1}
	}
	return Placement{ID: d, Streams: deviceStreams}
}

// pipeline is one segment on each device, with an even share of the work: at most
// three, and two where there is but one device.
func (a Ablation) pipeline() (Plan, error) {
	n := a.stages()
	targets := make([]float64, n-1)
	for i := range targets {
		targets[i] = float64(i+1) / float64(n)
	}
	segments, err := a.cutAt(targets)
	if err != nil {
		return Plan{}, err
	}
	for i := range segments {
		d := a.Devices[i%len(a.Devices)]
		segments[i].Devices = []Placement{{ID: d}}
		if d.Kind() == "cpu" {
			segments[i].Devices[0].Threads = max(1, a.Cores/n)
		} else {
			segments[i].Streams = 2
		}
	}
	return a.spread(segments), nil
}

func (a Ablation) stages() int { return min(max(2, len(a.Devices)), 3) }

// duplication is two segments of which the second has more replicas, cut so that
// each replica has an even share of the work (partial network duplication of the
// letter). On one device the replicas are streams: on the CPU one for each core,
// and three at least. On several, the second segment is on all but the first.
func (a Ablation) duplication() (Plan, error) {
	replicas, later := a.Devices[0], a.Devices[1:]
	many := len(later)
	switch {
	case many > 1:
	case replicas.Kind() == "cpu":
		many = max(3, a.Cores) - 1
	default:
		many = 2
	}
	segments, err := a.cutAt([]float64{1 / float64(1+many)})
	if err != nil {
		return Plan{}, err
	}
	segments[0].Devices = []Placement{a.one(replicas)}
	if len(later) > 1 {
		for _, d := range later {
			segments[1].Devices = append(segments[1].Devices, a.one(d))
		}
		return a.spread(segments), nil
	}
	last := a.Devices[len(a.Devices)-1]
	segments[1].Devices, segments[1].Streams = []Placement{a.one(last)}, many
	return a.spread(segments), nil
}

// one is a replica of one thread.
func (Ablation) one(d accel.DeviceID) Placement {
	if d.Kind() == "cpu" {
		return Placement{ID: d, Threads: 1}
	}
	return Placement{ID: d}
}

// cutAt makes segments without devices, cut where the share of work is nearest to
// each of the targets, which ascend.
func (a Ablation) cutAt(targets []float64) ([]Segment, error) {
	if len(a.Cuts) < len(targets) {
		return nil, fmt.Errorf("%w: the network offers %d and %d are needed", ErrNoCut, len(a.Cuts), len(targets))
	}
	var out []Segment
	from := 0
	for i, t := range targets {
		left := a.Cuts[from : len(a.Cuts)-(len(targets)-1-i)] // the targets behind need one each
		at := 0
		for k, c := range left {
			if math.Abs(c.Before-t) < math.Abs(left[at].Before-t) {
				at = k
			}
		}
		out = append(out, Segment{Until: left[at].At, Streams: 1, Fallback: Allow})
		from += at + 1
	}
	return append(out, Segment{Streams: 1, Fallback: Allow}), nil
}

// spread is a plan of the segments in which prep, segments and detect overlap.
func (a Ablation) spread(segments []Segment) Plan {
	p := Default()
	p.Model, p.Precision, p.Segments = a.Model, a.precision(), segments
	if a.Cores >= 4 {
		p.Prep.Workers = 2
	}
	p.InFlight = p.workers() + 1
	return p
}

func (a Ablation) precision() Precision {
	if a.Precision == "" {
		return FP32
	}
	return a.Precision
}

// SingleThread is a plan whose parts disturb each other as little as they can: one
// frame at a time, the whole network on one thread of the CPU under one of its
// runtimes. What a part takes under it is what it costs.
func SingleThread(model string, cpu accel.DeviceID, precision Precision) Plan {
	p := Serial(model)
	p.Precision = precision
	p.Segments[0].Devices[0] = Placement{ID: cpu, Threads: 1}
	return p
}

// WithStreams is the plan with n streams on each device of its only segment, and
// as many frames in flight more or fewer.
func (p Plan) WithStreams(n int) Plan {
	p.Segments = slices.Clone(p.Segments)
	s := &p.Segments[0]
	s.Devices = slices.Clone(s.Devices)
	before := len(p.Replicas(0))
	for i := range s.Devices {
		s.Devices[i].Streams = n
	}
	p.InFlight += len(p.Replicas(0)) - before
	return p
}
