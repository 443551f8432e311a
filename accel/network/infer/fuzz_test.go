package infer

import (
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"braid/accel"
	"braid/accel/network/onnxpb"
)

// TestAnyNode gives every rule inputs and attributes that make no sense: it may
// refuse, but what it gives is consistent in itself.
func TestAnyNode(t *testing.T) {
	ops := slices.Sorted(maps.Keys(rules))
	rapid.Check(t, func(t *rapid.T) { checkAny(t, rapid.SampledFrom(ops).Draw(t, "op")) })
}

// FuzzNode is the same, guided by coverage.
func FuzzNode(f *testing.F) {
	ops := slices.Sorted(maps.Keys(rules))
	f.Fuzz(rapid.MakeFuzz(func(t *rapid.T) { checkAny(t, rapid.SampledFrom(ops).Draw(t, "op")) }))
}

func checkAny(t *rapid.T, op string) {
	in := rapid.SliceOfN(values(), 0, 5).Draw(t, "inputs")
	p := node(op, in)
	p.Output = []string{"y", "z"}[:rapid.IntRange(0, 2).Draw(t, "outputs")]
	p.Attribute = attributes(t)
	out, err := Node(p, rapid.Int64Range(7, 24).Draw(t, "opset"), in)
	if err != nil {
		return
	}
	if len(out) != len(p.Output) {
		t.Fatalf("%d values for %d outputs", len(out), len(p.Output))
	}
	for _, v := range out {
		n, err := count(v.Shape)
		if err != nil {
			t.Fatal(err)
		}
		if v.Known() && (n != int64(len(v.Ints)+len(v.Floats)) || !v.Static() || n > MaxContents) {
			t.Fatalf("contents %v %v of the shape %v", v.Ints, v.Floats, v.Shape)
		}
		if v.Known() && v.Tensor("t") == nil {
			t.Fatalf("%+v cannot be written", v)
		}
	}
}

// values are tensors of few and small dimensions, known ones with contents.
func values() *rapid.Generator[Value] {
	return rapid.Custom(func(t *rapid.T) Value {
		if rapid.IntRange(0, 9).Draw(t, "nothing") == 0 {
			return Value{}
		}
		v := Value{
			Type:  rapid.SampledFrom([]accel.DType{accel.Float32, accel.Int64, accel.Bool, accel.Uint8}).Draw(t, "type"),
			Shape: rapid.SliceOfN(rapid.SampledFrom([]int64{-1, 0, 1, 2, 3, 4, 8, 1 << 30}), 0, 5).Draw(t, "shape"),
		}
		n, err := count(v.Shape)
		if err != nil {
			return Value{Type: v.Type}
		}
		if n < 1 || n > 16 || rapid.Bool().Draw(t, "opaque") {
			return v
		}
		number := rapid.OneOf(rapid.Int64Range(-3, 9), rapid.Int64())
		for range n {
			if x := number.Draw(t, "element"); v.Type == accel.Float32 {
				v.Floats = append(v.Floats, float64(float32(x)/3))
			} else {
				v.Ints = append(v.Ints, x)
			}
		}
		return v
	})
}

// attributes draws some of those that rules read.
func attributes(t *rapid.T) []*onnxpb.AttributeProto {
	number := rapid.OneOf(rapid.Int64Range(-4, 4), rapid.Int64())
	var out []*onnxpb.AttributeProto
	for _, name := range []string{"axis", "keepdims", "group", "blocksize", "ceil_mode", "to", "start", "end", "batch_dims", "k", "allowzero", "transA", "fmod", "noop_with_empty_axes"} {
		if rapid.IntRange(0, 3).Draw(t, name) == 0 {
			out = append(out, attrInt(name, number.Draw(t, "number")))
		}
	}
	for _, name := range []string{"axes", "kernel_shape", "strides", "pads", "dilations", "perm", "starts", "ends", "split", "shape", "output_shape", "output_padding"} {
		if rapid.IntRange(0, 3).Draw(t, name) == 0 {
			out = append(out, attrInts(name, rapid.SliceOfN(number, 0, 4).Draw(t, "numbers")...))
		}
	}
	if rapid.Bool().Draw(t, "auto_pad") {
		out = append(out, attrText("auto_pad", rapid.SampledFrom([]string{"SAME_UPPER", "VALID", "NOTSET"}).Draw(t, "auto")))
	}
	return out
}
