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
	Layers bool // list every layer
}

// ModelInspect shows what a network is made of.
func ModelInspect(env *Env, o InspectOptions) error {
	n, c, err := openNetwork(env, o.Model)
	if err != nil {
		return err
	}
	s := n.Summary()
	report := struct {
		Model string `json:"model,omitempty"`
		network.Summary
		Cuts   int             `json:"cuts"`
		Layers []network.Layer `json:"layers,omitempty"`
	}{Summary: s, Cuts: len(n.Cuts())}
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
	t.AppendRow(table.Row{"producer", strings.TrimSpace(s.Producer + " " + s.ProducerVersion)})
	t.AppendRow(table.Row{"opset", opsets(s.Opsets)})
	t.AppendRow(table.Row{"inputs", describe(s.Inputs)})
	t.AppendRow(table.Row{"outputs", describe(s.Outputs)})
	t.AppendRow(table.Row{"parameters", fmt.Sprintf("%d (%.1f MiB)", s.Parameters, float64(s.ParameterBytes)/(1<<20))})
	t.AppendRow(table.Row{"work", fmt.Sprintf("%.3f G multiply-adds a frame", float64(s.Work)/1e9)})
	t.AppendRow(table.Row{"activations", fmt.Sprintf("%.1f MiB at once", float64(s.PeakActivationBytes)/(1<<20))})
	t.AppendRow(table.Row{"layers", s.Nodes})
	t.AppendRow(table.Row{"cut points", report.Cuts})
	for _, op := range s.Ops {
		t.AppendRow(table.Row{"  " + op.Op, op.Count})
	}
	t.Render()
	if o.Layers {
		writeLayers(env, report.Layers)
	}
	return nil
}

// writeLayers lists the layers in the network's order.
func writeLayers(env *Env, layers []network.Layer) {
	fmt.Fprintln(env.Out)
	t := newTable(env.Out)
	t.AppendHeader(table.Row{"layer", "operator", "outputs", "M multiply-adds", "parameter KiB", "output KiB"})
	for _, l := range layers {
		if l.Constant {
			continue // it goes with its readers
		}
		t.AppendRow(table.Row{
			l.Name, l.Op, describe(l.Outputs), fmt.Sprintf("%.2f", float64(l.Work)/1e6),
			fmt.Sprintf("%.1f", float64(l.ParameterBytes)/1024), fmt.Sprintf("%.1f", float64(l.ActivationBytes)/1024),
		})
	}
	t.Render()
}

func opsets(sets []network.Opset) string {
	var parts []string
	for _, s := range sets {
		parts = append(parts, strings.TrimSpace(fmt.Sprintf("%s %d", s.Domain, s.Version)))
	}
	return strings.Join(parts, ", ")
}
