package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"braid/accel"
	"braid/accel/plan"
	"braid/internal/accuracy"
	"braid/internal/coco"
	"braid/sink"
	"braid/sink/wire"
	"braid/source"
	"braid/source/images"
)

// evalCamera is the name of the frames under evaluation, in logs and on the
// progress bar.
const evalCamera = "eval"

// pictures are the images of a truth, below a folder. It notes in truth at which
// stream time each will come: names in several subfolders may be the same.
func pictures(truth *coco.Dataset, dir string, log *slog.Logger) (source.Source, error) {
	if len(truth.Images) == 0 {
		return nil, errors.New("the annotations list no images")
	}
	files := make([]string, len(truth.Images))
	for i := range truth.Images {
		m := &truth.Images[i]
		name := filepath.FromSlash(m.File)
		if !filepath.IsLocal(name) {
			return nil, fmt.Errorf("image %d of the annotations is called %q, want a path below %s", m.ID, m.File, dir)
		}
		files[i] = filepath.Join(dir, name)
		if _, err := os.Stat(files[i]); err != nil {
			return nil, fmt.Errorf("image %d of the annotations: %w", m.ID, err)
		}
		pts := int64(i) * int64(images.Interval)
		m.PTS = &pts
	}
	return images.New(images.Config{Name: evalCamera, Files: files}, log)
}

// forEvaluation is the model with the thresholds of an evaluation: every class
// of a box that is barely possible, since average precision looks at all scores.
// How boxes suppress each other stays as the card has it; detect itself lets no
// more than the best 1,000 candidates into suppression.
func (m *model) forEvaluation() *model {
	c := *m.card
	c.NMS.Score, c.NMS.MultiLabel, c.NMS.Max = 0.001, true, 300
	return &model{card: &c, network: m.network}
}

// evaluator lets a model find what it can in the frames of a source, by the graph
// that batch has, and judges it.
type evaluator struct {
	env    *Env
	rt     accel.Backend
	model  *model
	truth  *coco.Dataset                 // images are matched by stream time or file
	only   []string                      // classes to evaluate, where it is not all
	frames func() (source.Source, error) // the same ones at each call
}

// evalModel judges a model under the chosen plan and, where there is one to
// compare with, under that.
func evalModel(ctx context.Context, env *Env, o EvalOptions, truth *coco.Dataset, frames func() (source.Source, error)) (_ *evalReport, err error) {
	cfg, err := bareConfig(env, o.Choice)
	if err != nil {
		return nil, err
	}
	m, err := openModel(env, cfg.Model)
	if err != nil {
		return nil, err
	}
	rt, err := openRuntime(env, cfg.Backend)
	if err != nil {
		return nil, err
	}
	defer closeInto(&err, rt.Close)
	plans, err := o.plans(ctx, m.chooser(env, rt), cfg.Plan)
	if err != nil {
		return nil, err
	}
	e := evaluator{env: env, rt: rt, model: m.forEvaluation(), truth: truth, only: o.Classes, frames: frames}
	var reports []*evalReport
	for _, p := range plans {
		r, err := e.under(ctx, p)
		if err != nil {
			return nil, fmt.Errorf("evaluating under plan %s: %w", p.ID(), err)
		}
		reports = append(reports, r)
	}
	if len(reports) > 1 {
		reports[0].Compare = newComparison(reports[0], reports[1], o.MaxDrop)
	}
	return reports[0], nil
}

// plans are the one to judge under and, where there is one, that to compare with.
func (o EvalOptions) plans(ctx context.Context, c *chooser, choice string) ([]plan.Plan, error) {
	p, err := c.plan(ctx, choice)
	if err != nil || o.ComparePlan == "" {
		return []plan.Plan{p}, err
	}
	other, err := c.plan(ctx, o.ComparePlan)
	if err != nil {
		return nil, err
	}
	if other.ID() == p.ID() {
		return nil, Usage(fmt.Errorf("--compare-plan %s is the plan %s that the model runs under anyway: name another by --plan", o.ComparePlan, p.ID()))
	}
	return []plan.Plan{p, other}, nil
}

// under judges the model under one plan.
func (e evaluator) under(ctx context.Context, chosen plan.Plan) (_ *evalReport, err error) {
	src, err := e.frames()
	if err != nil {
		return nil, as(ErrInvalid, err)
	}
	p, err := newPipeline(ctx, e.rt, e.model, chosen, demand{score: e.model.card.NMS.Score}, e.env.Log)
	if err != nil {
		return nil, err
	}
	defer closeInto(&err, p.Close)
	classes, err := accuracy.Model(p.labels, e.truth.Categories, e.only)
	if err != nil {
		return nil, as(ErrInvalid, err)
	}
	if len(classes.Unlike) > 0 {
		e.env.Log.Warn("labels and categories are paired by their order, but names differ", "pairs", strings.Join(classes.Unlike, ", "))
	}
	found := accuracy.NewRecording(e.truth, classes)
	if err := record(ctx, e.env, p, e.model.card.ID(), src, found); err != nil {
		return nil, err
	}
	if c := found.Coverage(); c.Analysed < c.Images {
		return nil, fmt.Errorf("%d of %d images have no result, %d of them failed", c.Images-c.Analysed, c.Images, c.Failed)
	}
	report := newEvalReport(found.Evaluate())
	report.Model, report.Plan = e.model.card.ID(), p.plan.ID()
	return report, nil
}

// record runs a source through a pipeline to its end. What comes out goes into
// the recording.
func record(ctx context.Context, env *Env, p *pipeline, model string, src source.Source, found *accuracy.Recording) (err error) {
	ctx, stop := env.untilDrain(ctx)
	defer stop()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	to := &recorder{to: found, refuse: cancel}
	e := newEmitter("", model, p, newReceipts([]sink.Sink{to}, env.Log))
	v := &view{camera: evalCamera}
	f, err := newFeed(src, source.GateConfig{Camera: evalCamera, Policy: source.Block}, p.plan.InFlight, v)
	if err != nil {
		return err
	}
	defer closeInto(&err, f.pool.Close)
	e.follow(f.ledger, v)
	bar := newProgress(env)
	e.progress = bar.step
	bar.begin(evalCamera, src, 0)
	failed, err := runFeeds(ctx, env, p, e.emit, []*feed{f})
	bar.stop()
	switch {
	case to.err != nil:
		return as(ErrInvalid, to.err)
	case env.draining():
		return as(ErrInterrupted, errors.New("interrupted: nothing was measured"))
	}
	return errors.Join(err, failed)
}

// recorder is the Sink of an evaluation. A message that it cannot take ends the
// run.
type recorder struct {
	to     *accuracy.Recording
	refuse context.CancelCauseFunc
	err    error
}

func (*recorder) Name() string { return "eval" }

func (r *recorder) Write(_ context.Context, m *wire.Frame, receipt sink.Receipt) {
	if r.err == nil {
		if r.err = r.to.Add(m); r.err != nil {
			r.refuse(r.err)
		}
	}
	receipt.Settle(nil)
}

func (*recorder) Flush(context.Context) error { return nil }
func (*recorder) Close() error                { return nil }
