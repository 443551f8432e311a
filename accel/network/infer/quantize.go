package infer

import (
	"braid/accel"
)

// quantize is QuantizeLinear: the type is that of the zero point, or stated.
func quantize(c *call) ([]Value, error) {
	t := accel.DType(c.int("output_dtype", 0))
	if t == 0 {
		t = c.arg(2).Type
	}
	if !c.given(2) && t == 0 {
		t = accel.Uint8
	}
	return one(Value{Type: t, Shape: c.arg(0).Shape})
}

// dequantize is DequantizeLinear: the type is that of the scale, or stated.
func dequantize(c *call) ([]Value, error) {
	t := accel.DType(c.int("output_dtype", 0))
	if t == 0 {
		t = c.arg(1).Type
	}
	return one(Value{Type: t, Shape: c.arg(0).Shape})
}

// dynamicQuantize chooses scale and zero point by the data; shapes do not depend on it.
func dynamicQuantize(c *call) ([]Value, error) {
	return []Value{{Type: accel.Uint8, Shape: c.arg(0).Shape}, {Type: accel.Float32, Shape: []int64{}}, {Type: accel.Uint8, Shape: []int64{}}}, nil
}
