package app

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"braid/accel/network"
	"braid/accel/network/quantize"
)

// rankPictures is how many pictures tell the layers apart.
const rankPictures = 4

// layerError is what a layer does to the network's outputs when it alone computes in
// int8.
type layerError struct {
	Layer string `json:"layer"`
	// Error is the mean square of the change as a share of the outputs' variance.
	Error float64 `json:"error"`
}

// rank measures the error of each layer, the largest first.
func (c *calibration) rank(ctx context.Context, env *Env, m quantize.Method) ([]layerError, error) {
	raised, err := c.q.Raised()
	if err != nil {
		return nil, err
	}
	v := &verifier{rt: c.rt, log: env.Log}
	want, err := c.outputs(ctx, v, raised)
	if err != nil {
		return nil, err
	}
	bar := progressIn(env, " layers/s")
	defer bar.stop()
	bar.count("layers", int64(len(c.q.Layers())))
	var errors []layerError
	for _, layer := range c.q.Layers() {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		alone, err := c.q.Alone(layer, m)
		if err != nil {
			return nil, err
		}
		got, err := c.outputs(ctx, v, alone)
		if err != nil {
			return nil, fmt.Errorf("running with layer %q in int8: %w", layer, err)
		}
		errors = append(errors, layerError{layer, distance(want, got)})
		bar.step()
	}
	slices.SortStableFunc(errors, func(a, b layerError) int { return cmp.Compare(b.Error, a.Error) })
	return errors, nil
}

// keep lets the layers whose error is larger than a limit stay float32, and returns
// them. With a limit of 0 none is tried.
func (c *calibration) keep(ctx context.Context, env *Env, limit float64, m quantize.Method) ([]layerError, error) {
	if limit == 0 {
		return []layerError{}, nil
	}
	ranked, err := c.rank(ctx, env, m)
	if err != nil {
		return nil, err
	}
	env.Log.Debug("layers tried in int8, one at a time", "errors", ranked)
	var names []string
	for i, l := range ranked {
		if l.Error <= limit {
			ranked = ranked[:i]
			break
		}
		names = append(names, l.Layer)
	}
	return ranked, as(ErrInvalid, c.q.Keep(names))
}

// outputs are what a network makes of the pictures.
func (c *calibration) outputs(ctx context.Context, v *verifier, onnx []byte) (_ []outputs, err error) {
	if v.net, err = network.Parse(onnx); err != nil {
		return nil, err
	}
	return v.run(ctx, nil, c.samples)
}

// distance is the mean square of the differences between outputs, as a share of the
// variance of the first: of each tensor over all samples, and of these the mean.
func distance(want, got []outputs) float64 {
	sum := 0.0
	for name := range want[0] {
		var n, first, second, diff float64
		for i, w := range want {
			o := w[name]
			for at := 0; at < len(o.data); at += o.kind.Size() {
				x, y := number(o.kind, o.data[at:]), number(o.kind, got[i][name].data[at:])
				n, first, second, diff = n+1, first+x, second+x*x, diff+(x-y)*(x-y)
			}
		}
		if variance := second - first*first/n; variance > 0 {
			sum += diff / variance
		}
	}
	return sum / float64(len(want[0]))
}
