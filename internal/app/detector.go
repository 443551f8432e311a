package app

import (
	"context"
	"log/slog"

	"braid/accel"
	"braid/accel/plan"
	"braid/stages"
	"braid/stages/detect"
	"braid/stages/prep"
)

// demand is what those behind a pipeline want to see of its frames.
type demand struct {
	score  float32 // the lowest of any camera
	pixels bool    // the Frames too
	among  bool    // other models run beside this one
}

// newPipeline builds the graph of a detector under a plan: prep, the segments,
// detect. On error everything that was made is freed again.
func newPipeline(ctx context.Context, rt accel.Backend, m *model, p plan.Plan, want demand, log *slog.Logger) (*pipeline, error) {
	return assemble(ctx, rt, m.network, p, log, func(b *builder) (first, last stages.Node) {
		b.among = want.among
		return prepNode(b, m, want), detectNode(b, m, want)
	})
}

func prepNode(b *builder, m *model, want demand) stages.Node {
	cfg := prepConfig(m)
	return stages.Node{
		Name: "prep", Workers: b.plan.Prep.Workers, Queue: b.queue(), Release: !want.pixels,
		New: func(int) (stages.Stage, error) { return prep.New(cfg) },
	}
}

func detectNode(b *builder, m *model, want demand) stages.Node {
	cfg := detectConfig(m.card, b.segmentOutputs(), want.score)
	b.labels = labels(m.card, cfg.Classes)
	return stages.Node{
		Name: "detect", Workers: b.plan.Detect.Workers, Queue: b.queue(),
		New: func(int) (stages.Stage, error) {
			st, err := detect.New(cfg)
			return st, as(ErrInvalid, err)
		},
	}
}
