package accel

// Model is a network file and what identifies it.
type Model struct {
	Name    string // the card's name
	Path    string
	SHA256  string // of the file, hex
	Inputs  []TensorDesc
	Outputs []TensorDesc
}

// Segment is a run of consecutive layers of a Model that goes to one device: a
// sub-network, complete as an ONNX file of its own. Tensors are bound by name.
type Segment struct {
	Name    string // "infer.0" …
	Index   int    // place in the Plan
	Until   string // cut point at its end; "" for the last
	ONNX    []byte // the extracted network; must not be changed
	Inputs  []TensorDesc
	Outputs []TensorDesc // what later Segments read and what the Model returns
	Layers  int          // nodes of the graph in it
}
