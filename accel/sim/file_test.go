package sim

import (
	"reflect"
	"strings"
	"testing"
)

func TestParseFile(t *testing.T) {
	f := toy(t)
	want := File{Name: "toy", Cores: 4, Source: "made up for a test", Devices: []Device{
		{ID: "sim:d", Kind: DLA, FIFO: true, Speed: 1},
		{ID: "sim:g", Kind: GPU, Speed: 1, StreamsGain: []float64{1, 1.25}},
	}}
	if !reflect.DeepEqual(f, want) {
		t.Errorf("got %+v\nwant %+v", f, want)
	}
}

func TestFileProblems(t *testing.T) {
	good := fileText + "transfer: {ms: 0.05, gb_per_s: 20}\n"
	for _, tt := range []struct{ from, to, says string }{
		{"source: made up for a test", "", "source: is required"},
		{"cores: 4", "cores: 0", "cores: 0 is out of range, want 1 or more"},
		{"kind: dla", "kind: robot", "f.yaml:4: devices[0].kind: unknown value robot, want cpu, gpu or dla"},
		{"sim:d", "sim:g", "devices[1].id: sim:g is listed twice"},
		{"sim:d", "tpu:1", `devices[0].id: "tpu:1" is no device`},
		{"speed: 1}", "speed: 0}", "devices[0].speed: 0 is out of range, want more than 0"},
		{"speed: 1}", "speeds: 1}", `devices[0].speeds: unknown key, did you mean "speed"?`},
		{"[1, 1.25]", "[1.1, 1.25]", "devices[1].streams_gain: the first is of one stream over one stream: want 1, not 1.1"},
		{"speed: 1}", "speed: 1, rules: x}", `devices[0].rules: "x" is not known: want one like dla/trt-8.6`},
		{"speed: 1}", "speed: 1, rules: dla/trt-10.9}", "no rules of a DLA under TensorRT 10.9.0 are known"},
		{"speed: 1}", "speed: 1, rules: dla/trt-10.7/xavier}", `has no DLA on "xavier"`},
		{"gb_per_s: 20", "gb_per_s: -1", "transfer.gb_per_s: -1 is out of range, want 0 or more"},
	} {
		if _, err := ParseFile([]byte(strings.Replace(good, tt.from, tt.to, 1)), "f.yaml"); err == nil || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s for %s: %v, want one that says %q", tt.to, tt.from, err, tt.says)
		}
	}
	if _, err := ParseFile([]byte(good), "f.yaml"); err != nil {
		t.Error(err)
	}
}

func FuzzParseFile(f *testing.F) {
	f.Add([]byte(fileText))
	f.Add([]byte("name: x\ncores: 1\ndevices: [{id: gpu:0, kind: gpu, speed: .5, rules: dla/trt-8.6/orin}]\nsource: y\ntransfer: {ms: 1}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := ParseFile(data, "f.yaml")
		if err != nil {
			return
		}
		for _, d := range file.Devices {
			if !(d.Speed > 0) || d.Kind == DLA && !d.FIFO || !deviceForm.MatchString(string(d.ID)) {
				t.Errorf("accepted %+v", d)
			}
		}
	})
}
