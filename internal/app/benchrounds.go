package app

import (
	"cmp"
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"

	"braid/accel"
	"braid/accel/plan"
	"braid/internal/bench"
	"braid/stages"
)

// benchStable is how wide half of an interval may be, as a part of the rate.
const benchStable = 0.03

// benchFewest is the least number of rounds whose interval has 95 %.
const benchFewest = 6

// timelineFrames is how many frames of the steady state are drawn.
const timelineFrames = 30

// benchRounds measures rows in turn, round after round.
type benchRounds struct {
	env     *Env
	stand   *benchStand
	gauges  *gauges
	rows    []*benchRow
	singles []*benchRow // the limit's; none: there is no limit
	o       BenchOptions
	check   func() bench.Check
	checks  []bench.Check // those that belong to no sample
}

// run measures until every row's interval is narrow enough, or for the most rounds
// that are allowed. Each round begins with another row, so that what comes and goes
// with time or follows on a certain row meets all of them.
func (b *benchRounds) run(ctx context.Context) (rounds int, err error) {
	b.checks = append(b.checks, b.check())
	for rounds < b.o.Rounds {
		turn := rounds % len(b.rows)
		rounds++
		for _, r := range slices.Concat(b.rows[turn:], b.rows[:turn]) {
			if err := b.sample(ctx, r, rounds); err != nil {
				return 0, fmt.Errorf("running plan %s (%s): %w", r.Name, r.Plan, err)
			}
		}
		if err := b.sampleLimit(ctx, rounds); err != nil {
			return 0, fmt.Errorf("measuring the limit: %w", err)
		}
		bench.Reject(b.subjects(), b.checks...)
		name, width := bench.Widest(b.measured())
		log := b.env.Log.With("round", rounds, "of", b.o.Rounds)
		if width < 1 {
			log = log.With("widest", name, "interval_percent", fmt.Sprintf("%.1f", 100*width))
		}
		log.Info("round measured")
		if rounds >= benchFewest && width <= benchStable {
			break
		}
	}
	return rounds, b.stand.closeAll()
}

// sample measures a row once, between two checks of the machine.
func (b *benchRounds) sample(ctx context.Context, r *benchRow, round int) (err error) {
	c, err := b.stand.get(ctx, r)
	if err != nil {
		return err
	}
	runtime.GC() // what the row before left behind is not this one's
	before := b.check()
	m := &benchMeter{graph: c.graphOf().graph, gauges: b.gauges.of(r.plan), warm: benchWarm, duration: b.o.Duration}
	if round == 1 && b.o.HTMLFile != "" && r.Sweep == "" {
		m.record = timelineFrames * len(c.graphOf().nodes)
	}
	if m.alone = slices.Contains(b.singles, r); m.alone {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
	}
	s, err := c.measure(ctx, m)
	if err != nil {
		return err
	}
	s.Round, s.Check = round, before.Worse(b.check())
	if m.record > 0 {
		r.Timeline = pieces(c.graphOf())
	}
	r.Samples = append(r.Samples, s)
	return b.stand.rest(r)
}

// sampleLimit measures what a frame costs one core, under each of the CPU's runtimes.
func (b *benchRounds) sampleLimit(ctx context.Context, round int) error {
	for _, r := range b.singles {
		if err := b.sample(ctx, r, round); err != nil {
			return err
		}
		ms, err := b.stand.course.decode(ctx, b.o.Duration/2)
		if err != nil {
			return err
		}
		r.Samples[len(r.Samples)-1].Decode = ms
	}
	return nil
}

// limit is that of the runtime which allows the most; nil: there is none.
func (b *benchRounds) limit(cores int) (most *bench.Limit) {
	for _, r := range b.singles {
		l := bench.LimitOf(cores, r.Subject)
		l.Device = string(r.plan.Segments[0].Devices[0].ID)
		if most == nil || l.FPS() > most.FPS() {
			most = l
		}
	}
	return most
}

// measured are the subjects of the rows, without the limit's.
func (b *benchRounds) measured() (out []*bench.Subject) {
	for _, r := range b.rows {
		out = append(out, r.Subject)
	}
	return out
}

// subjects are all that have samples.
func (b *benchRounds) subjects() []*bench.Subject {
	out := b.measured()
	for _, r := range b.singles {
		out = append(out, r.Subject)
	}
	return out
}

// scaling is that of all checks.
func (b *benchRounds) scaling() float64 {
	checks := b.checks
	for _, s := range b.subjects() {
		for _, x := range s.Samples {
			checks = append(checks, x.Check)
		}
	}
	return bench.Scaling(checks)
}

// singleThreads are the rows of the limit, one for each runtime and precision with which
// the plans use the CPU. None where a plan uses more than the CPU: no number of cores
// bounds that.
func singleThreads(rows []*benchRow, model string) (singles []*benchRow) {
	has := func(cpu accel.DeviceID, p plan.Precision) bool {
		return slices.ContainsFunc(singles, func(r *benchRow) bool {
			return r.plan.Precision == p && r.plan.Segments[0].Devices[0].ID.Same(cpu)
		})
	}
	for _, r := range rows {
		for _, s := range r.plan.Segments {
			precision := cmp.Or(s.Precision, r.plan.Precision)
			for _, d := range s.Devices {
				if d.ID.Kind() != "cpu" {
					return nil
				}
				if !has(d.ID, precision) {
					singles = append(singles, newBenchRow("one thread", plan.SingleThread(model, d.ID, precision)))
				}
			}
		}
	}
	return singles
}

// pieces are the spans of a graph as bars of a timeline, in the order of nodes and
// workers. Frames are numbered from 1, over all cameras.
func pieces(p *pipeline) (out []bench.Piece) {
	spans := p.graph.Spans()
	slices.SortStableFunc(spans, bySpanBegin)
	type key struct {
		camera string
		seq    uint64
	}
	frames := map[key]uint64{}
	for i := range spans {
		k := key{spans[i].Camera, spans[i].Seq}
		if frames[k] == 0 {
			frames[k] = uint64(len(frames) + 1)
		}
	}
	slices.SortStableFunc(spans, bySpanPlace)
	for _, s := range spans {
		from := spans[0].Begin // any one moment will do
		out = append(out, bench.Piece{
			Lane: p.lane(s.Node, s.Worker), Frame: frames[key{s.Camera, s.Seq}],
			Begin: milliseconds(s.Begin.Sub(from)), End: milliseconds(s.End.Sub(from)),
		})
	}
	return out
}

// lane names a worker: its node, a segment's device, and its number where there
// are several.
func (p *pipeline) lane(node, worker int) string {
	parts := []string{p.nodes[node]}
	workers := len(p.graph.Stats()[node].Workers)
	if i := node - 1; i >= 0 && i < len(p.segments) {
		parts = append(parts, string(p.plan.Replicas(i)[worker].Device))
	}
	if workers > 1 {
		parts = append(parts, fmt.Sprintf("#%d", worker+1))
	}
	return strings.Join(parts, " ")
}

func bySpanBegin(a, b stages.Span) int { return a.Begin.Compare(b.Begin) }

func bySpanPlace(a, b stages.Span) int {
	return cmp.Or(cmp.Compare(a.Node, b.Node), cmp.Compare(a.Worker, b.Worker), a.Begin.Compare(b.Begin))
}
