package trt

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"braid/accel"
)

var _ accel.LayerTimer = (*call)(nil)

// TimeLayers runs the Segment once under TensorRT's profiler (IProfiler), kernel by
// kernel also where the Call has a captured graph. A DLA is one layer.
func (c *call) TimeLayers(ctx context.Context) ([]accel.LayerTime, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	text, err := c.native.Profile()
	if err != nil {
		return nil, c.failed(err)
	}
	var layers []struct {
		Layer string
		MS    float64
	}
	if err := json.Unmarshal(text, &layers); err != nil {
		return nil, fmt.Errorf("reading TensorRT's times of layers: %w", err)
	}
	times := make([]accel.LayerTime, len(layers))
	for i, l := range layers {
		times[i] = accel.LayerTime{Name: l.Layer, Time: time.Duration(l.MS * float64(time.Millisecond))}
	}
	return times, nil
}
