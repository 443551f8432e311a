package app

import (
	"context"
	"fmt"
	"runtime"

	"github.com/jedib0t/go-pretty/v6/table"

	"braid/internal/gst"
)

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
		OpenVINO  string `json:"openvino"`
	}{Braid: env.Version, Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH, GStreamer: gst.Version()}
	if v.ORT, _, err = ortFound(ctx, env); err != nil {
		v.ORT = "none: " + oneLine(err.Error())
	}
	if v.OpenVINO, _, err = openVINOFound(ctx, env); err != nil {
		v.OpenVINO = "none: " + oneLine(err.Error())
	}
	if !gst.Built {
		v.GStreamer = "none: this build has no cameras"
	}
	if env.JSON {
		return writeJSON(env.Out, v)
	}
	_, err = fmt.Fprintf(env.Out, "braid %s\n%s %s\nGStreamer %s\nONNX Runtime %s\nOpenVINO %s\n", v.Braid, v.Go, v.Platform, v.GStreamer, v.ORT, v.OpenVINO)
	return err
}
