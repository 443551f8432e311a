package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"

	"braid/accel"
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
