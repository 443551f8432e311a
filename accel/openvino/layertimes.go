package openvino

import (
	"context"
	"fmt"

	"braid/accel"
)

var _ accel.LayerTimer = (*call)(nil)

// TimeLayers runs the Segment once on a network that measures its layers. A layer has
// the name of the ONNX node that it was made of, a fused one that of the node which
// does most of the work; what OpenVINO puts in by itself, a change of layout say, has a
// name that begins with a node's.
func (c *call) TimeLayers(ctx context.Context) ([]accel.LayerTime, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if c.timed == nil {
		n, err := c.home.home.timingNetwork()
		if err != nil {
			return nil, fmt.Errorf("loading %s to time its layers: %w", c.home.home.header.Segment, err)
		}
		if c.timed, err = c.home.bind(n, c.bindings); err != nil {
			return nil, fmt.Errorf("binding tensors: %w", err)
		}
		if err := c.run(c.timed); err != nil { // the first run makes kernels and memory
			return nil, c.failed(err)
		}
	}
	if err := c.run(c.timed); err != nil {
		return nil, c.failed(err)
	}
	times, err := c.timed.layers()
	if err != nil {
		return nil, c.failed(err)
	}
	return times, nil
}

// timingNetwork is the engine's network that measures its layers.
func (e *engine) timingNetwork() (*network, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.timing == nil {
		n, err := e.load(timed)
		if err != nil {
			return nil, err
		}
		e.timing = n
	}
	return e.timing, nil
}
