package accel

import (
	"context"
	"time"
)

// LayerTimer is what a Call may offer: how long each layer took, as the runtime
// knows it, which can time inside of an engine what nobody else can. A caller asks
// for it by a type assertion.
type LayerTimer interface {
	// TimeLayers runs the Segment, layer by layer where that is how layers are
	// timed, waits, and gives the time of each layer in the order of execution.
	// Copies between memories are not among them. The sum may be more than a run
	// takes otherwise.
	TimeLayers(ctx context.Context) ([]LayerTime, error)
}

// LayerTime is the time of one layer of an engine.
type LayerTime struct {
	// Name is the runtime's. A fused layer's has the names of the ONNX nodes in it,
	// as TensorRT writes them: "conv1 + relu1".
	Name string
	Time time.Duration
}
