package plan

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"braid/accel"
)

var update = flag.Bool("update", false, "rewrite golden files")

func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs (-update rewrites it):\n%s", path, got)
	}
}

// each runs a test for every file of a pattern below testdata.
func each(t *testing.T, pattern string, test func(t *testing.T, path string, data []byte)) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", pattern))
	if err != nil || len(files) == 0 {
		t.Fatalf("no %s: %v", pattern, err)
	}
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(filepath.Base(f), func(t *testing.T) { test(t, f, data) })
	}
}

func TestGoodFiles(t *testing.T) {
	each(t, "*.good.yaml", func(t *testing.T, path string, data []byte) {
		p, err := Parse(data, path)
		if err != nil {
			t.Fatal(err)
		}
		out, err := p.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		var replicas strings.Builder
		for i := range p.Segments {
			fmt.Fprintf(&replicas, "# infer.%d: %v %s\n", i, p.Replicas(i), p.PrecisionOf(i))
		}
		golden(t, strings.TrimSuffix(path, ".good.yaml")+".golden", fmt.Sprintf("# %s\n%s%s", p.ID(), replicas.String(), out))
		back, err := Parse(out, "back.yaml")
		if err != nil || !reflect.DeepEqual(back, p) || back.ID() != p.ID() {
			t.Errorf("read back: %v\n%+v\nwant\n%+v", err, back, p)
		}
	})
}

func TestBadFiles(t *testing.T) {
	each(t, "*.bad.yaml", func(t *testing.T, path string, data []byte) {
		_, err := Parse(data, filepath.Base(path))
		if err == nil {
			t.Fatal("taken")
		}
		golden(t, strings.TrimSuffix(path, ".yaml")+".golden", err.Error()+"\n")
	})
}

func TestSerial(t *testing.T) {
	p := Serial("net@sha256:12345678")
	if err := p.Validate(); err != nil {
		t.Fatal(err)
	}
	want := []Replica{{Device: "cpu", Threads: 0}}
	if got := p.Replicas(0); !p.Serial || p.InFlight != 1 || p.Cuts() != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v with %v", p, got)
	}
	parsed, err := Parse([]byte("version: 1\nmodel: net@sha256:12345678\nserial: true\nsegments: [{devices: [cpu]}]"), "p.yaml")
	if err != nil || parsed.ID() != p.ID() {
		t.Errorf("written by hand it is %s, %v; want %s", parsed.ID(), err, p.ID())
	}
}

func TestAuto(t *testing.T) {
	for _, tt := range []struct{ cores, streams, prep, inFlight int }{
		{0, 1, 1, 3}, {1, 1, 1, 3}, {2, 2, 1, 4}, {4, 4, 2, 7}, {16, 16, 2, 19}, {96, 64, 2, 67},
	} {
		p := Auto("net", tt.cores)
		if err := p.Validate(); err != nil {
			t.Fatal(err)
		}
		r := p.Replicas(0)
		if len(r) != tt.streams || !reflect.DeepEqual(r[0], Replica{Device: "cpu", Threads: 1}) || p.Prep.Workers != tt.prep || p.InFlight != tt.inFlight || p.Serial {
			t.Errorf("for %d cores: %+v, %v", tt.cores, p, r)
		}
	}
}

func TestFor(t *testing.T) {
	sum := strings.Repeat("0123456789abcdef", 4)
	tests := []struct {
		plan, model string
		ok          bool
	}{
		{"", "net@sha256:" + sum, true},
		{"net", "net@sha256:" + sum, true},
		{"net", "other@sha256:" + sum, false},
		{"net@sha256:" + sum, "net@sha256:" + sum, true},
		{"net@sha256:01234567", "net@sha256:" + sum, true},
		{"net@sha256:01234567", "renamed@sha256:" + sum, true},
		{"net@sha256:11234567", "net@sha256:" + sum, false},
		{"net@sha256:01234567", "net", true},
	}
	for _, tt := range tests {
		err := Plan{Model: tt.plan}.For(tt.model)
		if (err == nil) != tt.ok || err != nil && (!errors.Is(err, ErrOtherModel) || !strings.Contains(err.Error(), tt.plan) || !strings.Contains(err.Error(), tt.model)) {
			t.Errorf("plan of %q for %q: %v", tt.plan, tt.model, err)
		}
	}
	m := accel.Model{Name: "net", SHA256: sum}
	if err := (Plan{Model: ModelRef(m)}).For(ModelRef(m)); err != nil {
		t.Error(err)
	}
	if got := ModelRef(accel.Model{Name: "net"}); got != "net" {
		t.Errorf("without a hash the model is %q", got)
	}
}

func TestID(t *testing.T) {
	base := Auto("net", 2)
	same := map[string]func(*Plan){
		"machine":         func(p *Plan) { p.Machine = "m" },
		"prediction":      func(p *Plan) { p.Predicted = &Predicted{FPS: 1} },
		"spelled streams": func(p *Plan) { p.Segments[0].Devices[0].Streams, p.Segments[0].Streams = 2, 1 },
		"own precision":   func(p *Plan) { p.Segments[0].Precision = FP32 },
		"no fallback":     func(p *Plan) { p.Segments[0].Fallback = "" },
		"no cores":        func(p *Plan) { p.Segments[0].Devices[0].Cores = []int{} },
	}
	other := map[string]func(*Plan){
		"model":     func(p *Plan) { p.Model = "other" },
		"serial":    func(p *Plan) { p.Serial = true },
		"precision": func(p *Plan) { p.Precision = FP16 },
		"prep":      func(p *Plan) { p.Prep.Workers++ },
		"detect":    func(p *Plan) { p.Detect.Workers++ },
		"in flight": func(p *Plan) { p.InFlight++ },
		"streams":   func(p *Plan) { p.Segments[0].Streams++ },
		"threads":   func(p *Plan) { p.Segments[0].Devices[0].Threads = 2 },
		"cores":     func(p *Plan) { p.Segments[0].Devices[0].Cores = []int{0, 1} },
		"one core":  func(p *Plan) { p.Segments[0].Devices[0].Cores = []int{1} },
		"device":    func(p *Plan) { p.Segments[0].Devices[0].ID = "sim:x" },
		"fallback":  func(p *Plan) { p.Segments[0].Fallback = Forbid },
		"sync":      func(p *Plan) { p.Sync = SyncSpin },
		"launch":    func(p *Plan) { p.Launch = LaunchEager },
		"until":     func(p *Plan) { p.Segments[0].Until = "a" },
	}
	if !regexp.MustCompile(`^p-[0-9a-f]{8}$`).MatchString(base.ID()) {
		t.Errorf("id is %q", base.ID())
	}
	seen := map[string]string{base.ID(): "none"}
	for name, change := range same {
		p := Auto("net", 2)
		if change(&p); p.ID() != base.ID() {
			t.Errorf("%s changes the id", name)
		}
	}
	for name, change := range other {
		p := Auto("net", 2)
		change(&p)
		if before, dup := seen[p.ID()]; dup {
			t.Errorf("the id is the same after changing %s and %s", before, name)
		}
		seen[p.ID()] = name
	}
}

// One stream alone on the CPU has a thread for each of its cores.
func TestThreadsOfCores(t *testing.T) {
	p := Auto("net", 1)
	p.Segments[0].Devices[0].Threads = 0
	for streams, want := range map[int]int{1: 3, 2: 1} {
		p.Segments[0].Streams, p.Segments[0].Devices[0].Cores = streams, []int{0, 1, 2}
		if got := p.Replicas(0)[0].Threads; got != want {
			t.Errorf("%d streams on three cores have %d threads each, want %d", streams, got, want)
		}
	}
}

// The order in which cores are written does not tell plans apart.
func TestCoresAreASet(t *testing.T) {
	a, b := Auto("net", 2), Auto("net", 2)
	a.Segments[0].Devices[0].Cores = []int{3, 1}
	b.Segments[0].Devices[0].Cores = []int{1, 3}
	if a.ID() != b.ID() || !slices.Equal(a.Replicas(0)[0].Cores, []int{1, 3}) || a.Segments[0].Devices[0].Cores[0] != 3 {
		t.Errorf("ids %s and %s, replicas %+v", a.ID(), b.ID(), a.Replicas(0))
	}
}

func TestKind(t *testing.T) {
	for d, ok := range map[string]bool{
		"cpu": true, "cpu/ort": true, "gpu:0": true, "gpu:12": true, "dla:1": true, "npu:0": true, "sim:a-1": true, "gpu:0/trt": true,
		"gpu": false, "cpu:0": false, "gpu:x": false, "sim:": false, "cpu/": false, "CPU": false, "": false, "tpu:0": false,
	} {
		if got := deviceForm.MatchString(d); got != ok {
			t.Errorf("device %q: %v", d, got)
		}
	}
}

func plans(t *rapid.T) Plan {
	devices := rapid.SampledFrom([]accel.DeviceID{"cpu", "cpu/ort", "gpu:0", "dla:1", "sim:x"})
	p := Default()
	p.Model = rapid.SampledFrom([]string{"", "net", "net@sha256:0123abcd"}).Draw(t, "model")
	p.Precision = rapid.SampledFrom([]Precision{FP32, FP16, INT8}).Draw(t, "precision")
	p.Prep.Workers = rapid.IntRange(1, 4).Draw(t, "prep")
	for i := range rapid.IntRange(1, 4).Draw(t, "segments") {
		s := Segment{
			Until: fmt.Sprintf("t: #%d", i), Streams: rapid.IntRange(1, 3).Draw(t, "streams"),
			Fallback:  rapid.SampledFrom([]Fallback{Allow, Forbid}).Draw(t, "fallback"),
			Precision: rapid.SampledFrom([]Precision{"", FP16}).Draw(t, "own"),
		}
		for _, d := range rapid.SliceOfNDistinct(devices, 1, 3, rapid.ID).Draw(t, "devices") {
			pl := Placement{ID: d, Streams: rapid.IntRange(0, 2).Draw(t, "own streams")}
			if d.Kind() == "cpu" {
				pl.Threads = rapid.IntRange(0, 2).Draw(t, "threads")
				if rapid.Bool().Draw(t, "pinned") {
					pl.Cores = rapid.SliceOfNDistinct(rapid.IntRange(0, 9), 1, 3, rapid.ID).Draw(t, "cores")
				}
			}
			s.Devices = append(s.Devices, pl)
		}
		p.Segments = append(p.Segments, s)
	}
	p.Segments[len(p.Segments)-1].Until = ""
	p.InFlight = p.workers()
	return p
}

func TestMarshalProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := plans(t)
		data, err := p.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		back, err := Parse(data, "p.yaml")
		if err != nil || !reflect.DeepEqual(back, p) {
			t.Fatalf("%v\n%s\n%+v\n%+v", err, data, back, p)
		}
		n := p.Prep.Workers + p.Detect.Workers
		for i := range p.Segments {
			n += len(p.Replicas(i))
		}
		if n != p.InFlight || len(p.Cuts()) != len(p.Segments)-1 {
			t.Fatalf("%d workers, %d cuts", n, len(p.Cuts()))
		}
	})
}

func FuzzParse(f *testing.F) {
	files, _ := filepath.Glob("testdata/*.yaml")
	for _, name := range files {
		if data, err := os.ReadFile(name); err == nil {
			f.Add(data)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := Parse(data, "p.yaml")
		if err != nil {
			return
		}
		out, err := p.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		back, err := Parse(out, "back.yaml")
		if err != nil || back.ID() != p.ID() {
			t.Errorf("%v\n%s\nid %s, read back %s", err, out, p.ID(), back.ID())
		}
	})
}

// TestUses: a device is the same under its runtime's name.
func TestUses(t *testing.T) {
	p := Default()
	p.Segments = []Segment{{Until: "a", Devices: []Placement{{ID: "gpu:1/trt"}}}, {Devices: []Placement{{ID: "cpu"}}}}
	for d, want := range map[accel.DeviceID]bool{"gpu:1": true, "gpu:1/trt": true, "gpu:0": false, "cpu": true, "cpu/ort": true, "cpu/openvino": false} {
		if p.Uses(d) != want {
			t.Errorf("it uses %s: %t, want %t", d, !want, want)
		}
	}
}
