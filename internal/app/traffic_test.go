package app

import (
	"reflect"
	"testing"

	"braid/accel"
	"braid/accel/plan"
)

// TestTraffic follows the tensors x → a → b, of which b is the network's output
// and a may be another.
func TestTraffic(t *testing.T) {
	desc := func(name string) accel.TensorDesc {
		return accel.TensorDesc{Name: name, Type: accel.Float32, Shape: []int64{1, 20, 4, 4}}
	}
	type ends = [2][]accel.DeviceID // writers, readers
	type list = []accel.DeviceID
	for name, c := range map[string]struct {
		segments []plan.Segment
		outputs  []accel.TensorDesc
		a        accel.TensorDesc // as it crosses
		routes   map[string]ends
		bytes    map[accel.DeviceID]int64
	}{
		"on the host": {
			segments: []plan.Segment{{Devices: []plan.Placement{{ID: "cpu"}}}, {Devices: []plan.Placement{{ID: "cpu/ort"}}}},
			a:        desc("a"),
			routes:   map[string]ends{"x": {{"cpu"}, {"cpu"}}, "a": {{"cpu"}, {"cpu"}}, "b": {{"cpu"}, {"cpu"}}},
			bytes:    map[accel.DeviceID]int64{"cpu": 3 * 1280},
		},
		"halves on one GPU": {
			segments: []plan.Segment{{Devices: []plan.Placement{{ID: "gpu:0"}}, Precision: plan.FP16}, {Devices: []plan.Placement{{ID: "gpu:0"}}, Precision: plan.FP16}},
			a:        accel.TensorDesc{Name: "a", Type: accel.Float16, Shape: []int64{1, 20, 4, 4}, Layout: accel.HWC8},
			routes:   map[string]ends{"x": {{"cpu"}, {"gpu:0"}}, "a": {{"gpu:0"}, {"gpu:0"}}, "b": {{"gpu:0"}, {"cpu"}}},
			bytes:    map[accel.DeviceID]int64{"cpu": 2 * 1280, "gpu:0": 2*1280 + 768},
		},
		"simulated, which compute on the CPU": {
			segments: []plan.Segment{{Devices: []plan.Placement{{ID: "sim:x"}}, Precision: plan.FP16}, {Devices: []plan.Placement{{ID: "sim:y"}}, Precision: plan.INT8}},
			a:        desc("a"),
			routes:   map[string]ends{"x": {{"cpu"}, {"sim:x"}}, "a": {{"sim:x"}, {"sim:y"}}, "b": {{"sim:y"}, {"cpu"}}},
			bytes:    map[accel.DeviceID]int64{"cpu": 2 * 1280, "sim:x": 2 * 1280, "sim:y": 2 * 1280},
		},
		"single precision on one side": {
			segments: []plan.Segment{{Devices: []plan.Placement{{ID: "gpu:0"}}}, {Devices: []plan.Placement{{ID: "gpu:0"}}, Precision: plan.FP16}},
			a:        desc("a"),
			routes:   map[string]ends{"a": {{"gpu:0"}, {"gpu:0"}}},
		},
		"two DLAs behind a GPU": {
			segments: []plan.Segment{{Devices: []plan.Placement{{ID: "gpu:0"}}, Precision: plan.FP16}, {Devices: []plan.Placement{{ID: "dla:0"}, {ID: "dla:1"}}, Precision: plan.FP16}},
			a:        accel.TensorDesc{Name: "a", Type: accel.Float16, Shape: []int64{1, 20, 4, 4}, Layout: accel.CHW16},
			routes:   map[string]ends{"a": {{"gpu:0"}, {"gpu:0"}}},
			bytes:    map[accel.DeviceID]int64{"cpu": 2 * 1280, "gpu:0": 2*1280 + 1024},
		},
		"unequal replicas": {
			segments: []plan.Segment{{Devices: []plan.Placement{{ID: "gpu:0"}, {ID: "cpu"}}, Precision: plan.FP16}, {Devices: []plan.Placement{{ID: "gpu:1"}}, Precision: plan.FP16}},
			a:        desc("a"),
			routes:   map[string]ends{"a": {{"gpu:0", "cpu"}, {"gpu:1"}}},
			bytes:    map[accel.DeviceID]int64{"cpu": 3 * 1280, "gpu:0": 2 * 1280, "gpu:1": 2 * 1280},
		},
		"an output that is read on": {
			segments: []plan.Segment{{Devices: []plan.Placement{{ID: "gpu:0"}}, Precision: plan.FP16}, {Devices: []plan.Placement{{ID: "gpu:0"}}, Precision: plan.FP16}},
			outputs:  []accel.TensorDesc{desc("a"), desc("b")},
			a:        desc("a"),
			routes:   map[string]ends{"a": {{"gpu:0"}, list{"gpu:0", "cpu"}}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			if c.outputs == nil {
				c.outputs = []accel.TensorDesc{desc("b")}
			}
			p := plan.Default()
			p.Segments = c.segments
			segments := []*accel.Segment{
				{Inputs: []accel.TensorDesc{desc("x")}, Outputs: []accel.TensorDesc{desc("a")}},
				{Inputs: []accel.TensorDesc{desc("a")}, Outputs: []accel.TensorDesc{desc("b")}},
			}
			got := newTraffic([]accel.TensorDesc{desc("x")}, c.outputs, segments, p)
			if !segments[0].Outputs[0].Equal(c.a) || !segments[1].Inputs[0].Equal(c.a) || !got["a"].desc.Equal(c.a) {
				t.Errorf("a crosses as %+v and %+v, want %+v", segments[0].Outputs[0], segments[1].Inputs[0], c.a)
			}
			for name, want := range c.routes {
				if is := (ends{got[name].writers, got[name].readers}); !reflect.DeepEqual(is, want) {
					t.Errorf("%s goes %v, want %v", name, is, want)
				}
			}
			if is := got.bytes(); c.bytes != nil && !reflect.DeepEqual(is, c.bytes) {
				t.Errorf("bytes %v, want %v", is, c.bytes)
			}
		})
	}
}
