package search

import (
	"fmt"
	"strings"

	"braid/accel"
	"braid/accel/plan"
)

// Against is the reason why a candidate was not chosen, but another.
func (c Candidate) Against(chosen Candidate, o Objective) string {
	where := fmt.Sprintf("%s is the bottleneck at %.1f frames/s", c.Bottleneck, c.FPS)
	word, far := "slower", (chosen.FPS-c.FPS)/chosen.FPS
	if o == Energy {
		where = fmt.Sprintf("%.3g J a frame", c.Joules)
		word, far = "more", (c.Joules-chosen.Joules)/chosen.Joules
	}
	switch {
	case far > 0.0005:
		return fmt.Sprintf("%s: %s; %.3g %% %s than %s", c.Kind, where, 100*far, word, chosen.Kind)
	case far < -0.0005 && CutOnCPU(c.Plan) && !CutOnCPU(chosen.Plan):
		return fmt.Sprintf("%s: %s; %.2g %% better than %s, but of parts on the CPU alone nine tenths count", c.Kind, where, -100*far, chosen.Kind)
	case far < -0.0005:
		return fmt.Sprintf("%s: %s; only %.2g %% better than %s, which is simpler", c.Kind, where, -100*far, chosen.Kind)
	}
	return fmt.Sprintf("%s: %s; no better than %s, which is simpler", c.Kind, where, chosen.Kind)
}

// impossible says why no layout of a kind was found.
func (m *machine) impossible(g *Goal, k Kind) string {
	switch {
	case (k == Pipeline || k == Hybrid) && (m.units < 2 || g.MaxSegments < 2):
		return "is possible: the profile or the goal leaves no cut"
	case k == Pipeline && len(m.devices) < 2:
		return fmt.Sprintf("is possible on %s alone: two segments one after the other there are no faster than one", m.devices[0].id)
	}
	limits, whys := g.limits(), m.whys()
	if len(limits) == 0 && whys != "" {
		return "runs: " + whys
	}
	if whys != "" {
		limits = append(limits, whys)
	}
	if len(limits) == 0 {
		return "meets the goal"
	}
	return "meets the goal: " + strings.Join(limits, "; ")
}

// whys are the layers that devices cannot run, as the profile says it.
func (m *machine) whys() string {
	var parts []string
	for _, d := range m.devices {
		for _, s := range d.series {
			if why := m.series[s].why; why != "" {
				parts = append(parts, fmt.Sprintf("%s: %s", d.id, why))
				break
			}
		}
	}
	return strings.Join(parts, "; ")
}

// unavailable are the devices that no plan can use, or not for the whole network.
func (m *machine) unavailable() []Unavailable {
	out := m.rejected
	for _, d := range m.devices {
		for _, s := range d.series {
			if why := m.series[s].why; why != "" {
				out = append(out, Unavailable{d.id, "cannot run the whole network: " + why})
				break
			}
		}
	}
	return out
}

// limits are what a plan must keep, for messages.
func (g *Goal) limits() (list []string) {
	switch {
	case g.least:
		list = append(list, fmt.Sprintf("the least latency of all is %.4g ms", g.Budget))
	case g.Budget > 0:
		list = append(list, fmt.Sprintf("budget %.4g ms", g.Budget))
	}
	if g.MinFPS > 0 {
		list = append(list, fmt.Sprintf("min_fps %g", g.MinFPS))
	}
	return list
}

// whyNone says why no plan meets the goal.
func (m *machine) whyNone(p plan.Profile, g *Goal) string {
	parts := g.limits()
	if len(g.Precisions) > 0 {
		parts = append(parts, fmt.Sprintf("precisions %v", g.Precisions))
	}
	if whys := m.whys(); whys != "" {
		parts = append(parts, whys)
	}
	if len(parts) == 0 {
		parts = append(parts, "no copies between the memories of "+idsOf(p)+" were measured")
	}
	return strings.Join(parts, ", ")
}

// idsOf are the devices of a profile, for messages.
func idsOf(p plan.Profile) string {
	var ids []string
	order, _ := p.BySeries()
	for _, s := range order {
		if id := string(s.Device); len(ids) == 0 || ids[len(ids)-1] != id {
			ids = append(ids, id)
		}
	}
	return strings.Join(ids, ", ")
}

// listOf are the devices of a machine, for messages.
func listOf(devices []accel.Device) string {
	var ids []string
	for _, d := range devices {
		ids = append(ids, string(d.ID))
	}
	return strings.Join(ids, ", ")
}
