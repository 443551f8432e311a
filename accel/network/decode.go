package network

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"google.golang.org/protobuf/encoding/protowire"

	"braid/accel/network/onnxpb"
)

const (
	oldestOpset = 7  // the first one that today's runtimes are tested with
	newestOpset = 28 // of ONNX 1.23; a later one may change what an operator means
	newestIR    = 14 // of ONNX 1.23

	// maxDepth bounds nested messages; one level of subgraph takes three.
	maxDepth = 100
)

func invalid(format string, args ...any) error {
	return fmt.Errorf("%w: %w", ErrInvalid, fmt.Errorf(format, args...))
}

func decode(data []byte) (*onnxpb.ModelProto, error) {
	if len(data) == 0 {
		return nil, invalid("the file is empty")
	}
	if bytes.HasPrefix(data, []byte("version https://git-lfs")) {
		return nil, invalid("a Git LFS pointer, not the ONNX file itself: get that by git lfs pull")
	}
	model, err := unmarshal(data)
	if err != nil {
		return nil, invalid("%s", diagnose(data))
	}
	if model.Graph == nil || model.IrVersion == nil {
		return nil, invalid("not an ONNX file: no graph or no IR version")
	}
	return model, nil
}

// modelFields are the wire types of ModelProto's fields.
var modelFields = map[protowire.Number]protowire.Type{
	1: protowire.VarintType, 2: protowire.BytesType, 3: protowire.BytesType, 4: protowire.BytesType,
	5: protowire.VarintType, 6: protowire.BytesType, 7: protowire.BytesType, 8: protowire.BytesType,
	14: protowire.BytesType, 20: protowire.BytesType, 25: protowire.BytesType, 26: protowire.BytesType,
}

// diagnose says why data does not decode: the outermost fields tell a short
// file from another kind of file.
func diagnose(data []byte) string {
	for len(data) > 0 {
		num, typ, n := protowire.ConsumeTag(data)
		if want, ok := modelFields[num]; n < 0 || !ok || typ != want {
			return "not an ONNX file"
		}
		m := protowire.ConsumeFieldValue(num, typ, data[n:])
		if m < 0 {
			if errors.Is(protowire.ParseError(m), io.ErrUnexpectedEOF) {
				return "the file is truncated: copy it again"
			}
			return "not an ONNX file"
		}
		data = data[n+m:]
	}
	return "the file is damaged, or nested too deeply: copy it again"
}

// checkModel checks what is true of the file as a whole.
func checkModel(m *onnxpb.ModelProto) error {
	if ir := m.GetIrVersion(); ir < 1 || ir > newestIR {
		return invalid("IR version %d, where 1 to %d are known: export it again with one of these", ir, newestIR)
	}
	if len(m.Graph.Node) == 0 {
		return invalid("the graph has no nodes")
	}
	if len(m.Graph.Output) == 0 {
		return invalid("the graph has no outputs")
	}
	if err := checkOpset(m); err != nil {
		return err
	}
	for _, f := range m.Functions {
		if err := checkNodeData(f.Node); err != nil {
			return err
		}
	}
	return checkGraphData(m.Graph)
}

func checkOpset(m *onnxpb.ModelProto) error {
	for _, o := range m.OpsetImport {
		if !defaultDomain(o.GetDomain()) {
			continue
		}
		if v := o.GetVersion(); v < oldestOpset || v > newestOpset {
			return invalid("opset %d, where %d to %d are known: export it again with one of these", v, oldestOpset, newestOpset)
		}
		return nil
	}
	for _, n := range m.Graph.Node {
		if defaultDomain(n.GetDomain()) {
			return invalid("no opset is imported for node %q (%s)", n.GetName(), n.GetOpType())
		}
	}
	return nil
}

func defaultDomain(d string) bool { return d == "" || d == "ai.onnx" }
