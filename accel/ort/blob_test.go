package ort

import (
	"reflect"
	"strings"
	"testing"

	"braid/accel"
)

func segment() *accel.Segment {
	return &accel.Segment{
		Name:    "infer.1",
		ONNX:    []byte("network\nof two lines"),
		Inputs:  []accel.TensorDesc{{Name: "a\nb", Type: accel.Float32, Shape: []int64{1, 2}}},
		Outputs: []accel.TensorDesc{{Name: "c", Type: accel.Int64, Shape: []int64{3}}},
	}
}

func TestBlob(t *testing.T) {
	s := segment()
	blob, err := pack(s)
	if err != nil {
		t.Fatal(err)
	}
	h, network, err := unpack(blob)
	want := header{s.Name, s.Inputs, s.Outputs}
	if err != nil || !reflect.DeepEqual(h, want) || string(network) != string(s.ONNX) {
		t.Errorf("unpack() = %+v, %q, %v", h, network, err)
	}
}

func TestPackRefuses(t *testing.T) {
	for says, change := range map[string]func(*accel.Segment){
		"no ONNX bytes":     func(s *accel.Segment) { s.ONNX = nil },
		"0 inputs":          func(s *accel.Segment) { s.Inputs = nil },
		"0 outputs":         func(s *accel.Segment) { s.Outputs = nil },
		"\"c\" is a scalar": func(s *accel.Segment) { s.Outputs[0].Shape = nil },
		"not static":        func(s *accel.Segment) { s.Outputs[0].Shape = []int64{-1} },
		"DType(5) is not":   func(s *accel.Segment) { s.Inputs[0].Type = 5 },
		"[3037000500 3037000500 2] is too large": func(s *accel.Segment) {
			s.Outputs[0].Shape = []int64{3037000500, 3037000500, 2}
		},
	} {
		s := segment()
		change(s)
		if _, err := pack(s); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("error %v, want one that says %q", err, says)
		}
	}
}

func FuzzUnpack(f *testing.F) {
	blob, err := pack(segment())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(blob)
	f.Add(blob[:len(magic)+10])
	f.Add([]byte(magic + "{}\nx"))
	f.Add([]byte(magic + "[1]\nx"))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, data []byte) {
		h, network, err := unpack(data)
		if err == nil && (h.check() != nil || len(network) == 0) {
			t.Errorf("accepted %+v with %d bytes", h, len(network))
		}
	})
}

func TestAffinities(t *testing.T) {
	for _, c := range []struct {
		threads int
		cores   []int
		want    string
	}{
		{2, []int{0}, "1"},
		{2, []int{0, 3}, "1,4"},
		{4, []int{1, 2}, "2,3;2,3;2,3"},
	} {
		if got := affinities(c.threads, c.cores); got != c.want {
			t.Errorf("affinities(%d, %v) = %q, want %q", c.threads, c.cores, got, c.want)
		}
	}
}
