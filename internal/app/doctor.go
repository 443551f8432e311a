package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"

	"github.com/jedib0t/go-pretty/v6/table"

	"braid/accel/hostcpu"
	"braid/accel/ort"
	"braid/cuda"
	"braid/internal/config"
	"braid/internal/doctor"
	"braid/internal/gst"
	"braid/sink/natsconn"
)

// DoctorOptions are the flags of braid doctor.
type DoctorOptions struct {
	Choice
	Config string
}

// ortVersion is the ONNX Runtime that braid is built against and tested with.
const ortVersion = "1.27.0"

// Doctor checks what braid needs on this machine and prints what mends it.
func Doctor(ctx context.Context, env *Env, o DoctorOptions) error {
	ctx, stop := env.untilDrain(ctx)
	defer stop()
	cfg, err := doctorConfig(env, o)
	if err != nil {
		return err
	}
	results := doctor.Run(ctx, doctor.Checks(needs(ctx, env, cfg)))
	worst := doctor.Worst(results)
	if env.JSON {
		if err := writeJSON(env.Out, results); err != nil {
			return err
		}
	} else {
		writeDoctor(env.Out, results)
	}
	if worst != doctor.Fail {
		return nil
	}
	env.Reported = true
	return as(ErrEnvironment, errors.New("something that braid needs is missing"))
}

// doctorConfig is the configuration to check for: a file that is named or lies
// here, else the defaults.
func doctorConfig(env *Env, o DoctorOptions) (config.Config, error) {
	if o.Config != "" {
		return loadConfig(env, o.Choice, o.Config)
	}
	return bareConfig(env, o.Choice)
}

func needs(ctx context.Context, env *Env, cfg config.Config) doctor.Deps {
	d := doctor.System()
	d.Memory = hostcpu.Memory
	for _, e := range gst.Elements() {
		n := doctor.Need{Element: e.Name, Package: e.Package, Why: e.Use, Absent: doctor.Warn}
		if e.Required {
			n.Absent = doctor.Fail
		}
		d.Needs = append(d.Needs, n)
	}
	if gst.Built {
		d.GStreamer = func() (string, error) { return gst.Version(), nil }
		d.HasElement = gst.HasElement
	}
	d.ONNXRuntime = func() (version, path string, err error) { return ortFound(ctx, env) }
	d.ONNXWanted = ortVersion
	d.OpenVINO = func() (version string, devices []string, err error) { return openVINOFound(ctx, env) }
	d.TensorRT = func() (string, error) { return tensorRTFound(env) }
	if env.Getenv(simVariable) != "" {
		d.Simulated = func() (string, error) { return simulatedFound(env) }
	}
	d.Dirs = []doctor.Dir{{Name: "cache", Path: cacheDir(env)}}
	if cfg.NATS.URL == config.Embedded {
		d.Ports = []doctor.Port{{Name: "nats.listen", Addr: cfg.NATS.Listen}}
		d.Dirs = append(d.Dirs, doctor.Dir{Name: "state", Path: first(cfg.NATS.StoreDir, stateDir(env))})
		return d
	}
	d.NATS = doctor.Server{URL: cfg.NATS.URL, JetStream: cfg.NATS.UsesJetStream()}
	d.Probe = func(ctx context.Context, _ string) (bool, error) { return natsconn.Probe(ctx, natsConfig(cfg.NATS)) }
	return d
}

// ortFound loads ONNX Runtime to see whether that works, and lets it go.
func ortFound(ctx context.Context, env *Env) (version, path string, err error) {
	path, err = ort.Find(env.Getenv, env.Exe)
	if err != nil {
		return "", "", err
	}
	rt, err := ort.Open(path, slog.New(slog.DiscardHandler))
	if err != nil {
		return "", path, err
	}
	defer closeInto(&err, rt.Close)
	devices, err := rt.Devices(ctx)
	if err != nil || len(devices) == 0 {
		return "", path, err
	}
	return devices[0].Version, path, nil
}

// openVINOFound opens OpenVINO to see whether that works, and lets it go.
func openVINOFound(ctx context.Context, env *Env) (version string, ids []string, err error) {
	b, err := openOpenVINO(env)
	if err != nil {
		return "", nil, err
	}
	defer closeInto(&err, b.Close)
	devices, err := b.Devices(ctx)
	for _, d := range devices {
		version, ids = d.Version, append(ids, string(d.ID))
	}
	return version, ids, err
}

// tensorRTFound opens TensorRT to see whether that works, and lets it go.
func tensorRTFound(env *Env) (_ string, err error) {
	path, err := cuda.Find(env.Getenv, env.Exe)
	if err != nil {
		return "", err
	}
	lib, err := cuda.Open(path)
	if err != nil {
		return "", err
	}
	defer closeInto(&err, lib.Close)
	v, err := lib.Versions()
	if err != nil {
		return "", err
	}
	gpus, err := lib.Devices()
	return fmt.Sprintf("%s with CUDA %s, driver for %s, %d GPUs", v.TensorRT, v.CUDA, v.Driver, len(gpus)), err
}

func writeDoctor(w io.Writer, results []doctor.Result) {
	t := newTable(w)
	for _, r := range results {
		t.AppendRow(table.Row{r.Status, r.Name, r.Detail})
	}
	t.Render()
	for _, r := range results {
		if r.Fix != "" {
			fmt.Fprintf(w, "%s: %s\n", r.Name, r.Fix)
		}
	}
}
