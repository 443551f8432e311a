package app

import (
	"encoding/binary"
	"math"
	"testing"

	"pgregory.net/rapid"

	"braid/accel"
	"braid/accel/plan"
)

func float32s(values ...float32) []byte {
	var b []byte
	for _, v := range values {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
	}
	return b
}

func TestDifference(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	for _, c := range []struct {
		name      string
		kind      accel.DType
		want, got []byte
		abs, rel  float64
		equal     bool // at 1e-5
	}{
		{"the same", accel.Float32, float32s(1, -2), float32s(1, -2), 0, 0, true},
		{"relative to the largest of the wanted", accel.Float32, float32s(1, -4), float32s(1.5, -4), 0.5, 0.125, false},
		{"rounding", accel.Float32, float32s(1, 1<<20), float32s(2, 1<<20), 1, 1.0 / (1 << 20), true},
		{"NaN where NaN is wanted", accel.Float32, float32s(nan, 1), append(float32s(math.Float32frombits(0xffffffff)), float32s(1)...), 0, 0, true},
		{"NaN where a number is wanted", accel.Float32, float32s(3, 1), float32s(nan, 1), math.MaxFloat64, math.MaxFloat64 / 3, false},
		{"infinity where it is wanted", accel.Float32, float32s(inf, 1), float32s(inf, 1), 0, 0, true},
		{"infinity where a number is wanted", accel.Float32, float32s(1, 1), float32s(inf, 1), math.MaxFloat64, math.MaxFloat64, false},
		{"nothing but zeros is wanted", accel.Float32, float32s(0, 0), float32s(0, 1e-6), float64(float32(1e-6)), float64(float32(1e-6)), true},
		{"missing", accel.Float32, float32s(1), nil, math.MaxFloat64, math.MaxFloat64, false},
		{"whole numbers do not round", accel.Int64, binary.LittleEndian.AppendUint64(nil, 1e9), binary.LittleEndian.AppendUint64(nil, 1e9+1), 1, 1e-9, false},
		{"truth values do not either", accel.Bool, []byte{1, 0}, []byte{1, 1}, 1, 1, false},
		{"half precision", accel.Float16, []byte{0, 0x3c}, []byte{1, 0x3c}, 1.0 / 1024, 1.0 / 1024, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := outputs{"y": {c.kind, c.want}}.difference(map[string][]byte{"y": c.got})
			if d.abs != c.abs || d.rel != c.rel || d.within(toleranceFP32) != c.equal || d.tensor != "y" {
				t.Errorf("got %+v, equal %v", d, d.within(toleranceFP32))
			}
		})
	}
}

// TestDifferenceOfManyTensors keeps the worst, and never loses that a tensor is
// broken.
func TestDifferenceOfManyTensors(t *testing.T) {
	want := outputs{
		"a": {accel.Int32, []byte{1, 0, 0, 0}}, "b": {accel.Float32, float32s(1)}, "c": {accel.Float32, float32s(100)},
	}
	d := want.difference(map[string][]byte{"a": {1, 0, 0, 0}, "b": float32s(1.25), "c": float32s(101)})
	if d.abs != 1 || d.rel != 0.25 || d.tensor != "b" || d.broken {
		t.Errorf("got %+v", d)
	}
	d = want.difference(map[string][]byte{"a": {2, 0, 0, 0}, "b": float32s(1), "c": float32s(100)})
	if !d.broken || d.tensor != "a" || d.within(10) {
		t.Errorf("got %+v", d)
	}
}

func TestComparable(t *testing.T) {
	nan := float32(math.NaN())
	for _, c := range []struct {
		o    output
		want bool
	}{
		{output{accel.Float32, float32s(nan, nan)}, false},
		{output{accel.Float32, float32s(nan, 0)}, true},
		{output{accel.Float16, []byte{0, 0x7c}}, false},
		{output{accel.Int8, []byte{0xff}}, true},
		{output{accel.Float32, nil}, true},
	} {
		if got := c.o.comparable(); got != c.want {
			t.Errorf("%v: %v", c.o, got)
		}
	}
}

// TestHalf holds half against the definition of IEEE 754: each value's place
// between its neighbours, and the ends.
func TestHalf(t *testing.T) {
	for bits, want := range map[uint16]float64{0: 0, 1: 0x1p-24, 0x3ff: 1023 * 0x1p-24, 0x400: 0x1p-14, 0x3c00: 1, 0x3c01: 1 + 0x1p-10, 0xc000: -2, 0x7bff: 65504, 0xfc00: math.Inf(-1)} {
		if got := half(bits); got != want {
			t.Errorf("half(%#04x) = %g, want %g", bits, got, want)
		}
	}
	if !math.IsNaN(half(0x7c01)) {
		t.Error("0x7c01 is a number")
	}
	rapid.Check(t, func(t *rapid.T) {
		h := uint16(rapid.IntRange(0, 0x7bfe).Draw(t, "bits"))
		if !(half(h) < half(h+1)) || half(h|0x8000) != -half(h) {
			t.Fatalf("%g, %g, %g", half(h), half(h+1), half(h|0x8000))
		}
	})
}

func TestToleranceOfAPlan(t *testing.T) {
	p := plan.Serial("")
	for _, c := range []struct {
		plan, segment plan.Precision
		device        accel.DeviceID
		limit         float64
		ok            bool
	}{
		{plan.FP32, "", "cpu", toleranceFP32, true},
		{plan.FP32, "", "cpu/openvino", toleranceRuntime, true},
		{plan.FP16, "", "cpu", toleranceFP16, true},
		{plan.FP16, "", "gpu:0/openvino", toleranceFP16, true},
		{plan.FP16, plan.FP32, "cpu", toleranceFP32, true},
		{plan.FP32, plan.INT8, "cpu", 0, false},
	} {
		p.Precision, p.Segments[0].Precision, p.Segments[0].Devices[0].ID = c.plan, c.segment, c.device
		if limit, ok := tolerance(p); limit != c.limit || ok != c.ok {
			t.Errorf("%s, segment %q on %s: %g, %v", c.plan, c.segment, c.device, limit, ok)
		}
	}
}
