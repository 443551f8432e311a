package accel

import (
	"math"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestArrange(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		types := rapid.SampledFrom([]DType{Float32, Uint8, Int64, Float16})
		dims := rapid.SliceOfN(rapid.Int64Range(1, 50), 0, 4)
		var list []TensorDesc
		for i := range rapid.IntRange(0, 8).Draw(t, "tensors") {
			list = append(list, TensorDesc{
				Name: string(rune('a' + i)), Type: types.Draw(t, "type"), Shape: dims.Draw(t, "shape"),
				Layout: rapid.SampledFrom([]Layout{Linear, HWC8, CHW16, CHW32}).Draw(t, "layout"),
			})
		}
		offsets, total, err := Arrange(list, 64)
		if err != nil {
			t.Fatal(err)
		}
		end := int64(0)
		for i, d := range list {
			if offsets[i] < end || offsets[i]%64 != 0 {
				t.Fatalf("tensor %d at %d, the one before ends at %d", i, offsets[i], end)
			}
			end = offsets[i] + d.Bytes()
		}
		if total < end || total > end+64 {
			t.Fatalf("%d bytes in all for tensors that end at %d", total, end)
		}
	})
}

func TestArrangeRefuses(t *testing.T) {
	twice := TensorDesc{Name: "a", Type: Uint8, Shape: []int64{1}}
	large := TensorDesc{Name: "b", Type: Uint8, Shape: []int64{math.MaxInt64}}
	for says, list := range map[string][]TensorDesc{
		"twice":     {twice, twice},
		"too large": {twice, large},
	} {
		if _, _, err := Arrange(list, 64); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("error %v, want one that says %q", err, says)
		}
	}
}

func TestBytes(t *testing.T) {
	for _, c := range []struct {
		desc TensorDesc
		want int64
	}{
		{TensorDesc{Type: Float32, Shape: []int64{1, 3, 2, 2}}, 48},
		{TensorDesc{Type: Float16, Shape: []int64{1, 3, 2, 2}, Layout: CHW16}, 128},
		{TensorDesc{Type: Float16, Shape: []int64{1, 17, 2, 2}, Layout: CHW16}, 256},
		{TensorDesc{Type: Float16, Shape: []int64{1, 17, 2, 2}, Layout: HWC8}, 192},
		{TensorDesc{Type: Int8, Shape: []int64{2, 33, 1, 5}, Layout: CHW32}, 640},
		{TensorDesc{Type: Float16, Shape: []int64{7}, Layout: CHW16}, 14},
	} {
		if got := c.desc.Bytes(); got != c.want {
			t.Errorf("%+v has %d bytes, want %d", c.desc, got, c.want)
		}
	}
}

func TestMemory(t *testing.T) {
	for d, want := range map[DeviceID]DeviceID{"cpu": "cpu", "cpu/ort": "cpu", "gpu:1/trt": "gpu:1", "dla:1": "gpu:0", "sim:x": "sim:x"} {
		if got := d.Memory(); got != want {
			t.Errorf("%s works in the memory of %s, want %s", d, got, want)
		}
	}
}

// memory is a Memory of tensors that were made elsewhere.
type memory []Tensor

func (m memory) Tensors() []Tensor { return m }
func (memory) Close() error        { return nil }

func TestRoutes(t *testing.T) {
	at := func(name string, d DeviceID) Tensor { return Tensor{TensorDesc: TensorDesc{Name: name}, Device: d} }
	b := NewBindings(0, memory{at("a", "gpu:0"), at("b", "gpu:0")}, memory{at("a", "cpu")}, memory{at("b", "gpu:1")})
	for name, want := range map[string]Route{
		"a": {Writers: []DeviceID{"cpu"}, Readers: []DeviceID{"gpu:0", "cpu"}, At: "cpu"},
		"b": {Writers: []DeviceID{"gpu:0", "gpu:1"}, Readers: []DeviceID{"gpu:0", "gpu:1"}, At: "gpu:0"},
	} {
		if got := b.Route(name); !reflect.DeepEqual(*got, want) {
			t.Errorf("%s goes %+v, want %+v", name, *got, want)
		}
	}
	b.SetRoute("b", []DeviceID{"gpu:1"}, []DeviceID{"cpu"})
	if got := b.Route("b"); got.At != "gpu:1" || b.Route("c") != nil {
		t.Errorf("after SetRoute it goes %+v", got)
	}
}
