package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"

	"braid/accel"
	"braid/accel/network"
	"braid/internal/gst"
)

// CutOptions are the flags of braid model cut.
type CutOptions struct {
	Choice
	At  []string
	Out string
}

// ModelCut writes a network's segments as ONNX files.
func ModelCut(ctx context.Context, env *Env, o CutOptions) (err error) {
	if len(o.At) == 0 || o.Out == "" {
		return Usage(errors.New("give --at A[,B…] and --out DIR"))
	}
	n, _, err := openNetwork(env, o.Model)
	if err != nil {
		return err
	}
	rt, err := openRuntime(env, o.Backend)
	if err != nil {
		return err
	}
	defer closeInto(&err, rt.Close)
	segments, err := splitWith(ctx, rt, n, o.At)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(o.Out, 0o755); err != nil {
		return as(ErrEnvironment, err)
	}
	type part struct {
		File    string             `json:"file"`
		Bytes   int                `json:"bytes"`
		Layers  int                `json:"layers"`
		Inputs  []accel.TensorDesc `json:"inputs"`
		Outputs []accel.TensorDesc `json:"outputs"`
	}
	var parts []part
	for _, s := range segments {
		p := part{filepath.Join(o.Out, s.Name+".onnx"), len(s.ONNX), s.Layers, s.Inputs, s.Outputs}
		if err := os.WriteFile(p.File, s.ONNX, 0o644); err != nil {
			return as(ErrEnvironment, err)
		}
		parts = append(parts, p)
	}
	if env.JSON {
		return writeJSON(env.Out, parts)
	}
	t := newTable(env.Out)
	t.AppendHeader(table.Row{"file", "layers", "KiB", "inputs", "outputs"})
	for _, p := range parts {
		t.AppendRow(table.Row{p.File, p.Layers, p.Bytes >> 10, describe(p.Inputs), describe(p.Outputs)})
	}
	t.Render()
	return nil
}

func describe(tensors []accel.TensorDesc) string {
	var parts []string
	for _, t := range tensors {
		parts = append(parts, fmt.Sprintf("%s %v", t.Name, t.Shape))
	}
	return strings.Join(parts, ", ")
}

// ModelInspect shows what a network is made of.
func ModelInspect(env *Env, o Choice) error {
	n, c, err := openNetwork(env, o.Model)
	if err != nil {
		return err
	}
	s := n.Summary()
	report := struct {
		Model string `json:"model,omitempty"`
		network.Summary
		Cuts int `json:"cuts"`
	}{Summary: s, Cuts: len(n.Cuts())}
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
	t.AppendRow(table.Row{"layers", s.Nodes})
	t.AppendRow(table.Row{"cut points", report.Cuts})
	for _, op := range s.Ops {
		t.AppendRow(table.Row{"  " + op.Op, op.Count})
	}
	t.Render()
	return nil
}

func opsets(sets []network.Opset) string {
	var parts []string
	for _, s := range sets {
		parts = append(parts, strings.TrimSpace(fmt.Sprintf("%s %d", s.Domain, s.Version)))
	}
	return strings.Join(parts, ", ")
}

// ModelCuts lists every place where a network can be cut.
func ModelCuts(ctx context.Context, env *Env, o Choice) (err error) {
	n, _, err := openNetwork(env, o.Model)
	if err != nil {
		return err
	}
	rt, err := openRuntime(env, o.Backend)
	if err != nil {
		return err
	}
	defer closeInto(&err, rt.Close)
	rows, err := cutRows(ctx, rt, n)
	if err != nil {
		return as(ErrInvalid, err)
	}
	if env.JSON {
		return writeJSON(env.Out, rows)
	}
	t := newTable(env.Out)
	t.AppendHeader(table.Row{"at", "layers before", "after", "KiB", "tensors"})
	for _, r := range rows {
		t.AppendRow(table.Row{r.At, r.Before, r.After, fmt.Sprintf("%.1f", float64(r.Bytes)/1024), strings.Join(r.Tensors, ", ")})
	}
	t.Render()
	return nil
}

// cutRow is a cut point as model cuts prints it.
type cutRow struct {
	At      string   `json:"at"`
	Tensors []string `json:"tensors"`
	Bytes   int64    `json:"bytes"` // of the tensors that cross
	Before  int      `json:"layers_before"`
	After   int      `json:"layers_after"`
}

func cutRows(ctx context.Context, rt accel.Backend, n *network.Network) ([]cutRow, error) {
	cuts := n.Cuts()
	var names []string
	for _, c := range cuts {
		names = append(names, c.Tensors...)
	}
	slices.Sort(names)
	described, err := n.Describe(ctx, slices.Compact(names), probeOf(rt))
	if err != nil {
		return nil, err
	}
	bytes := map[string]int64{}
	for _, d := range described {
		bytes[d.Name] = d.Bytes()
	}
	layers := len(n.Layers())
	rows := make([]cutRow, len(cuts))
	for i, c := range cuts {
		rows[i] = cutRow{At: c.At, Tensors: c.Tensors, Before: c.Index, After: layers - c.Index}
		for _, t := range c.Tensors {
			rows[i].Bytes += bytes[t]
		}
	}
	return rows, nil
}

// Devices lists what can execute networks here.
func Devices(ctx context.Context, env *Env, o Choice) (err error) {
	rt, err := openRuntime(env, o.Backend)
	if err != nil {
		return err
	}
	defer closeInto(&err, rt.Close)
	devices, err := rt.Devices(ctx)
	if err != nil {
		return as(ErrEnvironment, err)
	}
	if env.JSON {
		return writeJSON(env.Out, devices)
	}
	t := newTable(env.Out)
	t.AppendHeader(table.Row{"device", "runtime", "version", "cores", "name"})
	for _, d := range devices {
		t.AppendRow(table.Row{d.ID, d.Backend, d.Version, d.Cores, d.Name})
	}
	t.Render()
	return nil
}

// Version shows the versions of braid and of what it runs on.
func Version(ctx context.Context, env *Env) (err error) {
	v := struct {
		Braid     string `json:"braid"`
		Go        string `json:"go"`
		Platform  string `json:"platform"`
		GStreamer string `json:"gstreamer"`
		ORT       string `json:"onnxruntime"`
	}{Braid: env.Version, Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH, GStreamer: gst.Version()}
	if v.ORT, _, err = ortFound(ctx, env); err != nil {
		v.ORT = "none: " + oneLine(err.Error())
	}
	if !gst.Built {
		v.GStreamer = "none: this build has no cameras"
	}
	if env.JSON {
		return writeJSON(env.Out, v)
	}
	_, err = fmt.Fprintf(env.Out, "braid %s\n%s %s\nGStreamer %s\nONNX Runtime %s\n", v.Braid, v.Go, v.Platform, v.GStreamer, v.ORT)
	return err
}
