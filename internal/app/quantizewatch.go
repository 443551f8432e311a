package app

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"braid/accel"
	"braid/accel/network"
	"braid/accel/network/quantize"
	"braid/accel/plan"
	"braid/source"
	"braid/source/images"
	"braid/stages"
)

// calibration is a network that was watched while it ran on pictures.
type calibration struct {
	rt      accel.Backend
	q       *quantize.Quantizer
	watched int      // pictures
	samples []sample // inputs that some of them made
}

// newCalibration shows pictures to the float32 network, prepared as the model's card
// says, and lets a quantizer watch the activations.
func newCalibration(ctx context.Context, env *Env, rt accel.Backend, m *model, o quantize.Options, files []string) (_ *calibration, err error) {
	onnx, err := m.network.WithOutputs(nil)
	if err != nil {
		return nil, err
	}
	c := &calibration{rt: rt}
	if c.q, err = quantize.New(onnx, o); err != nil {
		return nil, as(ErrInvalid, fmt.Errorf("model %s: %w", m.card.Name, err))
	}
	open, err := opened(c.q)
	if err != nil {
		return nil, err
	}
	src, err := images.New(images.Config{Name: calibrationCamera, Files: files}, env.Log)
	if err != nil {
		return nil, as(ErrInvalid, err)
	}
	watch := &watcher{to: c, input: open.Inputs()[0].Name, every: max(1, len(files)/rankPictures)}
	p, err := assemble(ctx, rt, open, plan.Serial(planRef(m.card)), env.Log, func(b *builder) (first, last stages.Node) {
		return prepNode(b, m, demand{}), stages.Node{Name: "watch", Workers: 1, New: func(int) (stages.Stage, error) { return watch, nil }}
	})
	if err != nil {
		return nil, err
	}
	defer closeInto(&err, p.Close)
	c.watched, err = showAll(ctx, env, p, src)
	return c, err
}

// calibrationCamera is the name of the pictures, in logs and on the progress bar.
const calibrationCamera = "calibration"

// opened is the network that is quantised, with all that is to be watched as outputs.
func opened(q *quantize.Quantizer) (*network.Network, error) {
	raised, err := q.Raised()
	if err != nil {
		return nil, err
	}
	n, err := network.Parse(raised)
	if err != nil {
		return nil, err
	}
	onnx, err := n.WithOutputs(q.Activations())
	if err != nil {
		return nil, err
	}
	return network.Parse(onnx)
}

// watcher is the last stage of a calibration.
type watcher struct {
	to    *calibration
	input string // of the network
	every int    // so many pictures give one sample
	seen  int
}

func (w *watcher) Process(ctx context.Context, j *stages.Job) error {
	if err := j.Await(ctx); err != nil || j.Err != nil {
		return err
	}
	for _, name := range w.to.q.Activations() {
		t, ok := j.Bindings.Tensor(name, host)
		if !ok || t.Type != accel.Float32 {
			return fmt.Errorf("activation %q is no float32 tensor on the host", name)
		}
		if err := w.to.q.Watch(name, t.Float32s()); err != nil {
			return err
		}
	}
	if w.seen%w.every == 0 && len(w.to.samples) < rankPictures {
		t, _ := j.Bindings.Tensor(w.input, host)
		w.to.samples = append(w.to.samples, sample{inputs: map[string][]byte{w.input: slices.Clone(t.Data)}})
	}
	w.seen++
	return nil
}

func (*watcher) Close() error { return nil }

// showAll runs all pictures through a pipeline and counts those that came out.
func showAll(ctx context.Context, env *Env, p *pipeline, src source.Source) (n int, err error) {
	f, err := newFeed(src, source.GateConfig{Camera: calibrationCamera, Policy: source.Block}, p.plan.InFlight, nil)
	if err != nil {
		return 0, err
	}
	defer closeInto(&err, f.pool.Close)
	bar := newProgress(env)
	bar.begin(calibrationCamera, src, 0)
	defer bar.stop()
	failed, err := runFeeds(ctx, env, p, func(_ context.Context, j *stages.Job) error {
		if j.Err != nil {
			return fmt.Errorf("calibration picture %s: %s: %w", j.File, j.Failed, j.Err)
		}
		j.Ledger.CountPublished()
		n++
		bar.step()
		return nil
	}, []*feed{f})
	if env.draining() {
		return n, as(ErrInterrupted, errors.New("interrupted: nothing was written"))
	}
	return n, as(ErrInvalid, errors.Join(err, failed))
}
