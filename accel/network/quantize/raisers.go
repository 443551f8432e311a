package quantize

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"google.golang.org/protobuf/proto"

	"braid/accel"
	"braid/accel/network/onnxpb"
)

var errUnknown = errors.New("what it means there is not known to be the same")

// listToInput moves a list of integers from an attribute to the second input, as
// opset 13 has it.
func listToInput(attr string) raiser {
	return func(r *raising, n *onnxpb.NodeProto) error {
		r.toInput(n, attr, 1)
		return nil
	}
}

// batchNormalization drops the attribute that opset 9 has dropped.
func batchNormalization(_ *raising, n *onnxpb.NodeProto) error {
	if integer(n, "spatial", 1) == 0 {
		return errors.New("spatial is 0")
	}
	drop(n, "spatial")
	return nil
}

// clip has its bounds as inputs from opset 11 on.
func clip(r *raising, n *onnxpb.NodeProto) error {
	if r.from < 11 {
		r.numberToInput(n, "min", 1)
		r.numberToInput(n, "max", 2)
	}
	return nil
}

// pad has its sizes and its value as inputs from opset 11 on.
func pad(r *raising, n *onnxpb.NodeProto) error {
	if r.from < 11 {
		r.toInput(n, "pads", 1)
		r.numberToInput(n, "value", 2)
	}
	return nil
}

// slice has its places as inputs from opset 10 on.
func slice(r *raising, n *onnxpb.NodeProto) error {
	if r.from < 10 {
		r.toInput(n, "starts", 1)
		r.toInput(n, "ends", 2)
		r.toInput(n, "axes", 3)
	}
	return nil
}

// topK has its number as an input from opset 10 on.
func topK(r *raising, n *onnxpb.NodeProto) error {
	if a := attribute(n, "k"); r.from < 10 && a != nil {
		a.Ints = []int64{a.GetI()}
		r.toInput(n, "k", 1)
	}
	return nil
}

// dropout does nothing to a network that only infers, whatever its ratio.
func dropout(_ *raising, n *onnxpb.NodeProto) error {
	if len(n.Output) > 1 && n.Output[1] != "" {
		return errors.New("its mask is read")
	}
	drop(n, "ratio")
	return nil
}

// softmax sums over all dimensions from its axis on before opset 13, and along
// that axis only from then on.
func softmax(r *raising, n *onnxpb.NodeProto) error {
	shape, ok := r.shapes[input(n, 0)]
	if !ok {
		return fmt.Errorf("the shape of %q is not known", input(n, 0))
	}
	rank := int64(len(shape))
	axis := integer(n, "axis", 1)
	if axis < 0 {
		axis += rank
	}
	if axis < 0 || axis >= rank {
		return fmt.Errorf("axis %d of the shape %v", axis, shape)
	}
	for _, d := range shape[axis+1:] {
		if d != 1 {
			return fmt.Errorf("it sums over the dimensions %v at once", shape[axis:])
		}
	}
	set(n, &onnxpb.AttributeProto{Name: proto.String("axis"), Type: onnxpb.AttributeProto_INT.Enum(), I: &axis})
	return nil
}

// resize is Resize, and Upsample, which it has replaced. Both take, before opset 11,
// the pixel at floor(x/scale), or mix those around x/scale.
func resize(r *raising, n *onnxpb.NodeProto) error {
	if n.GetOpType() == "Resize" && r.from >= 11 {
		if integer(n, "tf_half_pixel_for_nn", 0) != 0 || text(n, "coordinate_transformation_mode") == "tf_half_pixel_for_nn" {
			return errors.New("coordinates of tf_half_pixel_for_nn")
		}
		return nil
	}
	if a := attribute(n, "scales"); a != nil { // Upsample before opset 9
		r.setInput(n, 1, floatTensor(r.name(n.GetName()+"/scales"), []int64{int64(len(a.Floats))}, a.Floats))
		drop(n, "scales")
	}
	scales := floats(r.weights[input(n, 1)])
	if scales == nil {
		return errors.New("its scales are not constant")
	}
	for _, s := range scales {
		if s < 1 {
			return fmt.Errorf("it shrinks, by %g", s)
		}
	}
	n.OpType = proto.String("Resize")
	n.Input = []string{n.Input[0], "", n.Input[1]}
	set(n, textAttr("coordinate_transformation_mode", "asymmetric"))
	set(n, textAttr("nearest_mode", "floor"))
	return nil
}

// numberToInput turns an attribute that is a number into input i.
func (r *raising) numberToInput(n *onnxpb.NodeProto, attr string, i int) {
	if a := attribute(n, attr); a != nil {
		r.setInput(n, i, floatTensor(r.name(n.GetName()+"/"+attr), nil, []float32{a.GetF()}))
		drop(n, attr)
	}
}

func text(n *onnxpb.NodeProto, name string) string { return string(attribute(n, name).GetS()) }

func textAttr(name, value string) *onnxpb.AttributeProto {
	return &onnxpb.AttributeProto{Name: proto.String(name), Type: onnxpb.AttributeProto_STRING.Enum(), S: []byte(value)}
}

// addWeight adds an initialiser.
func (g *graph) addWeight(t *onnxpb.TensorProto) {
	g.Initializer = append(g.Initializer, t)
	g.weights[t.GetName()] = t
}

func intTensor(name string, shape, v []int64) *onnxpb.TensorProto {
	raw := make([]byte, 0, 8*len(v))
	for _, i := range v {
		raw = binary.LittleEndian.AppendUint64(raw, uint64(i))
	}
	return rawTensor(name, accel.Int64, shape, raw)
}

func floatTensor(name string, shape []int64, v []float32) *onnxpb.TensorProto {
	raw := make([]byte, 0, 4*len(v))
	for _, f := range v {
		raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(f))
	}
	return rawTensor(name, accel.Float32, shape, raw)
}

func rawTensor(name string, t accel.DType, shape []int64, raw []byte) *onnxpb.TensorProto {
	return &onnxpb.TensorProto{Name: proto.String(name), DataType: proto.Int32(int32(t)), Dims: shape, RawData: raw}
}
