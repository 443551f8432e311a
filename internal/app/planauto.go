package app

import (
	"context"
	"fmt"
	"runtime"

	"braid/accel"
	"braid/accel/network"
	"braid/accel/plan"
	"braid/accel/plan/search"
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
		return choosePlan(choice, c.card)
	}
	return c.auto(ctx)
}

// auto chooses by the profile of this model on this machine, and says what and why.
// Where nothing can be told from a profile it is a stream for each core.
func (c *chooser) auto(ctx context.Context) (plan.Plan, error) {
	usual := plan.Auto(planRef(c.card), runtime.GOMAXPROCS(0))
	ref, err := profileRef(c.card, c.file)
	if err != nil {
		return usual, err
	}
	from, err := profiled(ctx, c.env, c.runtime, c.network, c.card, ref)
	if err != nil {
		if ctx.Err() != nil {
			return usual, err
		}
		c.env.Log.Warn("no profile to choose a plan by: one stream for each core", "plan", usual.ID(), "error", oneLine(err.Error()))
		return usual, nil
	}
	made, err := choose(from, search.Goal{Model: ref}, c.network)
	if err != nil {
		c.env.Log.Warn("the profile does not serve to choose a plan: one stream for each core", "plan", usual.ID(), "error", oneLine(err.Error()))
		return usual, nil
	}
	return c.decide(from, made, usual), nil
}

// doubtful is whether a profile was made while the machine had other work: one
// frame on each core was then hardly faster than one frame alone.
func doubtful(p plan.Profile) bool {
	one, all := 0.0, 0.0
	for _, s := range p.Streams {
		switch {
		case s.Device.Kind() != "cpu" || s.Threads != 1:
		case s.N == 1:
			one = s.Rate
		case s.N == p.Cores:
			all = s.Rate
		}
	}
	return one > 0 && all > 0 && all < 1.2*one
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
		if p, err := search.Predict(from.profile, usual); err == nil && best.FPS < worthIt*p.FPS {
			c.env.Log.Info("plan chosen", "plan", usual.ID(), "layout", layoutOf(usual), "predicted_fps", fmt.Sprintf("%.1f", p.FPS),
				"why", "a stream for each core; the rough profile promises little more of "+string(best.Kind))
			return usual
		}
	}
	c.env.Log.Info("plan chosen", "plan", best.Plan.ID(), "layout", layoutOf(best.Plan), "predicted_fps", fmt.Sprintf("%.1f", best.FPS),
		"bottleneck", best.Bottleneck, "from", from.origin, "why", made.why())
	return best.Plan
}
