package openvino

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"braid/accel"
)

var _ accel.LayerTimer = (*call)(nil)

// TimeLayers runs the Segment once on a network that measures its layers. A layer has
// the name of the ONNX node that it was made of, or of the tensor that a node without a
// name writes; a fused one has that of the node which does most of the work.
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
	for i := range times {
		times[i].Name = nodeOf(times[i].Name)
	}
	return times, nil
}

// A change of layout that OpenVINO puts between two nodes is named by both, and by the
// layouts as oneDNN writes them: Concat_40_abcd_acdb_Conv_41/WithoutBiases.
var reorder = regexp.MustCompile(`^.+_[a-fA-F]+[0-9a-f]*_[a-fA-F]+[0-9a-f]*_(.+)$`)

// nodeOf is the ONNX node that a layer was made of. A convolution with a bias is read
// as two layers, and has its name from before they were fused again. A change of layout
// is its reader's.
func nodeOf(layer string) string {
	if m := reorder.FindStringSubmatch(layer); m != nil {
		layer = m[1]
	}
	return strings.TrimSuffix(layer, "/WithoutBiases")
}

// timingNetwork is the engine's network that measures its layers.
func (e *engine) timingNetwork() (*compiled, error) {
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
