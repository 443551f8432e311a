package app

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"braid/accel/plan"
	"braid/accel/plan/search"
	"braid/accel/sim"
	"braid/accel/sim/des"
	"braid/internal/atomicfile"
	"braid/internal/bench"
	"braid/source"
)

// simDrawn is how many frames of the steady state are drawn.
const simDrawn = 24

// simOptions are those of a simulated measurement of a plan with so many frames in flight: long enough that
// the rates of other seeds differ by half a hundredth (standard deviation), where frames in flight are enough.
func simOptions(inFlight int) des.Options {
	return des.Options{Warmup: max(500, 4*inFlight), Frames: max(4000, 50*inFlight)}
}

// simulated is what the simulator says of the chosen plan on its profile.
type simulated struct {
	FPS  float64            `json:"fps"`
	P50  float64            `json:"p50_ms"` // from admission to emit, as fast as frames are taken
	P99  float64            `json:"p99_ms"`
	Busy map[string]float64 `json:"busy"`
	// Cameras is what the plan does with the cameras that it was chosen for.
	Cameras *simulatedCameras `json:"cameras,omitempty"`
	trace   []bench.Piece
}

// simulatedCameras are cameras that send at their rate, in turn within a period. Those of
// different rates are taken as so many of the mean rate.
type simulatedCameras struct {
	Cameras int     `json:"cameras"`
	P50     float64 `json:"p50_ms"` // from the camera to emit
	P99     float64 `json:"p99_ms"`
	Dropped float64 `json:"dropped"` // of the frames that the cameras send
}

// simVaries is the coefficient of variation of segments on devices. Of 46 plans measured in two runs on H200s, 36
// are predicted within 5 % with it and from 4.2 % too high to 0.8 % too low on the mean of each run and kind, 35 with
// 0.4 and 7.6 to 1.1 % too high (docs/results.md). Frames that wait for their order behind a late one are in flight: a plan
// that has just enough of them for constant times lost up to 9 % there.
const simVaries = 0.6

// simEnough is how near to the best rate that more frames in flight give a plan must
// come, and simMost how many times the planned frames are tried.
const (
	simEnough = 0.99
	simMost   = 4
)

// simBottleneck is what limits a plan that the simulator says is slower than the bounds.
const simBottleneck = "order and waiting (sim)"

// refine holds every runner of the search against the simulator, which knows what the search's
// bounds leave out: waiting for others of different length, and the order that is
// restored behind them. A plan gets as many frames in flight as its rate needs there, of times that vary,
// and the lower of both rates is what is predicted. Of each kind, and of all, the simplest that is near
// the best is taken, see search.Simplest. A profile that has not all that the simulator needs for the chosen one stays
// with the bounds; a runner for which it has not is not taken.
func (c *chosen) refine() error {
	if _, c.unsimulated = systemOf(c.profile, c.Chosen.Plan); c.unsimulated != nil {
		c.alikeIfShort()
		return nil //nolint:nilerr // the bounds stand, and explain says why
	}
	switch {
	case c.goal.Objective == "" || c.goal.Objective == search.FPS:
	case c.goal.Objective == search.Latency && c.goal.Budget > 0:
	default:
		return nil
	}
	sure := make([]float64, len(c.Runners))
	for i := range c.Runners {
		k := &c.Runners[i]
		if _, err := systemOf(c.profile, k.Plan); err != nil { // the profile lacks what this one needs
			sure[i] = math.Inf(-1)
			continue
		}
		if err := c.settle(k); err != nil {
			return err
		}
		sure[i] = c.worth(*k)
	}
	best := c.pick(sure)
	if best < 0 {
		return c.none()
	}
	for i := range c.Candidates {
		c.Candidates[i] = c.bestOf(c.Candidates[i], sure)
	}
	c.take(c.Runners[best])
	return nil
}

// pick is the simplest runner near the best by what each is worth; of those with the same segments on the same
// devices, and other streams, the one that answers soonest, where that is in nine tenths of its time and near the best too.
func (c *chosen) pick(worth []float64) int {
	i := search.Simplest(worth)
	if i < 0 {
		return i
	}
	near := slices.Max(worth)
	near -= search.Tolerance * math.Abs(near)
	best := i
	for n, r := range c.Runners {
		if worth[n] >= near && alike(r.Plan, c.Runners[i].Plan) && r.LatencyMS < 0.9*c.Runners[best].LatencyMS {
			best = n
		}
	}
	return best
}

// alike is whether two plans have the same segments on the same devices, whatever their streams.
func alike(a, b plan.Plan) bool {
	return slices.EqualFunc(a.Segments, b.Segments, func(s, o plan.Segment) bool {
		return s.Until == o.Until && slices.EqualFunc(s.Devices, o.Devices, func(d, e plan.Placement) bool { return d.ID == e.ID })
	})
}

// alikeIfShort leaves no plan spare devices that would have no frames, where nobody can say how many they need.
func (c *chosen) alikeIfShort() {
	c.Chosen.Plan = c.Chosen.Plan.AlikeIfShort()
	for _, list := range [2][]search.Candidate{c.Candidates, c.Runners} {
		for i := range list {
			list[i].Plan = list[i].Plan.AlikeIfShort()
		}
	}
}

// bestOf is the runner that stands for a candidate's kind, given what of each runner's rate counts; the
// candidate itself where its kind has no plan.
func (c *chosen) bestOf(k search.Candidate, sure []float64) search.Candidate {
	own := slices.Clone(sure)
	for i, r := range c.Runners {
		if r.Kind != k.Kind {
			own[i] = math.Inf(-1)
		}
	}
	if i := c.pick(own); i >= 0 {
		return c.Runners[i]
	}
	if i := slices.IndexFunc(c.Runners, func(r search.Candidate) bool { return r.Kind == k.Kind }); i >= 0 {
		return c.Runners[i]
	}
	return k
}

// settle gives a candidate its frames in flight and its prediction. Slow devices that the search made spare, or gave one
// frame at a time, take frames like the others where that is faster: they may be idle while frames pile up behind.
func (c *chosen) settle(k *search.Candidate) error {
	alike := *k
	alike.Plan = k.Plan.Alike()
	said := *k.Plan.Predicted
	alike.Plan.Predicted = &said
	same := alike.Plan.ID() == k.Plan.ID()
	planned := min(max(k.Plan.InFlight, k.Plan.UsualInFlight()), k.Most)
	fill := func(k *search.Candidate, least int) error {
		if c.goal.Budget > 0 {
			return c.within(k)
		}
		return c.fill(k, least, planned)
	}
	if err := fill(k, planned); err != nil || same {
		return err
	}
	if err := fill(&alike, k.Plan.InFlight); err != nil { // no fewer, so that it is not slower for that
		return err
	}
	if simEnough*c.worth(alike) > c.worth(*k) {
		*k = alike
	}
	return nil
}

// fill gives a candidate its frames in flight, from least to simMost times those planned, and its prediction. Planned are no
// fewer than usual: the CPU's times vary, which neither the bounds nor this simulation knows.
func (c *chosen) fill(k *search.Candidate, least, planned int) error {
	bindings := k.Memory / int64(k.Plan.InFlight)
	var rates []float64
	var runs []*des.Result
	var tried []int
	for n := least; n <= min(simMost*planned, k.Most); n += max(1, planned/2) {
		k.Plan.InFlight = n
		r, err := c.run(k.Plan)
		if err != nil {
			return err
		}
		rates, runs, tried = append(rates, r.FPS), append(runs, r), append(tried, n)
		if r.FPS >= simEnough*k.FPS {
			break
		}
	}
	most := slices.Max(rates)
	i := slices.IndexFunc(rates, func(f float64) bool { return f >= simEnough*most })
	k.Memory = bindings * int64(tried[i])
	k.Plan.InFlight = tried[i]
	if rates[i] < simEnough*k.FPS {
		k.FPS, k.Bottleneck = rates[i], simBottleneck
	}
	k.LatencyMS = latency(tried[i], k.FPS)
	c.predict(k, runs[i])
	return nil
}

// predict writes what is expected of a candidate, which was simulated, into its plan.
func (c *chosen) predict(k *search.Candidate, r *des.Result) {
	if c.profile.CPU.Decode > 0 { // else the stages would look as if nobody decoded beside them
		k.Plan.Predicted.StagesMS = stagesOf(k.Plan, r)
	}
	k.Plan.Predicted.FPS, k.Plan.Predicted.LatencyMS, k.Plan.Predicted.Bottleneck = math.Round(k.FPS*1000)/1000, math.Round(k.LatencyMS*1000)/1000, k.Bottleneck
}

// stagesOf are the milliseconds that a frame is in each stage of a plan that was simulated: the
// time that its workers have one, by how many they are and how many frames they take.
func stagesOf(p plan.Plan, r *des.Result) map[string]float64 {
	ms := map[string]float64{}
	for node, name := range p.StageNames() {
		workers := p.Prep.Workers
		switch i := node - 1; {
		case i == len(p.Segments):
			workers = p.Detect.Workers
		case i >= 0:
			workers = len(p.Replicas(i))
		}
		if t := r.Nodes[node].Occupied * float64(workers) * 1000 / r.FPS; t > 0 {
			ms[name] = math.Round(t*1e6) / 1e6
		}
	}
	return ms
}

// take makes a candidate the chosen one, and says of those that are not why.
func (c *chosen) take(best search.Candidate) {
	for i := range c.Candidates {
		k := &c.Candidates[i]
		switch {
		case k.Kind == best.Kind:
			*k = best
			k.Rejected = ""
			c.settleOn(*k)
		case len(k.Plan.Segments) == 0:
		case !c.meets(*k):
			k.Rejected = c.misses(*k)
		default:
			k.Rejected = k.Against(best, search.FPS)
		}
	}
}

// settleOn makes a candidate the chosen one.
func (c *chosen) settleOn(k search.Candidate) {
	c.Chosen = k
	if c.BoundFPS > 0 {
		c.Gap = (c.BoundFPS - k.FPS) / k.FPS
	}
}

// expectedRate is the rate of any plan as it is, by a profile: the bounds', and no more than the simulator's where
// the profile has what that needs, as refine predicts it.
func expectedRate(profile plan.Profile, p plan.Plan) (fps float64, err error) {
	is, err := search.Predict(profile, p)
	if err != nil || p.Serial { // one frame at a time waits for nothing
		return is.FPS, err
	}
	system, err := systemOf(profile, p)
	if err != nil {
		return is.FPS, nil //nolint:nilerr // the bounds stand
	}
	r, err := des.Run(system, simOptions(p.InFlight))
	if err != nil {
		return 0, err
	}
	if r.FPS < simEnough*is.FPS {
		return r.FPS, nil
	}
	return is.FPS, nil
}

// run simulates a plan on the profile, with frames as fast as they are taken.
func (c *chosen) run(p plan.Plan) (*des.Result, error) {
	system, err := systemOf(c.profile, p)
	if err != nil {
		return nil, err
	}
	return des.Run(system, simOptions(p.InFlight))
}

// systemOf is a plan with frames as fast as they are taken.
func systemOf(profile plan.Profile, p plan.Plan) (des.System, error) {
	return systemFrom(profile, p, des.Source{Cameras: 1, Queue: source.DefaultQueue})
}

func systemFrom(profile plan.Profile, p plan.Plan, from des.Source) (des.System, error) {
	times, err := sim.NewTimes(profile, p, sim.Extras{Devices: simVaries})
	if err != nil {
		return des.System{}, fmt.Errorf("simulating the plan: %w", err)
	}
	system, err := times.System(from)
	if err != nil {
		return des.System{}, fmt.Errorf("simulating the plan: %w", err)
	}
	return system, nil
}

// simulate runs the chosen plan twice: the second time it records the middle of the
// steady state.
func (c *chosen) simulate() error {
	if c.unsimulated != nil {
		return nil //nolint:nilerr // explain says why
	}
	system, err := systemOf(c.profile, c.Chosen.Plan)
	if err != nil {
		return err
	}
	o := simOptions(c.Chosen.Plan.InFlight)
	r, err := des.Run(system, o)
	if err != nil {
		return err
	}
	c.sim = &simulated{FPS: r.FPS, P50: milliseconds(r.Latency.P50), P99: milliseconds(r.Latency.P99), Busy: map[string]float64{}}
	for _, d := range r.Devices {
		c.sim.Busy[d.Name] = d.Busy
	}
	if c.sim.Cameras, err = c.withCameras(); err != nil {
		return err
	}
	o.TraceFrom = time.Duration(float64(o.Warmup) / r.FPS * float64(time.Second))
	o.TraceTo = o.TraceFrom + time.Duration(simDrawn/r.FPS*float64(time.Second))
	if r, err = des.Run(system, o); err != nil {
		return err
	}
	c.sim.trace = piecesOf(system, r.Trace)
	return nil
}

// withCameras simulates the chosen plan with the cameras of the goal; nil where it has none.
func (c *chosen) withCameras() (*simulatedCameras, error) {
	n, rate := 0, 0.0
	for _, g := range c.goal.Cameras {
		n += g.N
		rate += float64(g.N) * g.FPS
	}
	if n == 0 {
		return nil, nil
	}
	p := c.profile
	p.CPU = search.WeighDecode(p.CPU, c.goal.Cameras)
	system, err := systemFrom(p, c.Chosen.Plan, des.Source{Cameras: n, FPS: rate / float64(n), Policy: des.DropOldest, Queue: source.DefaultQueue})
	if err != nil {
		return nil, err
	}
	o := simOptions(c.Chosen.Plan.InFlight)
	o.Warmup, o.Frames = max(o.Warmup, 4*n), max(o.Frames, 50*n)
	r, err := des.Run(system, o)
	if err != nil {
		return nil, err
	}
	return &simulatedCameras{
		Cameras: n, P50: milliseconds(r.Age.P50), P99: milliseconds(r.Age.P99),
		Dropped: float64(r.Counts.Dropped) / float64(max(1, r.Counts.Arrived)),
	}, nil
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
	if c.unsimulated != nil {
		return as(ErrInvalid, fmt.Errorf("drawing the timeline: %w", c.unsimulated))
	}
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
	if f := s.Cameras; f != nil {
		fmt.Fprintf(b, "sim: %d cameras as they send: p50 %.1f ms, p99 %.1f ms from the camera on, %.1f %% dropped\n", f.Cameras, f.P50, f.P99, 100*f.Dropped)
	}
}
