package trt

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"braid/accel"
	"braid/accel/network"
	"braid/cuda"
)

// Build gives the engine of a Segment: the kept one, or a new one, which takes from
// seconds to minutes and cannot be interrupted. The Segment's tensors keep the type
// and layout that they have in it: TensorRT puts the casts there.
func (b *Backend) Build(ctx context.Context, s *accel.Segment, d accel.DeviceID, o accel.BuildOptions) (_ []byte, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("building %s for %s: %w", s.Name, d, explain(err))
		}
	}()
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if err := b.Supports(s, d, o); err != nil {
		return nil, err
	}
	at, err := b.find(d)
	if err != nil {
		return nil, err
	}
	if len(s.Inputs) == 0 || len(s.Outputs) == 0 || len(s.ONNX) == 0 {
		return nil, errors.New("it has no ONNX bytes, no inputs or no outputs")
	}
	b.builds.Lock()
	defer b.builds.Unlock()
	if err := b.isOpen(); err != nil {
		return nil, err
	}
	w := &work{Backend: b, segment: s, device: d, at: at, precision: o.Precision, recipe: newRecipe(s, at, o, b.options.Level)}
	return b.options.Cache.Keep(ctx, w.identity(), s.Name, w.engine)
}

// work is one engine on its way.
type work struct {
	*Backend
	segment   *accel.Segment
	device    accel.DeviceID
	at        place
	precision string
	recipe    recipe
}

// engine builds with TensorRT.
func (w *work) engine() (_ []byte, err error) {
	onnx := w.segment.ONNX
	if w.at.isDLA() && w.precision == "int8" {
		// A DLA reads no Q/DQ: it takes ranges of tensors instead.
		if onnx, w.recipe.ranges, err = network.StripQDQ(onnx); err != nil {
			return nil, err
		}
	}
	builder, err := w.lib.NewBuilder(w.at.gpu)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, closing(builder.Close())) }()
	w.keepBuilder()
	if err := builder.Parse(onnx); err != nil {
		return nil, err
	}
	if err := w.recipe.apply(builder); err != nil {
		return nil, err
	}
	if w.at.isDLA() && !w.recipe.has(cuda.FlagGPUFallback) {
		if err := allOnDLA(builder); err != nil {
			return nil, err
		}
	}
	w.offerTimings(builder)
	done := w.progress()
	bytes, err := builder.Build()
	done()
	if err != nil {
		return nil, err
	}
	w.keepTimings(builder)
	return pack(header{
		Segment: w.segment.Name, Device: w.device.Kind(), TensorRT: w.versions.TensorRT.String(), Key: w.identity().Key().String(),
		Inputs: w.segment.Inputs, Outputs: w.segment.Outputs,
	}, bytes)
}

// allOnDLA asks TensorRT itself, which knows more than is published.
func allOnDLA(b *cuda.Builder) error {
	text, err := b.Layers()
	if err != nil {
		return err
	}
	var layers []struct {
		Layer, Type string
		DLA         bool
	}
	if err := json.Unmarshal(text, &layers); err != nil {
		return fmt.Errorf("reading TensorRT's list of layers: %w", err)
	}
	var not []string
	for _, l := range layers {
		if !l.DLA && !strings.EqualFold(l.Type, "constant") {
			not = append(not, l.Layer)
		}
	}
	if len(not) == 0 {
		return nil
	}
	return fmt.Errorf("TensorRT does not run %s on a DLA, of %d layers: write fallback: allow, or cut elsewhere", enumerated(not), len(layers))
}

// enumerated is a short list of names.
func enumerated(names []string) string {
	const most = 3
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}

// progressEvery is how often a build that goes on says so.
const progressEvery = 10 * time.Second

// progress says that a build has begun, goes on and has ended.
func (w *work) progress() (done func()) {
	log := w.options.Log.With("segment", w.segment.Name, "device", w.device, "precision", w.precision)
	start := time.Now()
	log.Info("building an engine: this is done once", "level", w.recipe.level)
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for tick := time.NewTicker(progressEvery); ; {
			select {
			case <-tick.C:
				log.Info("still building the engine", "seconds", int(time.Since(start).Seconds()))
			case <-stop:
				tick.Stop()
				return
			}
		}
	}()
	return func() {
		close(stop)
		<-stopped
		log.Info("engine built", "seconds", fmt.Sprintf("%.1f", time.Since(start).Seconds()))
	}
}
