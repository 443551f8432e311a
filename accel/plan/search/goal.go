package search

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"braid/accel/plan"
	"braid/internal/strict"
)

// What Choose refuses. Profiles, goals and cuts are the user's (exit 3); a device
// that is not there is the machine's (exit 4).
var (
	ErrGoal     = errors.New("goal cannot be asked for")
	ErrProfile  = errors.New("profile cannot be used")
	ErrCut      = errors.New("no such cut point")
	ErrNoDevice = errors.New("no device of the profile is on this machine")
	ErrNoPlan   = errors.New("no plan meets the goal")
)

// Objective is what a plan is chosen for.
type Objective string

// The objectives, as flags spell them.
const (
	FPS     Objective = "fps"     // most frames a second
	Latency Objective = "latency" // most frames a second within the budget; least latency without one
	Cameras Objective = "streams" // the cheapest plan that keeps up with cameras
	Energy  Objective = "energy"  // least joules a frame
)

// leastLatency is the first half of Latency without a budget: to find what the budget
// is.
const leastLatency Objective = "least latency"

// aboutRate is whether plans are compared by their rates.
func (g *Goal) aboutRate() bool { return g.Objective != Energy && g.Objective != leastLatency }

// Values are all objectives.
func (Objective) Values() []string { return []string{"fps", "latency", "streams", "energy"} }

// UnmarshalText refuses anything else.
func (o *Objective) UnmarshalText(text []byte) error {
	*o = Objective(text)
	return strict.OneOf(text, o.Values())
}

// Goal is what a plan is wanted for. The zero Goal is the highest rate.
type Goal struct {
	Objective   Objective
	Budget      float64          // ms of latency that a frame may take; 0: any
	MinFPS      float64          // a plan must reach it; 0: any
	Cameras     []CameraGroup    // of objective streams
	Model       string           // as plan.ModelRef writes it: the profile must be of it; "": any
	Precisions  []plan.Precision // those allowed, whatever they lose; none: all that the profile has
	MaxDrop     float64          // mAP that a precision may lose where the profile has it, absolute
	Cuts        []string         // cut points allowed; none: all that the profile has
	MaxSegments int              // 0: 4
	Steps       int              // of the search, after which it gives up and says the gap; 0: 60 million, some ten seconds

	least bool // nobody asked for Budget: it is the least latency that was found
}

const (
	defaultSegments = 4
	defaultSteps    = 60_000_000
	// MaxDrop is the mAP that braid's users give up for speed unless they say otherwise.
	MaxDrop = 0.002
	// Tolerance is by how much a simpler plan may be worse.
	Tolerance = 0.02
)

// check refuses a goal that contradicts itself or the profile, and fills in what
// is left open.
func (g Goal) check(p plan.Profile) (Goal, error) {
	if g.Objective == "" {
		g.Objective = FPS
	}
	if g.MaxSegments == 0 {
		g.MaxSegments = defaultSegments
	}
	if g.Steps == 0 {
		g.Steps = defaultSteps
	}
	bad := func(format string, args ...any) (Goal, error) {
		return g, fmt.Errorf("%w: %s", ErrGoal, fmt.Sprintf(format, args...))
	}
	switch {
	case !slices.Contains(g.Objective.Values(), string(g.Objective)):
		return bad("objective: %v", strict.OneOf([]byte(g.Objective), g.Objective.Values()))
	case !(g.Budget >= 0) || math.IsInf(g.Budget, 1):
		return bad("budget: %v ms is no time that a frame can take", g.Budget)
	case !(g.MinFPS >= 0) || math.IsInf(g.MinFPS, 1):
		return bad("min_fps: %v is no rate", g.MinFPS)
	case !(g.MaxDrop >= 0 && g.MaxDrop <= 1):
		return bad("max_drop: %v is not within 0 to 1", g.MaxDrop)
	case g.Objective == Cameras && len(g.Cameras) == 0:
		return bad("objective streams needs cameras, such as 16x1080p@15")
	case g.Objective != Cameras && len(g.Cameras) > 0:
		return bad("cameras are for objective streams, not for %s", g.Objective)
	case g.Objective == Cameras && g.MinFPS > 0:
		return bad("min_fps: the cameras say the rate")
	case g.MaxSegments < 1 || g.Steps < 1:
		return bad("segments and steps must be 1 or more")
	case g.Objective == Energy && len(p.Watts) == 0:
		return bad("objective energy needs watts in the profile, and there are none")
	}
	for _, c := range g.Cuts {
		if !slices.ContainsFunc(p.Units, func(u plan.Unit) bool { return u.At == c && c != "" }) {
			return g, fmt.Errorf("%w: %q: the profile has %s", ErrCut, c, cutNames(p))
		}
	}
	return g, checkProfile(p, g)
}

func checkProfile(p plan.Profile, g Goal) error {
	switch {
	case len(p.Units) == 0:
		return fmt.Errorf("%w: it has no units: measure one with braid profile", ErrProfile)
	case p.Cores < 1:
		return fmt.Errorf("%w: cores: %d, want 1 or more", ErrProfile, p.Cores)
	}
	if g.Model == "" || p.Model == "" {
		return nil
	}
	if err := (plan.Plan{Model: p.Model}).For(g.Model); err != nil {
		return fmt.Errorf("%w: model: measured of %s, not of %s: measure that one", ErrProfile, p.Model, g.Model)
	}
	return nil
}

// cutNames are the first cut points of a profile, for messages.
func cutNames(p plan.Profile) string {
	_, units := p.BySeries()
	var names []string
	for _, u := range units[p.Units[0].Series()] {
		if u.At != "" {
			names = append(names, u.At)
		}
	}
	if len(names) == 0 {
		return "none"
	}
	more := ""
	if len(names) > 4 {
		names, more = names[:4], " …"
	}
	return strings.Join(names, ", ") + more
}

// demand is the rate of all cameras together, and their number.
func (g *Goal) demand() (fps float64, cameras int) {
	for _, c := range g.Cameras {
		fps += float64(c.N) * c.FPS
		cameras += c.N
	}
	return fps, cameras
}
