package app

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"braid/accel"
	"braid/accel/plan"
	"braid/accel/plan/search"
	"braid/accel/profile"
)

// Of how many plans the parts are measured at most, those of each for which part of the time that the profile has, building
// engines apart, and how much of the rate of a chosen plan without cuts is expected of them at least: few made over 5 % more than was
// expected, and engines take minutes.
const (
	refinedPlans = 3
	refinedShare = 4
	refinedFrom  = 0.95
)

// refined chooses anew by what the parts of plans take: those of the chosen one, then of the one that is chosen by what that told,
// and so on. The best of thousands of plans is made of parts that look better than they are, and would be promised more than it
// makes. Parts on the CPU are measured as they are, so that nothing is left to do where there is no other device. It gives
// what was chosen last with any error, and no other error than that somebody gave up waiting.
func (s *subject) refined(ctx context.Context, made *chosen, devices []accel.Device, o profile.Options) (*chosen, error) {
	if !refines(made.profile) {
		return made, nil
	}
	n, err := s.describe(ctx)
	if err != nil {
		return made, s.unrefined(ctx, err)
	}
	bar := progressIn(s.env, "/s")
	defer bar.stop()
	o.Budget /= refinedShare
	o.Log, o.Progress = s.env.Log, s.steps(bar, "parts of a plan")
	r := profile.NewRefiner(s.runtime, devices, n, made.profile, o)
	var done []plan.Plan
	for measured := 0; ; {
		next, ok := made.toRefine(done)
		if !ok || measured == refinedPlans {
			if ok && len(made.Chosen.Plan.Segments) > 1 {
				s.env.Log.Info("not all parts of the chosen plan are measured: it would be one plan more", "layout", layoutOf(next.Plan), "plans", measured)
			}
			return made, context.Cause(ctx) // to choose takes a while
		}
		done = append(done, next.Plan)
		parts, err := r.Measure(ctx, next.Plan)
		if err != nil {
			return made, s.unrefined(ctx, err)
		}
		if parts == 0 {
			continue
		}
		measured++
		s.env.Log.Info("measured the parts of a plan", "layout", layoutOf(next.Plan), "parts", parts, "expected_before", fmt.Sprintf("%.1f", next.FPS))
		again, err := choose(choiceSource{profile: r.Profile(), devices: devices, origin: made.origin}, made.goal, s.network)
		if err != nil {
			return made, s.unrefined(ctx, err)
		}
		made = again
	}
}

// unrefined says why parts of plans were not measured, or used. The profile took minutes, and is good without.
func (s *subject) unrefined(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	s.env.Log.Warn("the parts of plans are not measured: what is said of plans with cuts may be further off", "error", oneLine(err.Error()))
	return nil
}

// toRefine is the chosen plan where it has cuts and a part that can be measured, until it is done. Else, where the rate is all, it is the one
// of those near it that has cuts, parts on two such devices, is expected to make most and is not done. false where there is none.
func (c *chosen) toRefine(done []plan.Plan) (search.Candidate, bool) {
	list, least := []search.Candidate{c.Chosen}, 1
	if len(c.Chosen.Plan.Segments) == 1 && c.goal.Objective != search.Cameras {
		least = 2 // beside one, CPUs bring little
		list = slices.SortedStableFunc(slices.Values(c.Candidates), func(a, b search.Candidate) int { return cmp.Compare(b.FPS, a.FPS) })
	}
	for _, k := range list {
		isDone := slices.ContainsFunc(done, func(p plan.Plan) bool { return sameParts(p, k.Plan) })
		if len(k.Plan.Segments) > 1 && k.FPS >= refinedFrom*c.Chosen.FPS && c.measures(k.Plan) >= least && !isDone {
			return k, true
		}
	}
	return search.Candidate{}, false
}

// sameParts is whether two plans have the same segments on the same devices in the same precision.
func sameParts(a, b plan.Plan) bool {
	for i := range a.Segments {
		if !alike(a, b) || a.PrecisionOf(i) != b.PrecisionOf(i) {
			return false
		}
	}
	return true
}

// measures is on how many devices a plan is whose parts can be measured.
func (c *chosen) measures(p plan.Plan) int {
	is := map[accel.DeviceID]bool{}
	for _, s := range p.Segments {
		for _, d := range s.Devices {
			if timedIn(c.profile, d.ID) {
				is[d.ID] = true
			}
		}
	}
	return len(is)
}

// refines is whether there is a device whose parts of a plan can be measured.
func refines(p plan.Profile) bool {
	return slices.ContainsFunc(p.Units, func(u plan.Unit) bool { return timedIn(p, u.Device) })
}

// timedIn is whether a stopwatch can tell a device's parts of a plan, and it is no CPU.
func timedIn(p plan.Profile, d accel.DeviceID) bool {
	return d.Kind() != "cpu" && !slices.ContainsFunc(p.Simulated, func(o plan.SimDevice) bool { return o.ID == d })
}

// refinedProfile is a profile with what the parts of plans told, for as many frames a second as go; what there is of it with
// any error, which is that somebody gave up waiting.
func (s *subject) refinedProfile(ctx context.Context, p plan.Profile, o profile.Options) (plan.Profile, error) {
	if !refines(p) {
		return p, nil
	}
	devices, err := s.runtime.Devices(ctx)
	if err != nil {
		return p, s.unrefined(ctx, err)
	}
	devices = slices.DeleteFunc(slices.Clone(devices), func(d accel.Device) bool {
		return !slices.ContainsFunc(p.Units, func(u plan.Unit) bool { return u.Device == d.ID })
	})
	made, err := choose(choiceSource{profile: p, devices: devices, origin: "profile"}, search.Goal{Model: s.ref, MaxDrop: MaxDrop}, s.network)
	if err != nil { // which is said where a plan is asked for
		s.env.Log.Debug("no parts of a plan are measured", "error", err)
		return p, nil
	}
	made, err = s.refined(ctx, made, devices, o)
	return made.profile, err
}

// steps tells a bar of the steps of a measurement.
func (s *subject) steps(bar *progress, name string) func(step, steps int, what string) {
	return func(step, steps int, what string) {
		if step == 0 {
			bar.count(name, int64(steps))
		} else {
			bar.step()
		}
		s.env.Log.Debug("measuring", "step", step+1, "of", steps, "what", what)
	}
}
