package app

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"go.yaml.in/yaml/v3"

	"braid/accel/plan"
	"braid/accel/plan/search"
	"braid/internal/bench"
)

// chosenReport is the JSON of braid plan.
type chosenReport struct {
	Chosen     map[string]any    `json:"chosen"`
	Plan       string            `json:"plan"`
	Kind       string            `json:"kind"`
	FPS        float64           `json:"fps"`
	LatencyMS  float64           `json:"latency_ms"`
	Bottleneck string            `json:"bottleneck"`
	BoundFPS   float64           `json:"bound_fps"`
	Gap        float64           `json:"gap"`
	Exact      bool              `json:"exact"`
	LimitFPS   float64           `json:"limit_fps"`
	Profile    string            `json:"profile"`
	Cameras    *search.Fit       `json:"cameras,omitempty"`
	Candidates []candidateReport `json:"candidates"`
	Devices    []unusedReport    `json:"unavailable,omitempty"`
	Simulated  *simulated        `json:"sim,omitempty"`
	Measured   []bench.Row       `json:"measured,omitempty"`
}

type candidateReport struct {
	Kind       string  `json:"kind"`
	Plan       string  `json:"plan,omitempty"`
	Layout     string  `json:"layout,omitempty"`
	FPS        float64 `json:"fps"`
	LatencyMS  float64 `json:"latency_ms"`
	Bottleneck string  `json:"bottleneck"`
	Memory     int64   `json:"memory"`
	Joules     float64 `json:"joules,omitempty"`
	Rejected   string  `json:"rejected,omitempty"`

	Keys map[string]any `json:"keys,omitempty"` // the plan file's
}

type unusedReport struct {
	Device string `json:"device"`
	Why    string `json:"why"`
}

// print writes the decision: the plan itself where it goes to no file and no reasons
// are asked for.
func (c *chosen) print(env *Env, explain bool, out string) error {
	if env.JSON {
		r, err := c.report()
		if err != nil {
			return err
		}
		return writeJSON(env.Out, r)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "from: %s\n", c.origin)
	c.table(&b)
	if explain {
		c.explain(&b)
	}
	if out == "" {
		text, err := c.Chosen.Plan.Marshal()
		if err != nil {
			return err
		}
		b.WriteString("\n")
		b.Write(text)
	}
	_, err := env.Out.Write([]byte(b.String()))
	return err
}

func (c *chosen) report() (chosenReport, error) {
	keys, err := planKeys(c.Chosen.Plan)
	r := chosenReport{
		Chosen: keys, Plan: c.Chosen.Plan.ID(), Kind: string(c.Chosen.Kind), FPS: c.Chosen.FPS, LatencyMS: c.Chosen.LatencyMS,
		Bottleneck: c.Chosen.Bottleneck, BoundFPS: c.BoundFPS, Gap: c.Gap, Exact: c.Exact, LimitFPS: c.LimitFPS,
		Profile: c.origin, Cameras: c.Cameras, Simulated: c.sim, Measured: c.measured,
	}
	for _, k := range c.Candidates {
		row := candidateReport{
			Kind: string(k.Kind), FPS: k.FPS, LatencyMS: k.LatencyMS, Bottleneck: k.Bottleneck,
			Memory: k.Memory, Joules: k.Joules, Rejected: k.Rejected,
		}
		if len(k.Plan.Segments) > 0 {
			row.Plan, row.Layout = k.Plan.ID(), layoutOf(k.Plan)
			if row.Keys, err = planKeys(k.Plan); err != nil {
				return r, err
			}
		}
		r.Candidates = append(r.Candidates, row)
	}
	for _, u := range c.Unavailable {
		r.Devices = append(r.Devices, unusedReport{string(u.Device), u.Why})
	}
	return r, err
}

// planKeys is a plan with the keys of its file.
func planKeys(p plan.Plan) (map[string]any, error) {
	text, err := p.Marshal()
	if err != nil {
		return nil, err
	}
	keys := map[string]any{}
	return keys, yaml.NewDecoder(bytes.NewReader(text)).Decode(&keys)
}

// table has the best plan of each kind, and others that were measured.
func (c *chosen) table(b *strings.Builder) {
	t := newTable(b)
	t.AppendHeader(table.Row{"", "kind", "frames/s", "latency ms", "bottleneck", "tensors", "layout"})
	names := c.names()
	for i, k := range c.Candidates {
		if len(k.Plan.Segments) == 0 {
			t.AppendRow(table.Row{"", names[i], "-", "", "", "", k.Rejected})
			continue
		}
		mark := ""
		if k.Rejected == "" {
			mark = "*"
		}
		t.AppendRow(table.Row{mark, names[i], fmt.Sprintf("%.1f", k.FPS), fmt.Sprintf("%.1f", k.LatencyMS), k.Bottleneck, kib(k.Memory) + " KiB", layoutOf(k.Plan)})
	}
	t.Render()
	if f := c.Cameras; f != nil {
		verdict := "do not fit"
		if f.Fits {
			verdict = "fit"
		}
		fmt.Fprintf(b, "%d cameras with %.1f frames/s %s; %d fit, the next is too much for: %s\n", f.Cameras, f.Demand, verdict, f.Most, f.Bottleneck)
	}
	if len(c.measured) > 0 {
		c.measuredTable(b)
	}
}

// measuredTable has what --measure saw.
func (c *chosen) measuredTable(b *strings.Builder) {
	t := newTable(b)
	t.AppendHeader(table.Row{"measured", "plan", "frames/s", "±", "predicted"})
	for _, r := range c.measured {
		t.AppendRow(table.Row{r.Name, r.Plan, fmt.Sprintf("%.1f", r.FPS), fmt.Sprintf("%.1f", r.CI), fmt.Sprintf("%.1f", r.Predicted)})
	}
	t.Render()
}

// explain says what the numbers mean, why the others were not chosen, and how sure the
// search is.
func (c *chosen) explain(b *strings.Builder) {
	for _, k := range c.Candidates {
		switch {
		case k.Rejected == "":
		case len(k.Plan.Segments) == 0:
			fmt.Fprintf(b, "%s: %s\n", k.Kind, k.Rejected)
		default:
			fmt.Fprintf(b, "not %s\n", k.Rejected)
		}
	}
	for _, u := range c.Unavailable {
		is := "is not used: "
		if c.Chosen.Plan.Uses(u.Device) {
			is = ""
		}
		fmt.Fprintf(b, "%s %s%s\n", u.Device, is, u.Why)
	}
	if c.sim != nil {
		c.sim.explain(b)
	}
	if c.unsimulated != nil {
		fmt.Fprintf(b, "not simulated: %v\n", c.unsimulated)
	}
	if c.BoundFPS > 0 {
		how := "the search came to its end: no plan of its space is faster"
		if !c.Exact {
			how = fmt.Sprintf("the search was cut off: a plan could be %.1f %% faster", 100*c.Gap)
		}
		fmt.Fprintf(b, "bound: %.1f frames/s (%s)\n", c.BoundFPS, how)
	}
	if c.LimitFPS > 0 {
		fmt.Fprintf(b, "limit: %.1f frames/s, each part of the network spread over all devices at will; the plan reaches %.0f %% of it\n", c.LimitFPS, 100*c.Chosen.FPS/c.LimitFPS)
	}
}

// layoutOf is a plan on one line: segments with their devices and streams.
func layoutOf(p plan.Plan) string {
	var segments []string
	for i, s := range p.Segments {
		var on []string
		for _, d := range s.Devices {
			text := string(d.ID)
			n := d.Streams
			if n == 0 {
				n = s.Streams
			}
			if n > 1 {
				text += fmt.Sprintf(" x%d", n)
			}
			if d.Threads > 1 {
				text += fmt.Sprintf(" (%d threads)", d.Threads)
			}
			if d.Depth > 0 {
				text += fmt.Sprintf(" (depth %d)", d.Depth)
			}
			if d.Spare {
				text += " (spare)"
			}
			on = append(on, text)
		}
		text := strings.Join(on, " + ")
		if s.Until != "" {
			text += " to " + s.Until
		}
		if q := p.PrecisionOf(i); q != string(plan.FP32) {
			text += ", " + q
		}
		segments = append(segments, text)
	}
	return strings.Join(segments, " | ")
}
