package app

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"braid/accel"
	"braid/accel/network"
	"braid/accel/plan"
	"braid/internal/card"
	"braid/sink/wire"
)

// choosePlan makes the plan that a choice names, serial or a file; auto is a
// chooser's to make. c may be nil.
func choosePlan(choice string, n *network.Network, c *card.Card) (plan.Plan, error) {
	if choice == "serial" {
		return plan.Serial(planRef(c)), nil
	}
	p, err := readPlan(choice, c)
	if err != nil {
		return plan.Plan{}, err
	}
	if i, err := n.CheckCuts(p.Cuts()); err != nil { // later nobody knows of the file any more
		return plan.Plan{}, invalidf("%s: segments[%d].until: %w", choice, i, err)
	}
	return p, nil
}

// readPlan reads a plan file and holds it against the model; c may be nil.
func readPlan(path string, c *card.Card) (plan.Plan, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return plan.Plan{}, as(ErrInvalid, fmt.Errorf("reading plan: %w", err))
	}
	p, err := plan.Parse(data, path)
	if err != nil {
		return plan.Plan{}, as(ErrInvalid, err)
	}
	if c != nil {
		if err := p.For(planRef(c)); err != nil {
			return plan.Plan{}, as(ErrInvalid, fmt.Errorf("%s: %w", path, err))
		}
	}
	return p, nil
}

// planRef is how a plan names a model, "" where there is no card.
func planRef(c *card.Card) string {
	if c == nil {
		return ""
	}
	return plan.ModelRef(accel.Model{Name: c.Name, SHA256: c.SHA256})
}

// machineKey tells machines apart as far as plans are concerned: by their
// processors, and by the runtimes that serve them beside the usual one.
func machineKey(devices []accel.Device) string {
	var parts []string
	for _, d := range devices {
		kind := d.ID.Kind()
		if r := d.ID.Runtime(); r != "" {
			kind += "-" + r
		}
		parts = append(parts, fmt.Sprintf("%s-%s-x%d", kind, wire.Slug(d.Name), max(d.Cores, 1)))
	}
	slices.Sort(parts)
	return strings.Join(parts, "+")
}
