package network

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"

	"braid/accel"
	"braid/accel/network/infer"
	"braid/accel/network/onnxpb"
)

// scale reads the scales of a node of a pair and sees to it that its zero points
// are 0.
func (s *stripper) scale(l *node) ([]float32, error) {
	for _, a := range l.Attribute {
		if a.GetName() == "block_size" && a.GetI() != 0 {
			return nil, errors.New("its scales are by blocks, where by tensor or by channel is understood")
		}
	}
	t := s.n.tensor(l.Input[1])
	if t == nil || accel.DType(t.GetDataType()) != accel.Float32 {
		return nil, fmt.Errorf("its scale %q is not a constant of float32", l.Input[1])
	}
	numbers, err := elements(t)
	if err != nil {
		return nil, err
	}
	scale := make([]float32, len(numbers))
	for i, v := range numbers {
		if scale[i] = float32(v); v <= 0 || math.IsInf(v, 0) || math.IsNaN(v) {
			return nil, fmt.Errorf("its scale is %g", v)
		}
	}
	if len(scale) == 0 {
		return nil, fmt.Errorf("its scale %q is empty", l.Input[1])
	}
	return scale, s.zero(l)
}

func (s *stripper) zero(l *node) error {
	if len(l.Input) < 3 || l.Input[2] == "" {
		return nil
	}
	t := s.n.tensor(l.Input[2])
	if t == nil {
		return fmt.Errorf("its zero point %q is not constant", l.Input[2])
	}
	numbers, err := elements(t)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(numbers, func(v float64) bool { return v != 0 }) {
		return fmt.Errorf("its zero point %q is not 0", l.Input[2])
	}
	return nil
}

// weight adds, by the name of what l writes, the float32 weight that its scales
// make of t's numbers.
func (s *stripper) weight(l *node, t *onnxpb.TensorProto, scale []float32) error {
	wants := []accel.DType{accel.Int8, accel.Int32} // int32 for a bias
	if s.n.constant[l.Input[0]] && s.n.tensor(l.Input[0]) == nil {
		wants = []accel.DType{accel.Float32} // a pair around a float32 weight
	}
	if !slices.Contains(wants, accel.DType(t.GetDataType())) {
		return fmt.Errorf("the weight %q is of %v, where %v is understood", t.GetName(), accel.DType(t.GetDataType()), wants)
	}
	numbers, err := elements(t)
	if err != nil {
		return err
	}
	each, err := channels(t.Dims, int64(len(scale)), axisOf(l))
	if err != nil {
		return fmt.Errorf("the weight %q: %w", t.GetName(), err)
	}
	float := wants[0] == accel.Float32
	raw := make([]byte, 0, 4*len(numbers))
	for i, v := range numbers {
		by := scale[int64(i)/each%int64(len(scale))]
		if float { // as QuantizeLinear does it: half to even, cut to int8
			v = min(127, max(-128, math.RoundToEven(float64(float32(v)/by))))
		}
		raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(float32(v)*by))
	}
	s.weights = append(s.weights, rawTensor(l.Output[0], accel.Float32, t.Dims, raw))
	return nil
}

// channels is how many neighbours in memory share a scale.
func channels(dims []int64, scales, axis int64) (int64, error) {
	if scales == 1 {
		return 1, nil
	}
	rank := int64(len(dims))
	if axis < 0 {
		axis += rank
	}
	if axis < 0 || axis >= rank || dims[axis] != scales {
		return 0, fmt.Errorf("%d scales along axis %d of %v", scales, axis, dims)
	}
	return accel.TensorDesc{Shape: dims[axis+1:]}.Elems(), nil
}

// elements are the numbers of a tensor.
func elements(t *onnxpb.TensorProto) ([]float64, error) {
	kind := accel.DType(t.GetDataType())
	if t.RawData == nil {
		return typed(t)
	}
	size := kind.Size()
	if size == 0 {
		return nil, fmt.Errorf("%q is of %v", t.GetName(), kind)
	}
	out := make([]float64, 0, len(t.RawData)/size)
	for raw := t.RawData; len(raw) >= size; raw = raw[size:] {
		switch kind {
		case accel.Int8:
			out = append(out, float64(int8(raw[0])))
		case accel.Uint8:
			out = append(out, float64(raw[0]))
		case accel.Int32:
			out = append(out, float64(int32(binary.LittleEndian.Uint32(raw))))
		case accel.Float32:
			out = append(out, float64(math.Float32frombits(binary.LittleEndian.Uint32(raw))))
		default:
			return nil, fmt.Errorf("%q is of %v", t.GetName(), kind)
		}
	}
	return out, nil
}

// typed reads elements that are not in raw data, of which only a small tensor's
// are kept in memory.
func typed(t *onnxpb.TensorProto) ([]float64, error) {
	v := infer.FromTensor(t)
	out := slices.Clone(v.Floats)
	for _, i := range v.Ints {
		out = append(out, float64(i))
	}
	if want, _ := elems(t); int64(len(out)) != want {
		return nil, fmt.Errorf("%q does not keep its %d elements as raw data: save the model again with that", t.GetName(), want)
	}
	return out, nil
}
