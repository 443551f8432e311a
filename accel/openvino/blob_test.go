package openvino

import (
	"bytes"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"braid/accel"
)

func head() header {
	return header{
		Segment: "infer.1", Device: "CPU", Version: "2026.4.1", Precision: "f32",
		Inputs:  []accel.TensorDesc{{Name: "a\nb", Type: accel.Float32, Shape: []int64{1, 2}}},
		Outputs: []accel.TensorDesc{{Name: "c", Type: accel.Int64, Shape: []int64{3}}},
	}
}

// TestBlob goes there and back, and no damage passes: OpenVINO would trust it.
func TestBlob(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		exported := rapid.SliceOfN(rapid.Byte(), 1, -1).Draw(t, "exported")
		blob, err := pack(head(), exported)
		if err != nil {
			t.Fatal(err)
		}
		h, got, err := unpack(blob)
		want := head()
		want.Sum = h.Sum
		if err != nil || !reflect.DeepEqual(h, want) || !bytes.Equal(got, exported) {
			t.Fatalf("unpack() = %+v, %q, %v", h, got, err)
		}
		start := len(blob) - len(exported)
		hurt := bytes.Clone(blob)
		if rapid.Bool().Draw(t, "short") {
			hurt = hurt[:rapid.IntRange(len(magic), len(blob)-1).Draw(t, "length")]
		} else {
			hurt[rapid.IntRange(start, len(blob)-1).Draw(t, "at")] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
		}
		if _, _, err := unpack(hurt); err == nil {
			t.Fatal("a damaged blob passes")
		}
	})
}

func TestUnpackRefuses(t *testing.T) {
	blob := func(change func(*header)) []byte {
		h := head()
		change(&h)
		b, err := pack(h, []byte("exported"))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	for says, b := range map[string][]byte{
		"no engine blob of openvino": []byte("braid-ort 1 {}\n"),
		"cut short":                  []byte(magic + "{}\n"),
		"reading the engine blob":    []byte(magic + "[]\nx"),
		"0 inputs":                   blob(func(h *header) { h.Inputs = nil }),
		"0 outputs":                  blob(func(h *header) { h.Outputs = []accel.TensorDesc{} }),
		"not static":                 blob(func(h *header) { h.Outputs[0].Shape = []int64{-1} }),
		"DType(5) is not":            blob(func(h *header) { h.Inputs[0].Type = 5 }),
		"layout hwc8 is TensorRT's":  blob(func(h *header) { h.Inputs[0].Layout = accel.HWC8 }),
	} {
		if _, _, err := unpack(b); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("error %v, want one that says %q", err, says)
		}
	}
}

func FuzzUnpack(f *testing.F) {
	blob, err := pack(head(), []byte("exported"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(blob)
	f.Add(blob[:len(magic)+10])
	f.Add([]byte(magic + "{}\nx"))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, data []byte) {
		h, _, err := unpack(data)
		if err == nil && checkTensors(h.Inputs, h.Outputs) != nil {
			t.Errorf("accepted %+v", h)
		}
	})
}
