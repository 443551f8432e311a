package profile

import (
	"context"

	"braid/accel"
	"braid/accel/plan"
)

// Network is a model as it is measured. How it is cut is its maker's business, so
// that this package knows no ONNX.
type Network struct {
	Ref   string // the model, as plan.ModelRef writes it
	Cuts  []Cut  // the places where it may be cut, in its order
	Nodes []Node // in its order
	// Input and Output are the bytes of what prep writes and detect reads.
	Input, Output int64
	Outputs       int // tensors that detect reads
	// Cut cuts it at some of Cuts for a series, without any cut at none.
	Cut func(ctx context.Context, at []string, on plan.Series) (*Cutting, error)
	// Copy makes a segment that does nothing but copy its one input "x" to its one
	// output "y", both of so many bytes. nil where no device has a memory of its own.
	Copy func(bytes int64) (*accel.Segment, error)
}

// Cut is a place where the network may be cut.
type Cut struct {
	At      string // the tensor that names it
	Index   int    // nodes before it
	Bytes   int64  // of the tensors that cross
	Tensors int    // how many these are
}

// Node is a node of the network.
type Node struct {
	Name    string
	Outputs []string // tensors
	Cost    float64  // a guess at its time, in any unit: it spreads the cuts and tells a fused layer's main node
}

// Cutting is the network cut for one series.
type Cutting struct {
	Segments []*accel.Segment
	// Bind makes the tensors of all Segments in the memory that the series' device
	// works on, and nowhere else: no Segment copies anything between memories. The
	// network's inputs hold data as in use where the host sees them. The caller
	// closes them.
	Bind func(index int) (*accel.Bindings, error)
}

// guess is the sum of the costs of all nodes before each, and of all.
func (n Network) guess() []float64 {
	sums := make([]float64, 1, len(n.Nodes)+1)
	for _, node := range n.Nodes {
		sums = append(sums, sums[len(sums)-1]+node.Cost)
	}
	return sums
}
