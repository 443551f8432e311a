package app

import (
	"context"
	"fmt"
	"math"
	"path/filepath"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"

	"braid/accel"
	"braid/accel/plan"
	"braid/accel/trt"
	"braid/internal/atomicfile"
)

// BenchOptions are the flags of braid bench.
type BenchOptions struct {
	Choice
	Plans    []string // a row each
	Inputs   []string // none: frames in memory
	Copies   int      // of each input, at once
	Duration time.Duration
	JSONFile string
}

// benchRow is what one plan came to.
type benchRow struct {
	Name      string  `json:"name"`
	Plan      string  `json:"plan"`
	FPS       float64 `json:"fps"`
	CI        float64 `json:"ci"` // half of the 95 % interval of fps
	Speedup   float64 `json:"speedup"`
	Predicted float64 `json:"predicted_fps,omitempty"`
	P50       float64 `json:"p50_ms"`
	P99       float64 `json:"p99_ms"`
	Frames    int     `json:"frames"`
	HostWaits int64   `json:"host_waits"` // of segments on devices, for one that is not on a device

	plan plan.Plan
}

// benchReport is the file of --json.
type benchReport struct {
	Hardware string     `json:"hardware"`
	Model    string     `json:"model"`
	Version  string     `json:"version"`
	Inputs   []string   `json:"inputs,omitempty"` // none: frames in memory
	Cameras  int        `json:"cameras,omitempty"`
	Rows     []benchRow `json:"rows"`
}

// course is what plans are measured on.
type course interface {
	row(ctx context.Context, p plan.Plan) (benchRow, error)
	Close() error
}

// Bench measures how many frames a second go through a model under each of some
// plans: from the decoder of recordings to messages on NATS, or, without inputs,
// frames that lie in memory through the segments and the graph between them.
func Bench(ctx context.Context, env *Env, o BenchOptions) (err error) {
	ctx, stop := env.untilDrain(ctx)
	defer stop()
	if len(o.Plans) == 0 {
		o.Plans = []string{first(o.Plan, "auto")}
	}
	rt, err := openRuntime(env, o.Backend)
	if err != nil {
		return err
	}
	defer closeInto(&err, rt.Close)
	report := benchReport{Version: env.Version}
	c, along, err := benchCourse(ctx, env, rt, o, &report)
	if err != nil {
		return err
	}
	defer closeInto(&err, along.Close)
	report.Model = planRef(c.card)
	for _, name := range o.Plans {
		if err := report.measure(ctx, env, name, c, along); err != nil {
			return err
		}
	}
	devices, err := rt.Devices(ctx)
	if err != nil {
		return as(ErrEnvironment, err)
	}
	report.Hardware = machineKey(devices)
	report.sayStandIns(devices)
	return report.print(env, o.JSONFile)
}

// benchCourse opens the model and what its plans are measured on.
func benchCourse(ctx context.Context, env *Env, rt accel.Backend, o BenchOptions, report *benchReport) (*chooser, course, error) {
	if len(o.Inputs) == 0 {
		n, c, err := openNetwork(env, o.Model)
		if err != nil {
			return nil, nil, err
		}
		along, err := newMemoryCourse(rt, n, c, o.Duration, env.Log)
		return &chooser{env: env, runtime: rt, network: n, card: c, file: o.Model}, along, err
	}
	m, err := openModel(env, o.Model)
	if err != nil {
		return nil, nil, err
	}
	along, err := newCameraCourse(ctx, env, rt, m, o)
	if err != nil {
		return nil, nil, err
	}
	for _, in := range o.Inputs {
		report.Inputs = append(report.Inputs, parseInput(in).name)
	}
	report.Cameras = len(o.Inputs) * o.Copies
	return m.chooser(env, rt), along, nil
}

// measure adds the row of one plan.
func (r *benchReport) measure(ctx context.Context, env *Env, name string, c *chooser, along course) error {
	p, err := c.plan(ctx, name)
	if err != nil {
		return err
	}
	row, err := along.row(ctx, p)
	if err != nil {
		return fmt.Errorf("running plan %s (%s): %w", name, p.ID(), err)
	}
	row.plan = p
	row.Plan, row.Name, row.Speedup = p.ID(), strings.TrimSuffix(filepath.Base(name), ".yaml"), 1
	if len(r.Rows) > 0 {
		row.Speedup = row.FPS / r.Rows[0].FPS
	}
	r.Rows = append(r.Rows, row)
	env.Log.Info("measured", "plan", name, "fps", math.Round(row.FPS))
	return nil
}

// sayStandIns marks the rows of plans that use a device which stands in for another.
func (r *benchReport) sayStandIns(devices []accel.Device) {
	for i := range r.Rows {
		for _, d := range devices {
			if strings.HasPrefix(d.Name, trt.StandInPrefix) && r.Rows[i].plan.Uses(d.ID) {
				r.Rows[i].Name += " (stand-in)"
			}
		}
	}
}

func (r benchReport) print(env *Env, file string) error {
	if file != "" {
		var text strings.Builder
		if err := writeJSON(&text, r); err != nil {
			return err
		}
		if err := atomicfile.Write(file, []byte(text.String())); err != nil {
			return as(ErrEnvironment, err)
		}
	}
	if env.JSON {
		return writeJSON(env.Out, r)
	}
	t := newTable(env.Out)
	t.AppendHeader(table.Row{"plan", "frames/s", "±", "ratio", "p50 ms", "p99 ms"})
	for _, row := range r.Rows {
		t.AppendRow(table.Row{row.Name, fmt.Sprintf("%.1f", row.FPS), fmt.Sprintf("%.1f", row.CI), fmt.Sprintf("%.2f", row.Speedup), fmt.Sprintf("%.2f", row.P50), fmt.Sprintf("%.2f", row.P99)})
	}
	t.Render()
	return nil
}
