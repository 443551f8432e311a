package app

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"

	"braid/accel/plan"
	"braid/internal/atomicfile"
)

// BenchOptions are the flags of braid bench.
type BenchOptions struct {
	Choice
	Plans    []string // a row each
	Duration time.Duration
	JSONFile string
}

// benchWindows is how many parts of a row's time are counted apart: their spread
// gives the interval.
const benchWindows = 5

// benchRow is what one plan came to.
type benchRow struct {
	Name      string  `json:"name"`
	Plan      string  `json:"plan"`
	FPS       float64 `json:"fps"`
	CI        float64 `json:"ci"` // half of the 95 % interval of fps
	Speedup   float64 `json:"speedup"`
	P50       float64 `json:"p50_ms"`
	P99       float64 `json:"p99_ms"`
	Frames    int     `json:"frames"`
	HostWaits int64   `json:"host_waits"` // of segments on devices, for one that is not on a device
}

// benchReport is the file of --json.
type benchReport struct {
	Hardware string     `json:"hardware"`
	Model    string     `json:"model"`
	Version  string     `json:"version"`
	Rows     []benchRow `json:"rows"`
}

// Bench measures how many frames a second go through a model under each of some
// plans. The frames lie in memory: nothing is decoded or prepared, no message is
// made, so that what shows is the segments and the graph between them.
func Bench(ctx context.Context, env *Env, o BenchOptions) (err error) {
	ctx, stop := env.untilDrain(ctx)
	defer stop()
	n, c, err := openNetwork(env, o.Model)
	if err != nil {
		return err
	}
	if len(o.Plans) == 0 {
		o.Plans = []string{first(o.Plan, "auto")}
	}
	rt, err := openRuntime(env, o.Backend)
	if err != nil {
		return err
	}
	defer closeInto(&err, rt.Close)
	b := &bench{verifier: &verifier{rt: rt, net: n, log: env.Log}, duration: o.Duration}
	if b.inputs, err = randomInputs(n, c, rand.New(rand.NewPCG(1, 1))); err != nil {
		return err
	}
	report := benchReport{Model: planRef(c), Version: env.Version}
	for _, name := range o.Plans {
		p, err := choosePlan(name, c)
		if err != nil {
			return err
		}
		row, err := b.row(ctx, p)
		if err != nil {
			return fmt.Errorf("running plan %s (%s): %w", name, p.ID(), err)
		}
		row.Name, row.Speedup = strings.TrimSuffix(filepath.Base(name), ".yaml"), 1
		if len(report.Rows) > 0 {
			row.Speedup = row.FPS / report.Rows[0].FPS
		}
		report.Rows = append(report.Rows, row)
		env.Log.Info("measured", "plan", name, "fps", math.Round(row.FPS))
	}
	devices, err := rt.Devices(ctx)
	if err != nil {
		return as(ErrEnvironment, err)
	}
	report.Hardware = machineKey(devices)
	return report.print(env, o.JSONFile)
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

// hostWaits is how often segments on devices have waited on the host so far.
func (b *bench) hostWaits() int64 {
	if r, ok := b.rt.(*runtimes); ok {
		if t := r.opened(); t != nil {
			return t.HostWaits()
		}
	}
	return 0
}

// row measures one plan.
func (b *bench) row(ctx context.Context, p plan.Plan) (_ benchRow, err error) {
	run := newBenchRun(b, p)
	pl, err := assemble(ctx, b.rt, b.net, p, b.log, run.ends)
	if err != nil {
		return benchRow{}, err
	}
	defer closeInto(&err, pl.Close)
	defer closeInto(&err, run.pool.Close)
	before := b.hostWaits()
	if err := pl.run(ctx, run, run.emitted); err != nil {
		return benchRow{}, err
	}
	if run.done == 0 {
		return benchRow{}, errors.New("no frame came out in that time: give it a longer --duration")
	}
	row := benchRow{Plan: p.ID(), Frames: run.done, HostWaits: b.hostWaits() - before}
	row.FPS, row.CI = rate(run.windows[:], b.duration/benchWindows)
	row.P50 = float64(run.latency.quantile(0.5).Microseconds()) / 1000
	row.P99 = float64(run.latency.quantile(0.99).Microseconds()) / 1000
	return row, nil
}

// rate is the mean of windows' counts in a second, and half of its 95 % interval
// (Student's t with benchWindows-1 degrees of freedom).
func rate(counts []int, window time.Duration) (fps, half float64) {
	const t = 2.776
	var sum, squares float64
	for _, c := range counts {
		f := float64(c) / window.Seconds()
		sum += f
		squares += f * f
	}
	n := float64(len(counts))
	mean := sum / n
	variance := math.Max(0, squares-n*mean*mean) / (n - 1)
	return mean, t * math.Sqrt(variance/n)
}
