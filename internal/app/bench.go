package app

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"braid/accel"
	"braid/accel/plan"
	"braid/accel/trt"
	"braid/internal/bench"
)

// BenchOptions are the flags of braid bench.
type BenchOptions struct {
	Choice
	Plans     []string // a row each
	Rows      []string // of the ablation; none and no Plans: all that the network allows
	Devices   []string // that the ablation's plans use; none: cpu
	Precision string   // of the ablation's plans
	Inputs    []string // none: frames in memory
	Copies    int      // of each input, at once
	Duration  time.Duration
	Rounds    int // at most
	Sweep     bool

	JSONFile  string
	HTMLFile  string
	Benchstat bool
	Compare   string
	FailOver  float64 // as a part of the base's rate
}

// Bench measures how many frames a second go through a model under each of some
// plans: from the decoder of recordings to messages on NATS, or, without inputs,
// frames that lie in memory through the segments and the graph between them. A row
// that is slower than in the report that it is compared with is ErrCheck.
func Bench(ctx context.Context, env *Env, o BenchOptions) (err error) {
	ctx, stop := env.untilDrain(ctx)
	defer stop()
	if len(o.Plans)+len(o.Rows) == 0 && o.Plan != "" {
		o.Plans = []string{o.Plan}
	}
	base, err := o.prepare(env)
	if err != nil {
		return err
	}
	rt, err := openRuntime(env, o.Backend)
	if err != nil {
		return err
	}
	defer closeInto(&err, rt.Close)
	report := bench.Report{
		Version: env.Version, Cores: runtime.GOMAXPROCS(0), Duration: o.Duration.Seconds(),
	}
	for _, in := range o.Inputs {
		report.Inputs = append(report.Inputs, parseInput(in).name)
	}
	report.Cameras = len(o.Inputs) * o.Copies
	if err := measureRows(ctx, env, rt, o, base, &report); err != nil {
		return err
	}
	if base != nil {
		report.Compare = report.Against(*base, o.Compare, o.FailOver)
	}
	if err := writeBench(env, o, report); err != nil {
		return err
	}
	if base != nil && !report.Compare.OK {
		return as(ErrCheck, fmt.Errorf("slower than in %s: %s", o.Compare, strings.Join(report.Compare.Slower(), ", ")))
	}
	return nil
}

// prepare reads the report to compare with, and sees that the files can be
// written, before anything is measured.
func (o BenchOptions) prepare(env *Env) (*bench.Report, error) {
	used := slices.Concat(modelFiles(env, o.Model), pathsOf(o.Inputs), o.Plans, namedByEnv(env))
	if err := checkOutFiles(used, outFile{"--json", o.JSONFile}, outFile{"--html", o.HTMLFile}); err != nil {
		return nil, err
	}
	if o.Compare == "" {
		return nil, nil //nolint:nilnil // nothing to compare with is no failure
	}
	data, err := os.ReadFile(o.Compare)
	if err != nil {
		return nil, as(ErrInvalid, fmt.Errorf("reading the report to compare with: %w", err))
	}
	base, err := bench.Parse(data)
	if err != nil {
		return nil, as(ErrInvalid, fmt.Errorf("%s: %w", o.Compare, err))
	}
	return &base, nil
}

// measureRows makes the rows, measures them and fills the report, unless there is a base and it has nothing in
// common with them.
func measureRows(ctx context.Context, env *Env, rt accel.Backend, o BenchOptions, base, report *bench.Report) (err error) {
	choosing, course, err := benchCourse(ctx, env, rt, o)
	if err != nil {
		return err
	}
	defer closeInto(&err, course.Close)
	report.Model = planRef(choosing.card)
	rows, left, err := benchRows(o, choosing.network, choosing.card, func(choice string) (plan.Plan, error) { return choosing.plan(ctx, choice) })
	if err != nil {
		return err
	}
	devices, err := rt.Devices(ctx)
	if err != nil {
		return as(ErrEnvironment, err)
	}
	sayNotReal(rows, devices)
	if base != nil {
		if why := planned(*report, rows).Incomparable(*base); why != "" {
			return invalidf("nothing to compare with in %s: %s", o.Compare, why)
		}
	}
	choosing.predict(ctx, rows, len(o.Inputs) == 0)
	report.LeftOut = left
	for _, l := range left {
		env.Log.Warn("row left out", "row", l.Name, "why", l.Why)
	}
	b := &benchRounds{
		env: env, rows: rows, singles: singleThreads(rows, report.Model), o: o, gauges: newGauges(rt), check: newScalingCheck().check,
		stand: newBenchStand(course, o.Duration/4),
	}
	defer closeInto(&err, b.stand.closeAll)
	defer closeInto(&err, b.gauges.Close)
	if report.Rounds, err = b.run(ctx); err != nil {
		return err
	}
	report.Hardware, report.Scaling = machineKey(devices), b.scaling()
	report.Limit = b.limit(report.Cores)
	report.Fill(b.measured())
	return nil
}

// planned is a report with rows that are not measured yet.
func planned(report bench.Report, rows []*benchRow) bench.Report {
	for _, r := range rows {
		report.Rows = append(report.Rows, bench.Row{Name: r.Name})
	}
	return report
}

// benchCourse opens the model and what its plans are measured on.
func benchCourse(ctx context.Context, env *Env, rt accel.Backend, o BenchOptions) (*chooser, course, error) {
	if len(o.Inputs) == 0 {
		n, c, err := openNetwork(env, o.Model)
		if err != nil {
			return nil, nil, err
		}
		along, err := newMemoryCourse(rt, n, c, env.Log)
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
	return m.chooser(env, rt), along, nil
}

// sayNotReal marks the rows of plans that use a device which stands in for another, or a
// simulated one.
func sayNotReal(rows []*benchRow, devices []accel.Device) {
	for _, r := range rows {
		for _, d := range devices {
			if strings.HasPrefix(d.Name, trt.StandInPrefix) && r.plan.Uses(d.ID) {
				r.Name += " (stand-in)"
			}
		}
		if len(simulatedIn(r.plan)) > 0 {
			r.Name += " (sim)"
		}
	}
}
