package trt

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"braid/accel"
)

var _ accel.LayerTimer = (*call)(nil)

// TimeLayers runs the Segment once as a whole, and under TensorRT's profiler (IProfiler) on a context of its own,
// kernel by kernel also where the Call has a captured graph, all of them enqueued before the first begins. The times
// are of as much together as the whole takes. A DLA is one layer.
func (c *call) TimeLayers(ctx context.Context) ([]accel.LayerTime, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	var text []byte
	err := c.home.home.home.roomy(func() (err error) {
		text, err = c.native.Profile()
		return err
	})
	if err != nil {
		return nil, c.failed(err)
	}
	var run struct {
		MS     float64 `json:"run_ms"`
		AtOnce bool    `json:"at_once"`
		Layers []struct {
			Layer string
			MS    float64
		}
	}
	if err := json.Unmarshal(text, &run); err != nil {
		return nil, fmt.Errorf("reading TensorRT's times of layers: %w", err)
	}
	if e := c.home.home; !run.AtOnce && !c.late {
		c.late = true // said once
		e.home.options.Log.Warn("times of layers have in them what launching took: the layers were not all enqueued within 0.1 s", "segment", e.header.Segment, "device", e.device, "layers", len(run.Layers))
	}
	times := make([]accel.LayerTime, len(run.Layers))
	for i, l := range run.Layers {
		times[i] = accel.LayerTime{Name: l.Layer, Time: milliseconds(l.MS)}
	}
	fit(times, milliseconds(run.MS))
	return times, nil
}

func milliseconds(ms float64) time.Duration { return time.Duration(ms * float64(time.Millisecond)) }

// fit takes away what layers take longer together than the run of the whole, the same of each: to take the time
// between two layers costs as much behind a long one as behind a short one. None takes less than nothing.
func fit(layers []accel.LayerTime, run time.Duration) {
	left := slices.Clone(layers)
	more := -run
	for _, l := range left {
		more += l.Time
	}
	if more <= 0 {
		return
	}
	slices.SortFunc(left, func(a, b accel.LayerTime) int { return cmp.Compare(a.Time, b.Time) })
	each := more / time.Duration(len(left))
	for len(left) > 1 && left[0].Time < each { // what the shortest does not have is the others'
		more -= left[0].Time
		left = left[1:]
		each = more / time.Duration(len(left))
	}
	for i := range layers {
		layers[i].Time -= min(layers[i].Time, each)
	}
}
