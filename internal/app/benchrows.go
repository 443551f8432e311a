package app

import (
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"braid/accel"
	"braid/accel/network"
	"braid/accel/plan"
	"braid/internal/bench"
	"braid/internal/card"
)

// benchRow is one plan that is measured.
type benchRow struct {
	*bench.Subject
	plan plan.Plan
}

func newBenchRow(name string, p plan.Plan) *benchRow {
	r := &benchRow{Subject: &bench.Subject{Name: name, Plan: p.ID()}, plan: p}
	if p.Predicted != nil {
		r.Predicted = p.Predicted.FPS
	}
	return r
}

// rowAuto is the row of the plan that --plan auto runs.
const rowAuto = "auto"

// BenchRows are the names of the rows that --rows takes.
func BenchRows() []string { return append(plan.AblationRows(), rowAuto) }

// benchRows makes the rows of a call, and says which of the default ones the
// network has no place for. chosen makes auto, and the plans that are named.
func benchRows(o BenchOptions, n *network.Network, c *card.Card, chosen func(choice string) (plan.Plan, error)) (rows []*benchRow, left []bench.LeftOut, err error) {
	a := ablation(o, n, c)
	names := o.Rows
	if len(names) == 0 && len(o.Plans) == 0 {
		names = BenchRows()
	}
	for _, name := range names {
		p, err := rowPlan(name, a, chosen)
		switch {
		case errors.Is(err, plan.ErrNoCut) && len(o.Rows) == 0:
			left = append(left, bench.LeftOut{Name: name, Why: err.Error()})
		case err != nil:
			return nil, nil, as(ErrInvalid, fmt.Errorf("row %s: %w", name, err))
		default:
			rows = append(rows, newBenchRow(name, p))
		}
	}
	for _, choice := range o.Plans {
		p, err := chosen(choice)
		if err != nil {
			return nil, nil, err
		}
		rows = append(rows, newBenchRow(strings.TrimSuffix(filepath.Base(choice), ".yaml"), p))
	}
	if !o.Sweep {
		return rows, left, nil
	}
	more, err := sweep(a)
	return append(rows, more...), left, err
}

func rowPlan(name string, a plan.Ablation, chosen func(choice string) (plan.Plan, error)) (plan.Plan, error) {
	if name == rowAuto {
		return chosen(rowAuto)
	}
	p, err := a.Plan(name)
	if err != nil {
		return plan.Plan{}, err
	}
	if err := p.Validate(); err != nil { // the flag's devices may be anything
		return plan.Plan{}, Usage(fmt.Errorf("--devices %v: %w", a.Devices, err))
	}
	return p, nil
}

// ablation is what the rows are made of: cuts that break up nothing which a
// runtime fuses.
func ablation(o BenchOptions, n *network.Network, c *card.Card) plan.Ablation {
	a := plan.Ablation{Model: planRef(c), Precision: plan.Precision(o.Precision), Cores: runtime.GOMAXPROCS(0)}
	for _, d := range o.Devices {
		a.Devices = append(a.Devices, accel.DeviceID(d))
	}
	if len(a.Devices) == 0 {
		a.Devices = []accel.DeviceID{host}
	}
	for _, cut := range n.Cuts() {
		if all := cut.WorkBefore + cut.WorkAfter; cut.Mark == network.Plain && all > 0 {
			a.Cuts = append(a.Cuts, plan.CutShare{At: cut.At, Before: float64(cut.WorkBefore) / float64(all)})
		}
	}
	return a
}

// sweep are the plans of row streams with other numbers of streams, and with
// other numbers of frames in flight.
func sweep(a plan.Ablation) ([]*benchRow, error) {
	base, err := a.Plan(plan.RowStreams)
	if err != nil {
		return nil, err
	}
	var rows []*benchRow
	add := func(varied string, n int, p plan.Plan) {
		r := newBenchRow(fmt.Sprintf("%s=%d", varied, n), p)
		r.Sweep, r.N = varied, n
		rows = append(rows, r)
	}
	streams := base.Segments[0].Devices[0].Streams
	for _, n := range doubling(streams) {
		add("streams", n, base.WithStreams(n))
	}
	for _, n := range doubling(base.InFlight) {
		p := base
		p.InFlight = n
		add("in_flight", n, p)
	}
	return rows, nil
}

// doubling are 1, 2, 4 … up to twice n, and n.
func doubling(n int) []int {
	out := []int{n}
	for v := 1; v <= 2*n; v *= 2 {
		out = append(out, v)
	}
	slices.Sort(out)
	return slices.Compact(out)
}
