package app

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"braid/accel"
	"braid/accel/network"
	"braid/accel/plan"
	"braid/accel/plan/search"
	"braid/accel/profile"
	"braid/internal/atomicfile"
	"braid/internal/bench"
	"braid/internal/card"
)

// MaxDrop is the mAP that a precision may lose unless a flag says otherwise.
const MaxDrop = search.MaxDrop

// PlanOptions are the flags of braid plan.
type PlanOptions struct {
	Choice
	Profile   string // FILE of braid profile --out; "": the kept one, else a quick measurement
	WhatIf    string // FILE of declared devices
	Objective string
	Budget    time.Duration
	Cameras   string
	MinFPS    float64
	Segments  int
	Precision []string
	MaxDrop   float64 // mAP that a precision may lose
	Explain   bool
	Measure   int      // how many candidates run before one is kept
	Inputs    []string // for them: recordings; none: frames in memory
	Copies    int
	Duration  time.Duration
	Out       string // FILE.yaml
	Timeline  string // FILE.svg
}

// PlanChoose chooses a plan for a model and explains it.
func PlanChoose(ctx context.Context, env *Env, o PlanOptions) (err error) {
	ctx, stop := env.untilDrain(ctx)
	defer stop()
	goal, err := o.goal()
	if err != nil {
		return err
	}
	used := append(modelFiles(env, o.Model), o.Profile, o.WhatIf)
	if err := checkOutFiles(slices.Concat(used, pathsOf(o.Inputs), namedByEnv(env)), outFile{"--out", o.Out}, outFile{"--timeline", o.Timeline}); err != nil {
		return err
	}
	n, c, err := openNetwork(env, o.Model)
	if err != nil {
		return err
	}
	if goal.Model, err = profileRef(c, o.Model); err != nil {
		return err
	}
	from, rt, err := o.source(ctx, env, n, c, goal.Model)
	if err != nil {
		return err
	}
	if rt != nil {
		defer closeInto(&err, rt.Close)
	}
	made, err := choose(from, goal, n)
	if err != nil {
		return err
	}
	if o.Measure > 0 {
		s := &subject{env: env, runtime: rt, network: n, card: c, ref: goal.Model}
		if made, err = s.refined(ctx, made, from.devices, profile.Full()); err != nil {
			return err
		}
		if err := o.measure(ctx, env, rt, made); err != nil {
			return err
		}
	}
	if err := made.simulate(); err != nil {
		return err
	}
	if o.Timeline != "" {
		if err := made.draw(o.Timeline); err != nil {
			return err
		}
	}
	if o.Out != "" {
		text, err := made.Chosen.Plan.Marshal()
		if err != nil {
			return err
		}
		if err := atomicfile.Write(o.Out, text); err != nil {
			return as(ErrEnvironment, fmt.Errorf("writing the plan: %w", err))
		}
	}
	return made.print(env, o.Explain, o.Out)
}

// numbers refuses figures of flags that no plan could have. The comparisons are
// written so that they refuse what is not a number too.
func (o PlanOptions) numbers() error {
	switch {
	case o.Budget < 0:
		return Usage(fmt.Errorf("--budget %v is less than 0", o.Budget))
	case !(o.MinFPS >= 0 && o.MinFPS <= math.MaxFloat64):
		return Usage(fmt.Errorf("--min-fps %v is no rate: want 0 or more", o.MinFPS))
	case !(o.MaxDrop >= 0 && o.MaxDrop <= 1):
		return Usage(fmt.Errorf("--max-drop %v is not within 0 to 1", o.MaxDrop))
	}
	return nil
}

// errSlowMeasure is of goals that are not about the rate.
var errSlowMeasure = errors.New("--measure keeps the fastest plan, which --objective energy does not ask for, nor latency without --budget: leave it out")

// goal is what the flags ask for.
func (o PlanOptions) goal() (search.Goal, error) {
	if err := o.numbers(); err != nil {
		return search.Goal{}, err
	}
	g := search.Goal{Budget: float64(o.Budget) / float64(time.Millisecond), MinFPS: o.MinFPS, MaxSegments: o.Segments, MaxDrop: o.MaxDrop}
	if err := g.Objective.UnmarshalText([]byte(o.objective())); err != nil {
		return g, Usage(fmt.Errorf("--objective: %w", err))
	}
	if o.Measure > 0 && (g.Objective == search.Energy || g.Objective == search.Latency && g.Budget == 0) {
		return g, Usage(errSlowMeasure)
	}
	for _, text := range o.Precision {
		var p plan.Precision
		if err := p.UnmarshalText([]byte(text)); err != nil {
			return g, Usage(fmt.Errorf("--precision: %w", err))
		}
		g.Precisions = append(g.Precisions, p)
	}
	if o.Cameras != "" {
		var err error
		if g.Cameras, err = search.ParseCameras(o.Cameras); err != nil {
			return g, Usage(fmt.Errorf("--cameras: %w", err))
		}
	}
	return g, nil
}

// objective is the flag's, or the one that the cameras mean.
func (o PlanOptions) objective() string {
	if o.Objective == "" && o.Cameras != "" {
		return string(search.Cameras)
	}
	return first(o.Objective, string(search.FPS))
}

// choiceSource is what a plan is chosen from.
type choiceSource struct {
	profile plan.Profile
	devices []accel.Device // none: all of the profile
	origin  string         // of the profile, for people
	rough   bool           // it was made in seconds
}

// source finds the profile. The runtime is open where this machine's devices are
// meant, and then the caller's to close.
func (o PlanOptions) source(ctx context.Context, env *Env, n *network.Network, c *card.Card, ref string) (choiceSource, accel.Backend, error) {
	if o.WhatIf != "" {
		if o.Measure > 0 {
			return choiceSource{}, nil, Usage(errWhatIfMeasure)
		}
		from, err := whatIf(ctx, env, o, n, ref)
		return from, nil, err
	}
	if o.Profile != "" {
		if o.Measure > 0 {
			return choiceSource{}, nil, Usage(errors.New("--measure runs plans on this machine: leave out --profile"))
		}
		p, err := readProfile(o.Profile)
		return choiceSource{profile: p, origin: o.Profile}, nil, err
	}
	rt, err := openRuntime(env, o.Backend)
	if err != nil {
		return choiceSource{}, nil, err
	}
	from, err := profiled(ctx, env, rt, n, c, ref)
	if err != nil {
		return from, nil, errors.Join(err, rt.Close())
	}
	return from, rt, nil
}

// profiled is the profile that was kept of a model on this machine, else a quick one
// made now.
func profiled(ctx context.Context, env *Env, rt accel.Backend, n *network.Network, c *card.Card, ref string) (choiceSource, error) {
	devices, err := rt.Devices(ctx)
	if err != nil {
		return choiceSource{}, as(ErrEnvironment, err)
	}
	if p, rough := keptProfile(env, ref, machineKey(devices)); p != nil {
		return choiceSource{*p, devices, "kept profile", rough}, nil
	}
	s := &subject{env: env, runtime: rt, network: n, card: c, ref: ref}
	return s.roughly(ctx, devices, profile.Quick())
}

// roughly measures a quick profile and keeps it, unless other work disturbed it.
func (s *subject) roughly(ctx context.Context, devices []accel.Device, o profile.Options) (choiceSource, error) {
	s.env.Log.Info("no profile of this model on this machine yet: measuring roughly; `braid profile` does it well", "model", s.ref)
	p, err := s.measure(ctx, nil, o)
	if err != nil {
		return choiceSource{}, fmt.Errorf("measuring a quick profile: %w", err)
	}
	if doubtful(p) {
		s.env.Log.Warn("the rough profile is not kept: other work on this machine disturbed it")
		return choiceSource{p, devices, "disturbed profile", true}, nil
	}
	if len(p.Units) > len(seriesIn(p)) { // else it has no cut, and would keep a better one from being made
		if err := writeProfile(p, profilePath(s.env, s.ref, p.Machine, true)); err != nil {
			s.env.Log.Warn("the quick profile is not kept", "error", err)
		}
	}
	return choiceSource{p, devices, "quick profile", true}, nil
}

func seriesIn(p plan.Profile) []plan.Series {
	order, _ := p.BySeries()
	return order
}

// chosen is a choice with what it was made from.
type chosen struct {
	search.Choice
	goal    search.Goal
	profile plan.Profile
	origin  string
	sim     *simulated

	unsimulated error       // why there is no sim
	measured    []bench.Row // of --measure
}

// choose holds the profile against the network and chooses.
func choose(from choiceSource, goal search.Goal, n *network.Network) (*chosen, error) {
	known := map[string]bool{}
	for _, cut := range n.Cuts() {
		known[cut.At] = true
	}
	for _, u := range from.profile.Units {
		if u.At != "" && !known[u.At] {
			return nil, invalidf("%s: units: the network cannot be cut at %q: measure it anew with `braid profile`", from.origin, u.At)
		}
	}
	c, err := search.Choose(from.profile, from.devices, goal)
	switch {
	case errors.Is(err, search.ErrNoDevice):
		return nil, as(ErrEnvironment, err)
	case err != nil:
		return nil, as(ErrInvalid, err)
	}
	made := &chosen{Choice: c, goal: goal, profile: from.profile, origin: from.origin}
	return made, made.refine()
}

// why is the decision in a few words.
func (c *chosen) why() string {
	var against []string
	for _, other := range c.Candidates {
		if other.Rejected != "" && len(other.Plan.Segments) > 0 {
			against = append(against, other.Rejected)
		}
	}
	return strings.Join(against, "; ")
}
