package app

import (
	"fmt"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"

	"braid/accel/network"
)

// InspectOptions are the flags of braid model inspect.
type InspectOptions struct {
	Choice
	Layers bool
}

// ModelInspect shows what a network is made of.
func ModelInspect(env *Env, o InspectOptions) error {
	n, c, err := openNetwork(env, o.Model)
	if err != nil {
		return err
	}
	report := struct {
		Model string `json:"model,omitempty"`
		network.Summary
		Cuts   int             `json:"cuts"`
		Layers []network.Layer `json:"layers,omitempty"`
	}{Summary: n.Summary(), Cuts: len(n.Cuts())}
	if o.Layers {
		report.Layers = n.Layers()
	}
	if c != nil {
		report.Model = c.ID()
	}
	if env.JSON {
		return writeJSON(env.Out, report)
	}
	t := newTable(env.Out)
	if c != nil {
		t.AppendRow(table.Row{"model", c.ID()})
		t.AppendRow(table.Row{"head", c.Head.Kind})
	}
	s := report.Summary
	t.AppendRow(table.Row{"producer", strings.TrimSpace(s.Producer + " " + s.ProducerVersion)})
	t.AppendRow(table.Row{"opset", opsets(s.Opsets)})
	t.AppendRow(table.Row{"inputs", describe(s.Inputs)})
	t.AppendRow(table.Row{"outputs", describe(s.Outputs)})
	t.AppendRow(table.Row{"parameters", fmt.Sprintf("%d (%.1f MiB)", s.Parameters, float64(s.ParameterBytes)/(1<<20))})
	t.AppendRow(table.Row{"multiply-adds", fmt.Sprintf("%d (%.2f GFLOP)", s.Work, float64(2*s.Work)/1e9)})
	t.AppendRow(table.Row{"peak activation", fmt.Sprintf("%.1f MiB", float64(s.PeakActivationBytes)/(1<<20))})
	t.AppendRow(table.Row{"layers", s.Nodes})
	t.AppendRow(table.Row{"cut points", report.Cuts})
	for _, op := range s.Ops {
		t.AppendRow(table.Row{"  " + op.Op, op.Count})
	}
	t.Render()
	if o.Layers {
		fmt.Fprintln(env.Out)
		writeLayers(env, report.Layers)
	}
	return nil
}

func opsets(sets []network.Opset) string {
	var parts []string
	for _, s := range sets {
		parts = append(parts, strings.TrimSpace(fmt.Sprintf("%s %d", s.Domain, s.Version)))
	}
	return strings.Join(parts, ", ")
}

func writeLayers(env *Env, layers []network.Layer) {
	t := newTable(env.Out)
	t.AppendHeader(table.Row{"layer", "operator", "multiply-adds", "parameter KiB", "output KiB", "outputs"})
	for _, l := range layers {
		row := table.Row{l.Name, l.Op, l.Work, kib(l.ParameterBytes), kib(l.ActivationBytes), describe(l.Outputs)}
		if l.Constant {
			row[2], row[3], row[4] = "folded", "", ""
		}
		t.AppendRow(row)
	}
	t.Render()
}

func kib(bytes int64) string { return fmt.Sprintf("%.1f", float64(bytes)/1024) }
