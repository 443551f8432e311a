package app

import (
	"bytes"
	"encoding/binary"
	"maps"
	"math"
	"slices"

	"braid/accel"
	"braid/accel/plan"
)

// The largest relative differences that count as equal; docs/plans.md says where
// they come from.
const (
	toleranceFP32    = 1e-5
	toleranceRuntime = 5e-4 // where another runtime than that of the whole network computes in FP32
	toleranceFP16    = 5e-2
)

// tolerance is how far a network may be from the whole one under a plan. ok is
// false where the plan is not meant to equal it.
func tolerance(p plan.Plan) (limit float64, ok bool) {
	limit = toleranceFP32
	for i := range p.Segments {
		switch plan.Precision(p.PrecisionOf(i)) {
		case plan.FP32:
			if slices.ContainsFunc(p.Segments[i].Devices, func(d plan.Placement) bool { return d.ID.Runtime() == "openvino" }) {
				limit = max(limit, toleranceRuntime)
			}
		case plan.FP16:
			limit = toleranceFP16
		default:
			return 0, false
		}
	}
	return limit, true
}

// outputs are copies of a network's output tensors, by name.
type outputs map[string]output

type output struct {
	kind accel.DType
	data []byte
}

func (o outputs) take(t accel.Tensor) { o[t.Name] = output{t.Type, slices.Clone(t.Data)} }

// data are the bytes of all outputs, shared.
func (o outputs) data() map[string][]byte {
	out := map[string][]byte{}
	for name, t := range o {
		out[name] = t.data
	}
	return out
}

// difference holds tensors against those that are wanted; of one that is missing
// there are no bytes.
func (o outputs) difference(got map[string][]byte) (d difference) {
	for _, name := range slices.Sorted(maps.Keys(o)) {
		d.merge(o[name].compare(name, got[name]))
	}
	return d
}

// difference is how far one set of tensors is from another.
type difference struct {
	abs    float64 // the largest of all tensors
	rel    float64 // max|a-b| / max|b| of a tensor, the largest of all
	tensor string  // the tensor of rel
	broken bool    // a tensor that has no rounding is not the same, or one is missing
}

// within says whether the tensors are equal up to rounding.
func (d difference) within(tolerance float64) bool { return !d.broken && d.rel <= tolerance }

// merge keeps the larger of both.
func (d *difference) merge(e difference) {
	if e.rel > d.rel || d.tensor == "" || e.broken && !d.broken {
		d.rel, d.tensor = max(d.rel, e.rel), e.tensor
	}
	d.abs, d.broken = max(d.abs, e.abs), d.broken || e.broken
}

// comparable says whether there is a value that another could differ from.
func (want output) comparable() bool {
	if !rounds(want.kind) || len(want.data) == 0 {
		return true
	}
	for i := 0; i < len(want.data); i += want.kind.Size() {
		if v := number(want.kind, want.data[i:]); !math.IsNaN(v) && !math.IsInf(v, 0) {
			return true
		}
	}
	return false
}

// compare holds the data of one tensor against what is wanted of it. Floating
// point may round; all else must be the same.
func (want output) compare(name string, got []byte) difference {
	d := difference{tensor: name}
	if len(got) != len(want.data) {
		return difference{math.MaxFloat64, math.MaxFloat64, name, true}
	}
	if bytes.Equal(got, want.data) {
		return d
	}
	size := 0.0
	step := want.kind.Size()
	for i := 0; i < len(got); i += step {
		x, y := number(want.kind, want.data[i:]), number(want.kind, got[i:])
		size = max(size, finite(x))
		if x == y || math.IsNaN(x) && math.IsNaN(y) {
			continue
		}
		diff := math.Abs(x - y)
		if math.IsNaN(diff) || math.IsInf(diff, 0) {
			diff = math.MaxFloat64 // JSON has no infinity
		}
		d.abs = max(d.abs, diff)
	}
	d.rel = d.abs
	if size > 0 {
		d.rel = min(d.abs/size, math.MaxFloat64)
	}
	d.broken = !rounds(want.kind)
	return d
}

// rounds says whether a type's values are rounded.
func rounds(t accel.DType) bool {
	return t == accel.Float32 || t == accel.Float16 || t == accel.Float64
}

// number reads one value of a tensor's data, which is little-endian as ONNX has it.
func number(t accel.DType, b []byte) float64 {
	switch t {
	case accel.Float32:
		return float64(math.Float32frombits(binary.LittleEndian.Uint32(b)))
	case accel.Float64:
		return math.Float64frombits(binary.LittleEndian.Uint64(b))
	case accel.Float16:
		return half(binary.LittleEndian.Uint16(b))
	case accel.Int64:
		return float64(int64(binary.LittleEndian.Uint64(b)))
	case accel.Int32:
		return float64(int32(binary.LittleEndian.Uint32(b)))
	case accel.Int8:
		return float64(int8(b[0]))
	case accel.Uint8, accel.Bool:
	}
	return float64(b[0])
}

// half is the value of an IEEE 754 binary16.
func half(h uint16) float64 {
	sign, exponent, fraction := 1.0, int(h>>10&0x1f), float64(h&0x3ff)
	if h>>15 == 1 {
		sign = -1
	}
	switch exponent {
	case 0:
		return sign * math.Ldexp(fraction, -24)
	case 0x1f:
		if fraction != 0 {
			return math.NaN()
		}
		return math.Inf(int(sign))
	}
	return sign * math.Ldexp(1024+fraction, exponent-25)
}

// finite is the size of a number, 0 of what is none.
func finite(v float64) float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return 0
	}
	return math.Abs(v)
}
