package jedi

import (
	"fmt"
	"slices"
	"strings"

	"braid/accel/plan"
)

// The bounds of JEDI's arrays and of a plan.
const (
	maxStages  = 12
	maxStreams = 64
	maxWorkers = 64
	maxFrames  = 4096
)

// Row is what became of one knob.
type Row struct {
	Knob    string `json:"knob"`
	Value   string `json:"value"`             // as the file has it; "" where it does not
	Line    int    `json:"line,omitempty"`    // in the file
	Becomes string `json:"becomes,omitempty"` // part of the plan; "" for a knob without counterpart
	Note    string `json:"note,omitempty"`    // why it has none, or what else to know
}

// Cut is a cut point: the last layer of a stage by tkDNN's number, and the tensor
// that it ends in.
type Cut struct {
	Layer int    `json:"layer"`
	At    string `json:"at"`
}

// Import is a plan and how it came about.
type Import struct {
	Plan plan.Plan
	Cuts []Cut // between the segments
	Rows []Row // one for each knob of the file and for each default that was taken
}

// Plan makes the plan that does what JEDI does with the instance. layers names the
// tensor at the end of each layer, by tkDNN's number, as the importer of darknet
// networks gives it; it may be nil where there is one stage only. The error is a
// strict.Errors with everything that is wrong.
func (in *Instance) Plan(layers []string) (*Import, error) {
	c := &conversion{reader: reader{file: in.file}, in: in}
	c.stages = c.whole("device_num", "1", 1, maxStages)
	c.report("device_num", count(c.stages, "segment"), "")
	out := &Import{Plan: plan.Default()}
	out.Plan.Segments = make([]plan.Segment, c.stages)
	for i := range out.Plan.Segments {
		out.Plan.Segments[i].Streams, out.Plan.Segments[i].Fallback = 1, plan.Allow
	}
	if len(c.errs) == 0 { // all else counts stages
		out.Cuts = c.cuts(layers, out.Plan.Segments)
		c.placements(out.Plan.Segments)
		c.precisions(&out.Plan)
		c.counts(&out.Plan)
	}
	if err := c.errs.Err(); err != nil {
		return nil, err
	}
	c.rest()
	slices.SortStableFunc(c.rows, func(a, b Row) int { return order(a.Knob) - order(b.Knob) })
	out.Rows = c.rows
	return out, out.Plan.Validate()
}

// order is a knob's place in reports.
func order(name string) int {
	return slices.IndexFunc(knobs, func(k knob) bool { return k.name == name })
}

func count(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return fmt.Sprintf("%d %s", n, what)
}

// counts are the knobs that are one number.
func (c *conversion) counts(p *plan.Plan) {
	p.Prep.Workers = c.whole("pre_thread_num", "1", 1, maxWorkers)
	c.report("pre_thread_num", fmt.Sprintf("prep.workers %d", p.Prep.Workers), "")
	p.Detect.Workers = c.whole("post_thread_num", "1", 1, maxWorkers)
	c.report("post_thread_num", fmt.Sprintf("detect.workers %d", p.Detect.Workers), "")
	edges := c.stages + 1
	slots := c.whole("buffer_num", "2", 1, maxFrames/edges)
	p.InFlight = edges * slots
	c.report("buffer_num", fmt.Sprintf("in_flight %d", p.InFlight),
		fmt.Sprintf("%s on each of %d edges, the most frames that JEDI has inside; an in_flight of %d would keep all workers busy, with less latency and memory",
			count(slots, "slot"), edges, workers(*p)))
	c.batch()
}

// workers are all that can hold a frame, and one frame that waits for its turn: the
// in_flight of a plan that does not say its own.
func workers(p plan.Plan) int {
	n := p.Prep.Workers + p.Detect.Workers + 1
	for i := range p.Segments {
		n += len(p.Replicas(i))
	}
	return n
}

func (c *conversion) batch() {
	if !c.has("batch") {
		c.report("batch", "batch 1", "not set: JEDI has no default")
		return
	}
	if n := c.whole("batch", "1", 1, maxFrames); n > 1 {
		c.report("batch", "", "a plan runs one frame an inference: streams do the work of batches")
		return
	}
	c.report("batch", "batch 1", "")
}

// rest names the knobs without counterpart.
func (c *conversion) rest() {
	for _, k := range knobs {
		if k.lacks != "" && c.has(k.name) {
			c.report(k.name, "", k.lacks)
		}
	}
}

// join writes a row's parts that are there.
func join(parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), "; ")
}
