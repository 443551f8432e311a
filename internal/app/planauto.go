package app

import (
	"context"
	"fmt"
	"runtime"
	"slices"

	"braid/accel"
	"braid/accel/network"
	"braid/accel/plan"
	"braid/accel/plan/search"
	"braid/accel/profile"
	"braid/internal/card"
)

// worthIt is by how much a plan must be expected to beat the default where only a
// rough profile says so.
const worthIt = 1.1

// chooser makes the plans that a command asks for by name.
type chooser struct {
	env     *Env
	runtime accel.Backend
	network *network.Network
	card    *card.Card // nil: none
	file    string     // of the network, where there is no card
}

// chooser makes the plans of a model that is open.
func (m *model) chooser(env *Env, rt accel.Backend) *chooser {
	return &chooser{env: env, runtime: rt, network: m.network, card: m.card}
}

// plan makes the plan that a choice names: auto, serial or a file.
func (c *chooser) plan(ctx context.Context, choice string) (plan.Plan, error) {
	if choice != "" && choice != "auto" {
		return choosePlan(choice, c.network, c.card)
	}
	return c.auto(ctx)
}

// auto is the plan that was chosen before, unless the model has been profiled since;
// else it chooses, says what and why, and keeps the plan: the same command has the
// same plan again. Where nothing can be told it is a stream for each core.
func (c *chooser) auto(ctx context.Context) (plan.Plan, error) {
	usual := plan.Auto(planRef(c.card), runtime.GOMAXPROCS(0))
	ref, err := profileRef(c.card, c.file)
	if err != nil {
		return usual, err
	}
	devices, err := c.runtime.Devices(ctx)
	if err != nil {
		return usual, as(ErrEnvironment, err)
	}
	machine := machineKey(devices)
	if p := keptPlan(c.env, ref, machine); p != nil {
		c.env.Log.Debug("plan chosen before", "plan", p.ID(), "layout", layoutOf(*p))
		return *p, nil
	}
	p, err := c.choose(ctx, ref, devices, usual)
	switch {
	case err == nil:
		p.Machine = machine
		keepPlan(c.env, ref, p)
		return p, nil
	case ctx.Err() != nil:
		return usual, err
	}
	// Not kept: what went wrong may be over at the next start.
	c.env.Log.Warn("no profile to choose a plan by: one stream for each core", "plan", usual.ID(), "error", oneLine(err.Error()))
	return usual, nil
}

// choose chooses by the kept profile, else by a rough measurement: of the whole
// network alone where the CPU is all there is.
func (c *chooser) choose(ctx context.Context, ref string, devices []accel.Device, usual plan.Plan) (plan.Plan, error) {
	s := &subject{env: c.env, runtime: c.runtime, network: c.network, card: c.card, ref: ref}
	from := choiceSource{devices: devices, origin: "kept profile"}
	var err error
	if p, rough := keptProfile(c.env, ref, machineKey(devices)); p != nil {
		from.profile, from.rough = *p, rough
	} else {
		o := profile.Quick()
		if !slices.ContainsFunc(devices, func(d accel.Device) bool { return d.ID.Kind() != "cpu" }) {
			o = profile.Glance()
		}
		from, err = s.roughly(ctx, devices, o)
	}
	if err != nil {
		return plan.Plan{}, err
	}
	made, err := choose(from, search.Goal{Model: ref, MaxDrop: MaxDrop}, c.network)
	if err != nil {
		return plan.Plan{}, err
	}
	return c.decide(from, made, usual), nil
}

// doubtful is whether a profile was made while the machine had other work: one
// frame on each core was then hardly faster than one frame alone.
func doubtful(p plan.Profile) bool {
	one := map[plan.Series]float64{}
	for _, s := range p.Streams { // the smaller numbers first
		at := plan.Unit{Device: s.Device, Threads: s.Threads, Precision: s.Precision}.Series()
		switch {
		case s.Device.Kind() != "cpu" || s.Threads != 1:
		case s.N == 1:
			one[at] = s.Rate
		case s.N == p.Cores && s.Rate > 0 && s.Rate < 1.2*one[at]:
			return true
		}
	}
	return false
}

// decide takes the choice, or the usual plan where a rough profile promises little
// more than that, and logs which.
func (c *chooser) decide(from choiceSource, made *chosen, usual plan.Plan) plan.Plan {
	best := made.Chosen
	if from.rough && doubtful(from.profile) {
		c.env.Log.Info("plan chosen", "plan", usual.ID(), "layout", layoutOf(usual), "why", "a stream for each core: the machine is too busy to measure")
		return usual
	}
	if from.rough {
		if fps, err := expectedRate(from.profile, usual); err == nil && best.FPS < worthIt*fps {
			c.env.Log.Info("plan chosen", "plan", usual.ID(), "layout", layoutOf(usual), "predicted_fps", fmt.Sprintf("%.1f", fps),
				"why", "a stream for each core; the rough profile promises little more of "+string(best.Kind))
			return usual
		}
	}
	c.env.Log.Info("plan chosen", "plan", best.Plan.ID(), "layout", layoutOf(best.Plan), "predicted_fps", fmt.Sprintf("%.1f", best.FPS),
		"bottleneck", best.Bottleneck, "from", from.origin, "why", made.why())
	return best.Plan
}
