package accel

import "testing"

func TestSameDevice(t *testing.T) {
	for _, c := range []struct {
		a, b      DeviceID
		same      bool
		processor string // of a
	}{
		{"cpu", "cpu/ort", true, "cpu"},
		{"cpu/openvino", "cpu/openvino", true, "cpu"},
		{"cpu", "cpu/openvino", false, "cpu"},
		{"cpu/openvino", "cpu/ort", false, "cpu"},
		{"gpu:0", "gpu:0/trt", true, "gpu:0"},
		{"dla:1/trt", "dla:1", true, "dla:1"},
		{"gpu:0/openvino", "gpu:0", false, "gpu:0"},
		{"gpu:0", "gpu:1", false, "gpu:0"},
		{"sim:x", "sim:x", true, "sim:x"},
	} {
		if c.a.Same(c.b) != c.same || c.b.Same(c.a) != c.same || c.a.Processor() != c.processor {
			t.Errorf("%s and %s: same %v, processor %s, want %v and %s", c.a, c.b, c.a.Same(c.b), c.a.Processor(), c.same, c.processor)
		}
	}
}
