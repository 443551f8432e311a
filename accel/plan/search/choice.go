package search

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"braid/accel"
	"braid/accel/plan"
)

// Choice is what Choose found.
type Choice struct {
	Chosen     Candidate
	Candidates []Candidate // the best of each kind, the simplest first; the chosen one is among them
	// Runners are the best of each kind, number of segments and number of devices that are better than
	// simpler ones of their kind, with the fewest streams that are as good and with all; Candidates are
	// among them. They are for whoever knows of plans what the bounds leave out.
	Runners     []Candidate
	Unavailable []Unavailable // devices that were not used, and why
	BoundFPS    float64       // no plan in the space that was searched is faster; 0 where the goal is not the rate
	Gap         float64       // (BoundFPS - FPS of the chosen) / FPS of the chosen
	LimitFPS    float64       // no way at all to cut and spread the network is faster, without contention
	Exact       bool          // the search came to its end
	Cameras     *Fit          // of objective streams
}

// Candidate is a plan and what it is expected to do. A kind without any plan has
// only Kind and Rejected.
type Candidate struct {
	Kind       Kind
	Plan       plan.Plan
	FPS        float64
	LatencyMS  float64 // from prep to detect, with all frames in flight; with cameras, of the last frame of a burst
	Bottleneck string  // a device, "streams of" or "threads of" it, cores, prep, detect or in_flight
	Memory     int64   // bytes of all bindings
	Joules     float64 // of a frame; 0 without watts
	Rejected   string  // why it was not chosen; "" of the chosen one
	Most       int     // frames in flight for which the devices have the memory
	Enough     bool    // of objective streams: it carries all cameras

	layout layout
	value  float64
}

// Unavailable is a device that no plan uses.
type Unavailable struct {
	Device accel.DeviceID
	Why    string
}

// Choose finds the plan for a goal. devices are those of the machine, of which only
// those in the profile are used; none means all of the profile. Among plans that
// are within 2 % of the best it takes the simplest: by kind, then by
// segments, devices and streams; see Simplest and Sure. Errors wrap ErrGoal, ErrProfile, ErrCut, ErrNoDevice
// or ErrNoPlan.
func Choose(p plan.Profile, devices []accel.Device, g Goal) (Choice, error) {
	g, err := g.check(p)
	if err != nil {
		return Choice{}, err
	}
	m, err := prepared(p, devices, &g)
	if err != nil {
		return Choice{}, err
	}
	if g.Objective == Latency && g.Budget == 0 {
		if err := m.leastBudget(&g); err != nil {
			return Choice{}, err
		}
	}
	if g.Objective == Cameras {
		return m.chooseCameras(p, &g)
	}
	s := newHunt(m, &g, m.all(), g.MaxSegments)
	s.run()
	return m.choice(p, &g, s)
}

// prepared is the machine with the goal's limits on it.
func prepared(p plan.Profile, devices []accel.Device, g *Goal) (*machine, error) {
	m := machineOf(p, devices, g)
	if len(m.devices) == 0 {
		return nil, fmt.Errorf("%w: the profile has %s, the machine %s", ErrNoDevice, idsOf(p), listOf(devices))
	}
	if len(m.devices) > maxDevices {
		return nil, fmt.Errorf("%w: %d devices are more than %d: leave some out", ErrProfile, len(m.devices), maxDevices)
	}
	m.allow(g.Cuts)
	m.cpu = WeighDecode(m.cpu, g.Cameras)
	m.final = g.Objective != FPS && (g.Objective != Latency || g.Budget == 0)
	if g.Objective == Energy {
		for _, d := range m.devices {
			if !hasWatts(p, d.id) {
				return nil, fmt.Errorf("%w: objective energy needs watts of %s in the profile", ErrGoal, d.id)
			}
		}
	}
	return m, nil
}

// choice prefers the simpler and gives the reasons.
func (m *machine) choice(p plan.Profile, g *Goal, s *hunt) (Choice, error) {
	best := math.Inf(-1)
	tops, leans, sure := make([]found, len(s.cells)), make([]found, len(s.cells)), make([]float64, len(s.cells))
	for i, c := range s.cells {
		leans[i] = m.leanest(c, g)
		tops[i] = c
		if leans[i].value > c.value {
			tops[i] = leans[i] // without some streams a plan may be faster than any in the space
		}
		best = max(best, tops[i].value)
		sure[i] = m.sure(tops[i].layout, tops[i].value)
	}
	out := Choice{Unavailable: m.unavailable(), Exact: s.left >= 0, LimitFPS: m.limit(g)}
	if math.IsInf(best, -1) {
		return out, fmt.Errorf("%w: %s", ErrNoPlan, m.whyNone(p, g))
	}
	i, most := Simplest(sure), slices.Max(sure)
	enough := tops[i].value - (sure[i] - (most - Tolerance*math.Abs(most)))
	out.Chosen = m.candidate(p, m.plainest(tops[i], enough, func(l layout) outcome { return m.settle(l, g) }))
	for n, cell := range s.cells {
		lean := out.Chosen
		if n != i {
			lean = m.candidate(p, leans[n])
		}
		out.Runners = append(out.Runners, lean)
		if !lean.layout.equal(cell.layout) {
			out.Runners = append(out.Runners, m.candidate(p, cell))
		}
	}
	for _, k := range kinds {
		out.Candidates = append(out.Candidates, m.judged(g, out.Runners, k, out.Chosen))
	}
	if g.aboutRate() {
		out.BoundFPS = max(best, s.open, out.Chosen.FPS)
		out.Gap = (out.BoundFPS - out.Chosen.FPS) / out.Chosen.FPS
	}
	return out, nil
}

// judged is the best candidate of a kind, by what of it counts, with the reason against it.
func (m *machine) judged(g *Goal, runners []Candidate, k Kind, chosen Candidate) Candidate {
	if k == chosen.Kind {
		return chosen
	}
	c := Candidate{Kind: k, Rejected: "no plan of this kind " + m.impossible(g, k)}
	for _, r := range runners {
		if r.Kind == k && (c.layout == nil || m.sure(r.layout, r.value) > m.sure(c.layout, c.value)) {
			c = r
			c.Rejected = c.Against(chosen, g.Objective)
		}
	}
	return c
}

// candidate is a layout as a plan.
func (m *machine) candidate(p plan.Profile, f found) Candidate {
	return Candidate{
		Kind: kindOf(f.layout), Plan: m.plan(p, f), FPS: f.fps, LatencyMS: f.latency,
		Bottleneck: f.bottleneck, Memory: f.bytes, Joules: f.joules, Most: m.mostInFlight(f.layout), layout: f.layout, value: f.value,
	}
}

// plan writes a layout as a plan.
func (m *machine) plan(p plan.Profile, f found) plan.Plan {
	out := plan.Default()
	out.Model, out.Machine = p.Model, p.Machine
	out.Prep.Workers, out.Detect.Workers = m.workers(f.fps, m.cpu.Prep), m.workers(f.fps, m.cpu.Detect)
	out.InFlight = f.inFlight
	out.Precision = m.series[f.layout[0].replicas[0].series].precision
	w := m.loadsOf(f.layout)
	for k, seg := range f.layout {
		s := plan.Segment{Streams: 1, Fallback: plan.Allow}
		if seg.to < m.units {
			s.Until = m.at[seg.to-1]
		}
		for i, r := range seg.replicas {
			from := m.series[r.series]
			d := plan.Placement{ID: m.devices[from.device].id}
			if isSlow(w.segments[k].work, i) {
				d.Spare = true
				if ms := w.segments[k].work[i].Alone; ms >= long && !m.devices[from.device].cpu {
					d.Depth = 1
				}
			}
			if r.streams > 1 {
				d.Streams = r.streams
			}
			if m.devices[from.device].cpu {
				d.Threads = from.threads
			}
			s.Devices = append(s.Devices, d)
			if from.precision != out.Precision {
				s.Precision = from.precision
			}
		}
		out.Segments = append(out.Segments, s)
	}
	if m.final {
		out = out.AlikeIfShort()
	}
	out.Predicted = &plan.Predicted{FPS: rounded(f.fps), LatencyMS: rounded(f.latency), Bottleneck: f.bottleneck}
	return out
}

// long is a run, ms, beside which the host's waking between two does not count: 60 µs at most on an H100.
const long = 1

// isSlow is whether replica i of a segment, whose runs take so many ms, is slow beside others. It is spare then: a
// frame that it takes while a fast one has room comes out later. Where its runs are long it takes one frame at a time:
// one that waits there for another comes out later by a run, and holds back, with all that follow it, what the fast
// ones did.
func isSlow(works []plan.Work, i int) bool {
	fastest := slices.MinFunc(works, func(a, b plan.Work) int { return cmp.Compare(a.Alone, b.Alone) })
	return works[i].Alone >= 2*fastest.Alone
}

// rounded keeps four digits or one behind the point: more than any profile holds.
func rounded(x float64) float64 {
	if x >= 1000 {
		return math.Round(x)
	}
	return math.Round(x*1000) / 1000
}
