package app

import (
	"fmt"
	"io"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
)

// quantizeReport is what model quantize prints.
type quantizeReport struct {
	File     string         `json:"file"`
	Card     string         `json:"card"`
	Model    string         `json:"model"` // that was quantised
	For      string         `json:"for"`
	Ranges   string         `json:"ranges"`
	Pictures int            `json:"pictures"` // that it was calibrated with
	Layers   int            `json:"layers"`   // with weights, in int8
	Float    []string       `json:"float"`    // layers with weights that stay float32
	Kept     []layerError   `json:"kept"`     // of these, those that lost most
	Bytes    int            `json:"bytes"`
	Devices  []deviceResult `json:"devices"`
}

func (o *QuantizeOptions) report(m *model, c *calibration, kept []layerError, bytes int) *quantizeReport {
	return &quantizeReport{
		File: o.Out, Card: o.cardPath(), Model: m.card.ID(), For: o.For, Ranges: o.Ranges, Pictures: c.watched,
		Layers: len(c.q.Layers()), Float: c.q.Float(), Kept: kept, Bytes: bytes,
	}
}

func (r *quantizeReport) print(env *Env) error {
	if env.JSON {
		return writeJSON(env.Out, r)
	}
	fmt.Fprintf(env.Out, "%s, %d KiB, and its card %s\n", r.File, r.Bytes>>10, r.Card)
	fmt.Fprintf(env.Out, "%s in int8 for %s: %d layers with weights, ranges by %s from %d pictures; float32 stay %s\n",
		r.Model, r.For, r.Layers, r.Ranges, r.Pictures, strings.Join(r.Float, ", "))
	t := newTable(env.Out)
	t.AppendHeader(table.Row{"device", "runtime", "float32 ms", "int8 ms", "times as fast", "mAP float32", "mAP int8", "AP50 float32", "AP50 int8"})
	for _, d := range r.Devices {
		t.AppendRow(d.row())
	}
	t.Render()
	for _, d := range r.Devices {
		d.say(env.Out)
	}
	return nil
}

func (c deviceResult) row() table.Row {
	row := table.Row{c.Device, c.Runtime}
	if c.Error != "" && c.Int8MS == 0 {
		return append(row, "-", "-", "-", "-", "-", "-", "-")
	}
	row = append(row, fmt.Sprintf("%.2f", c.FloatMS), fmt.Sprintf("%.2f", c.Int8MS), fmt.Sprintf("%.2f (%.2f to %.2f)", c.Speedup, c.Low, c.High))
	if c.Score == nil {
		return append(row, "-", "-", "-", "-")
	}
	return append(row, score(c.Score.FloatAP), score(c.Score.Int8AP), score(c.Score.FloatAP50), score(c.Score.Int8AP50))
}

// say puts into words where int8 is no gain.
func (c deviceResult) say(w io.Writer) {
	if c.Error != "" {
		fmt.Fprintf(w, "%s: %s\n", c.Device, c.Error)
		return
	}
	if c.Slower {
		fmt.Fprintf(w, "%s: int8 is SLOWER than float32 here, %.2f times its time: use the float32 model\n", c.Device, 1/c.Speedup)
	}
	if c.Score != nil && c.Score.Worse {
		fmt.Fprintf(w, "%s: int8 is WORSE than float32, mAP %.4f lower\n", c.Device, c.Score.Drop)
	}
}
