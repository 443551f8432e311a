package ort

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"

	onnx "github.com/yalue/onnxruntime_go"

	"braid/accel"
)

// Probe finds type and shape of tensors of a network, given as an ONNX file's
// bytes in which each of them is an output: from ONNX Runtime's own inference,
// else from one run on zeros. The results come in the order of tensors.
func (b *Backend) Probe(ctx context.Context, network []byte, tensors []string) ([]accel.TensorDesc, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if err := b.hold(&b.engines); err != nil {
		return nil, err
	}
	defer b.drop(&b.engines)
	in, out, err := onnx.GetInputOutputInfoWithONNXData(network)
	if err != nil {
		return nil, fmt.Errorf("probing a network: %w", oneLine(err))
	}
	byName := map[string]onnx.InputOutputInfo{}
	for _, o := range out {
		byName[o.Name] = o
	}
	found := make([]accel.TensorDesc, len(tensors))
	var unknown []int
	for i, name := range tensors {
		o, ok := byName[name]
		if !ok {
			return nil, fmt.Errorf("probing a network: it has no output %q", name)
		}
		found[i] = describe(o)
		// No shape at all and no dimensions look the same here.
		if _, err := found[i].Check(); err != nil || len(o.Dimensions) == 0 {
			unknown = append(unknown, i)
		}
	}
	if len(unknown) == 0 {
		return found, nil
	}
	if err := runOnZeros(network, in, found, unknown); err != nil {
		return nil, fmt.Errorf("probing a network: %w", err)
	}
	return found, nil
}

func describe(o onnx.InputOutputInfo) accel.TensorDesc {
	return accel.TensorDesc{Name: o.Name, Type: accel.DType(o.DataType), Shape: o.Dimensions}
}

// runOnZeros replaces the unknown ones of found by what a run gives.
func runOnZeros(network []byte, in []onnx.InputOutputInfo, found []accel.TensorDesc, unknown []int) (err error) {
	var inputs []onnx.Value
	var inputNames, names []string
	defer func() { err = errors.Join(err, destroy(inputs)) }()
	for _, info := range in {
		v, err := zeros(describe(info))
		if err != nil {
			return err
		}
		inputs, inputNames = append(inputs, v), append(inputNames, info.Name)
	}
	for _, i := range unknown {
		names = append(names, found[i].Name)
	}
	s, err := onnx.NewDynamicAdvancedSessionWithONNXData(network, inputNames, names, nil)
	if err != nil {
		return oneLine(err)
	}
	defer func() { err = errors.Join(err, s.Destroy()) }()
	outputs := make([]onnx.Value, len(names))
	defer func() { err = errors.Join(err, destroy(outputs)) }()
	if err := run(s, inputs, outputs, found, unknown); err != nil {
		return oneLine(err)
	}
	for k, i := range unknown {
		found[i].Type, found[i].Shape = accel.DType(outputs[k].DataType()), outputs[k].GetShape()
	}
	return nil
}

// run fills outputs. onnxruntime_go makes no value of a scalar by itself: it
// stops at the first, which then gets a place and the run is made again.
func run(s *onnx.DynamicAdvancedSession, inputs, outputs []onnx.Value, found []accel.TensorDesc, unknown []int) error {
	for range len(outputs) {
		err := s.Run(inputs, outputs)
		k := slices.IndexFunc(outputs, missing)
		if k < 0 || !errors.Is(err, onnx.ZeroShapeLengthError) {
			return err
		}
		if outputs[k], err = scalar(found[unknown[k]].Type); err != nil {
			outputs[k] = nil
			return err
		}
	}
	return s.Run(inputs, outputs)
}

// missing sees also the nil pointer that a failed Run leaves in a Value.
func missing(v onnx.Value) bool { return v == nil || reflect.ValueOf(v).IsNil() }

// scalar is a place for an output without dimensions.
func scalar(t accel.DType) (onnx.Value, error) {
	switch t {
	case accel.Float16: // the library has no such scalar
	case accel.Float32:
		return onnx.NewEmptyScalar[float32]()
	case accel.Float64:
		return onnx.NewEmptyScalar[float64]()
	case accel.Int64:
		return onnx.NewEmptyScalar[int64]()
	case accel.Int32:
		return onnx.NewEmptyScalar[int32]()
	case accel.Int8:
		return onnx.NewEmptyScalar[int8]()
	case accel.Uint8:
		return onnx.NewEmptyScalar[uint8]()
	case accel.Bool:
		return onnx.NewEmptyScalar[bool]()
	}
	return nil, fmt.Errorf("a scalar of %v cannot be read", t)
}

// zeros is an input of zeros in Go's memory, which ONNX Runtime reads in the
// call only.
func zeros(d accel.TensorDesc) (onnx.Value, error) {
	n, err := d.Check()
	if err != nil {
		return nil, fmt.Errorf("input: %w", err)
	}
	if len(d.Shape) == 0 {
		return nil, fmt.Errorf("input %q is a scalar", d.Name)
	}
	v, err := onnx.NewCustomDataTensor(d.Shape, make([]byte, n), onnx.TensorElementDataType(d.Type))
	if err != nil {
		return nil, oneLine(err)
	}
	return v, nil
}

func destroy(values []onnx.Value) error {
	var errs []error
	for _, v := range values {
		if !missing(v) {
			errs = append(errs, v.Destroy())
		}
	}
	return errors.Join(errs...)
}
