package sim

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"braid/accel"
	"braid/accel/acceltest"
	"braid/accel/network"
	"braid/accel/plan"
	"braid/accel/sim/des"
)

const fileText = `name: toy
cores: 4
devices:
  - {id: "sim:d", kind: dla, speed: 1}
  - {id: "sim:g", kind: gpu, speed: 1, streams_gain: [1, 1.25]}
source: made up for a test
`

func toy(t testing.TB) File {
	t.Helper()
	f, err := ParseFile([]byte(fileText), "toy.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// profile is of a network of two units, whose times on sim:d and sim:g are given.
func profile(d, g [2]float64) plan.Profile {
	p := plan.Profile{Version: 1, Cores: 4, CPU: plan.CPUTimes{Prep: 1, Detect: 0.5}}
	for _, of := range []struct {
		id accel.DeviceID
		ms [2]float64
	}{{"sim:d", d}, {"sim:g", g}} {
		p.Units = append(p.Units, plan.Unit{At: "a", Device: of.id, MS: of.ms[0]}, plan.Unit{Device: of.id, MS: of.ms[1]})
		p.Transfers = append(p.Transfers, plan.Transfer{From: "cpu", To: of.id}, plan.Transfer{From: of.id, To: "cpu"})
	}
	p.Simulated, p.FIFO = []plan.SimDevice{{ID: "sim:d"}}, []accel.DeviceID{"sim:d"}
	p.Streams = []plan.Streams{{Device: "sim:g", N: 1, Rate: 100}, {Device: "sim:g", N: 2, Rate: 125}}
	return p
}

// one is the whole network on one device.
func one(d accel.DeviceID) plan.Plan {
	p := plan.Default()
	p.Segments = []plan.Segment{{Devices: []plan.Placement{{ID: d}}, Streams: 1}}
	p.InFlight = 2
	return p
}

func timesOf(t testing.TB, p plan.Profile, pl plan.Plan) *Times {
	t.Helper()
	times, err := NewTimes(p, pl, Extras{})
	if err != nil {
		t.Fatal(err)
	}
	return times
}

// paced are devices with the times of a plan's profile, copies among them.
type paced struct{ *Times }

func (p paced) Segment(s *accel.Segment, d accel.DeviceID) (time.Duration, error) {
	return p.Service(s.Index, d, 0)
}

func (paced) Copy(int64) time.Duration { return 0 }

func (p paced) Devices(ids []accel.DeviceID) (list []des.Device) {
	for _, id := range ids {
		d := p.device(id)
		for _, other := range ids {
			d.Slow = append(d.Slow, p.slowdown(string(id), string(other)))
		}
		list = append(list, d)
	}
	return list
}

func open(t testing.TB, times *Times) (*Backend, *fakeCPU) {
	t.Helper()
	cpu := &fakeCPU{}
	b, err := Open(Options{File: toy(t), Pace: paced{times}, CPU: cpu, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	return b, cpu
}

func TestSuite(t *testing.T) {
	for _, d := range []accel.DeviceID{"sim:d", "sim:g"} {
		t.Run(string(d), func(t *testing.T) {
			times := timesOf(t, profile([2]float64{0.1, 0.1}, [2]float64{0.1, 0.1}), one(d))
			acceltest.Run(t, acceltest.Harness{
				Open:   func(t *testing.T) accel.Backend { b, _ := open(t, times); return b },
				Device: d, Stand: "the fake CPU computes in Go: TestStartAllocatesNothing looks at the rest",
			})
		})
	}
}

// relu is a segment from x to y.
func relu(t testing.TB, index int, until, x, y string) *accel.Segment {
	t.Helper()
	desc := func(name string) accel.TensorDesc {
		return accel.TensorDesc{Name: name, Type: accel.Float32, Shape: []int64{1, 1, 2, 2}}
	}
	b := network.NewBuilder(y, 13)
	b.Input(desc(x))
	b.Node("Relu", []string{x}, []string{y})
	b.Output(desc(y))
	data, err := b.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return &accel.Segment{
		Name: fmt.Sprintf("infer.%d", index), Index: index, Until: until, ONNX: data, Layers: 1,
		Inputs: []accel.TensorDesc{desc(x)}, Outputs: []accel.TensorDesc{desc(y)},
	}
}

// stream is a Call of a Segment on its own stream, all of which close behind the test.
func stream(t testing.TB, b *Backend, s *accel.Segment, d accel.DeviceID, all ...*accel.Bindings) (accel.Exec, []accel.Call) {
	t.Helper()
	blob, err := b.Build(t.Context(), s, d, accel.BuildOptions{})
	if err != nil {
		t.Fatal(err)
	}
	e, err := b.Load(t.Context(), blob, d, accel.LoadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	x, err := e.NewExec()
	if err != nil {
		t.Fatal(err)
	}
	var calls []accel.Call
	for _, job := range all {
		c, err := x.Bind(job)
		if err != nil {
			t.Fatal(err)
		}
		calls = append(calls, c)
	}
	t.Cleanup(func() {
		for _, c := range calls {
			must(t, c.Close())
		}
		must(t, x.Close())
		must(t, e.Close())
	})
	return x, calls
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Error(err)
	}
}

func job(t testing.TB, b *Backend, index int, d accel.DeviceID, segments ...*accel.Segment) *accel.Bindings {
	t.Helper()
	list := append([]accel.TensorDesc{}, segments[0].Inputs...)
	for _, s := range segments {
		list = append(list, s.Outputs...)
	}
	m, err := b.Alloc(d, list)
	if err != nil {
		t.Fatal(err)
	}
	j := accel.NewBindings(index, m)
	t.Cleanup(func() { must(t, j.Close()) })
	return j
}

// TestVirtualTime starts two streams at once: a DLA takes them one after the other,
// a GPU whose second stream adds a quarter shares itself out.
func TestVirtualTime(t *testing.T) {
	for d, want := range map[accel.DeviceID][2]time.Duration{
		"sim:d": {10 * time.Millisecond, 20 * time.Millisecond},
		"sim:g": {16 * time.Millisecond, 16 * time.Millisecond},
	} {
		synctest.Test(t, func(t *testing.T) {
			b, _ := open(t, timesOf(t, profile([2]float64{4, 6}, [2]float64{4, 6}), one(d)))
			t.Cleanup(func() { must(t, b.Close()) })
			s := relu(t, 0, "", "x", "y")
			begin := time.Now()
			var events []accel.Event
			for i := range 2 {
				_, calls := stream(t, b, s, d, job(t, b, i, d, s))
				e, err := calls[0].Start(t.Context(), nil)
				if err != nil {
					t.Fatal(err)
				}
				events = append(events, e)
			}
			for i, e := range events {
				must(t, e.Wait(t.Context()))
				if got := time.Since(begin); got != want[i] {
					t.Errorf("%s: stream %d was done after %v, want %v", d, i, got, want[i])
				}
			}
		})
	}
}

// TestCopies follows a frame from the host over two devices with memories of their
// own and back.
func TestCopies(t *testing.T) {
	b, cpu := open(t, timesOf(t, profile([2]float64{0.1, 0.1}, [2]float64{0.1, 0.1}), place(1, at("sim:d", 1), at("sim:g", 1))))
	t.Cleanup(func() { must(t, b.Close()) })
	first, second := relu(t, 0, "a", "x", "a"), relu(t, 1, "", "a", "y")
	x, a, y := first.Inputs[0], first.Outputs[0], second.Outputs[0]
	var mem []accel.Memory
	for d, list := range map[accel.DeviceID][]accel.TensorDesc{"cpu": {x, y}, "sim:d": {x, a}, "sim:g": {a, y}} {
		var on accel.Backend = b
		if d == host {
			on = cpu
		}
		m, err := on.Alloc(d, list)
		if err != nil {
			t.Fatal(err)
		}
		mem = append(mem, m)
	}
	j := accel.NewBindings(0, mem...)
	t.Cleanup(func() { must(t, j.Close()) })
	j.SetRoute("x", []accel.DeviceID{"cpu"}, []accel.DeviceID{"sim:d"})
	j.SetRoute("a", []accel.DeviceID{"sim:d"}, []accel.DeviceID{"sim:g"})
	j.SetRoute("y", []accel.DeviceID{"sim:g"}, []accel.DeviceID{"cpu"})
	_, on := stream(t, b, first, "sim:d", j)
	_, then := stream(t, b, second, "sim:g", j)
	in, _ := j.Tensor("x", host)
	out, _ := j.Tensor("y", host)
	for i := range 3 {
		copy(in.Float32s(), []float32{float32(i), -1, 2, -3})
		e, err := on[0].Start(t.Context(), nil)
		if err == nil {
			e, err = then[0].Start(t.Context(), e)
		}
		if err != nil {
			t.Fatal(err)
		}
		must(t, e.Wait(t.Context()))
		if got := out.Float32s(); got[0] != float32(i) || got[1] != 0 || got[2] != 2 || got[3] != 0 {
			t.Errorf("frame %d: y = %v on the host", i, got)
		}
		if r := j.Route("y"); r.At != "sim:g" {
			t.Errorf("y was written on %s", r.At)
		}
	}
}

// TestRepeatedFramesCostNothing: inputs that come again are not computed again, and
// the results are the same.
func TestRepeatedFramesCostNothing(t *testing.T) {
	b, cpu := open(t, timesOf(t, profile([2]float64{0, 0.01}, [2]float64{0, 0.01}), one("sim:g")))
	t.Cleanup(func() { must(t, b.Close()) })
	s := relu(t, 0, "", "x", "y")
	j := job(t, b, 0, "sim:g", s)
	_, calls := stream(t, b, s, "sim:g", j)
	x, _ := j.Tensor("x", "sim:g")
	y, _ := j.Tensor("y", "sim:g")
	for i := range 6 {
		copy(x.Float32s(), []float32{float32(i % 2), -1, 2, -3})
		clear(y.Float32s())
		e, err := calls[0].Start(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		must(t, e.Wait(t.Context()))
		if got := y.Float32s(); got[0] != float32(i%2) || got[1] != 0 || got[2] != 2 || got[3] != 0 {
			t.Errorf("frame %d: y = %v", i, got)
		}
	}
	if cpu.runs.Load() != 2 || b.Computed() != 2 {
		t.Errorf("computed %d times, counted %d, for two different frames", cpu.runs.Load(), b.Computed())
	}
}

func TestResultsAreBounded(t *testing.T) {
	r := newResults(100)
	for i := range byte(20) {
		out := [][]byte{make([]byte, 30)}
		if err := r.fill(1, [][]byte{{i}}, out, func() error { out[0][0] = i; return nil }); err != nil {
			t.Fatal(err)
		}
	}
	if len(r.kept) != 3 || len(r.order) != 3 || r.bytes != 90 {
		t.Errorf("%d results, %d bytes of 100", len(r.kept), r.bytes)
	}
	out := [][]byte{make([]byte, 30)}
	if err := r.fill(1, [][]byte{{19}}, out, func() error { return errors.New("not kept") }); err != nil || out[0][0] != 19 {
		t.Errorf("the last one: %v, %v", out[0][0], err)
	}
	if err := r.fill(1, [][]byte{{0}}, out, func() error { return errors.New("gone") }); err == nil {
		t.Error("the first one is still there")
	}
}

func TestLostDevice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, _ := open(t, timesOf(t, profile([2]float64{4, 6}, [2]float64{4, 6}), one("sim:d")))
		t.Cleanup(func() { must(t, b.Close()) })
		s := relu(t, 0, "", "x", "y")
		_, calls := stream(t, b, s, "sim:d", job(t, b, 0, "sim:d", s), job(t, b, 1, "sim:d", s))
		var events []accel.Event
		for _, c := range calls {
			e, err := c.Start(t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			events = append(events, e)
		}
		time.AfterFunc(5*time.Millisecond, func() { must(t, b.Lose("sim:d")) })
		begin := time.Now()
		for _, e := range events {
			if err := e.Wait(t.Context()); !errors.Is(err, accel.ErrDeviceLost) || !strings.Contains(err.Error(), "sim:d, a simulated device") {
				t.Errorf("error %v", err)
			}
		}
		if got := time.Since(begin); got != 5*time.Millisecond {
			t.Errorf("the loss was seen after %v", got)
		}
		if _, err := calls[0].Start(t.Context(), nil); !errors.Is(err, accel.ErrDeviceLost) {
			t.Errorf("a later Start: %v", err)
		}
	})
}

func TestStartAllocatesNothing(t *testing.T) {
	b, _ := open(t, timesOf(t, profile([2]float64{0, 0.001}, [2]float64{0, 0.001}), one("sim:d")))
	t.Cleanup(func() { must(t, b.Close()) })
	s := relu(t, 0, "", "x", "y")
	_, calls := stream(t, b, s, "sim:d", job(t, b, 0, "sim:d", s))
	ctx := t.Context()
	run := func() {
		e, err := calls[0].Start(ctx, nil)
		if err == nil {
			err = e.Wait(ctx)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	run() // which the cache keeps
	if n := testing.AllocsPerRun(100, run); n >= 1 {
		t.Errorf("a run allocates %v times", n)
	}
}

// TestSaysSim: whatever comes of a simulated device says so.
func TestSaysSim(t *testing.T) {
	var log bytes.Buffer
	b, err := Open(Options{File: toy(t), CPU: &fakeCPU{}, Log: slog.New(slog.NewTextHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { must(t, b.Close()) })
	if got := log.String(); strings.Count(got, "device is simulated: no figure of it is a measurement") != 2 || !strings.Contains(got, "made up for a test") {
		t.Errorf("log:\n%s", got)
	}
	devices, err := b.Devices(t.Context())
	if err != nil || len(devices) != 2 {
		t.Fatalf("%v, %v", devices, err)
	}
	for _, d := range devices {
		if d.Backend != "sim" || !strings.HasPrefix(d.Name, "simulated ") || d.ID.Kind() != "sim" {
			t.Errorf("device %+v", d)
		}
	}
}

func TestBackendRefuses(t *testing.T) {
	times := timesOf(t, profile([2]float64{4, 6}, [2]float64{4, 6}), one("sim:d"))
	b, _ := open(t, times)
	t.Cleanup(func() { must(t, b.Close()) })
	s := relu(t, 0, "", "x", "y")
	laid := *s
	laid.Inputs = []accel.TensorDesc{{Name: "x", Type: accel.Float16, Shape: []int64{1, 1, 2, 2}, Layout: accel.HWC8}}
	for name, c := range map[string]struct {
		s    *accel.Segment
		d    accel.DeviceID
		o    accel.BuildOptions
		says string
	}{
		"other runtime": {s, "sim:d/trt", accel.BuildOptions{}, "toy declares the simulated devices sim:d sim:g, not sim:d/trt"},
		"precision":     {s, "sim:d", accel.BuildOptions{Precision: "fp7"}, "fp7"},
		"layout":        {&laid, "sim:d", accel.BuildOptions{}, "hwc8"},
	} {
		if err := b.Supports(c.s, c.d, c.o); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want one that says %q", name, err, c.says)
		}
	}
	if _, err := Open(Options{}); err == nil {
		t.Error("opened without anything")
	}
	none := toy(t)
	none.Devices = nil
	if _, err := Open(Options{File: none, CPU: &fakeCPU{}, Log: slog.New(slog.DiscardHandler)}); err == nil || !strings.Contains(err.Error(), "toy declares none") {
		t.Errorf("without devices: %v", err)
	}
}

func TestRules(t *testing.T) {
	f := toy(t)
	f.Devices[0].Rules = "dla/trt-8.6"
	b, err := Open(Options{File: f, CPU: &fakeCPU{}, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { must(t, b.Close()) })
	s := relu(t, 0, "", "x", "y")
	if err := b.Supports(s, "sim:d", accel.BuildOptions{Precision: "fp16"}); err != nil {
		t.Errorf("Relu in fp16: %v", err)
	}
	odd := network.NewBuilder("odd", 13)
	odd.Input(s.Inputs[0])
	odd.Node("Mish", []string{"x"}, []string{"y"})
	odd.Output(s.Outputs[0])
	if s.ONNX, err = odd.Bytes(); err != nil {
		t.Fatal(err)
	}
	if err := b.Supports(s, "sim:d", accel.BuildOptions{Precision: "fp16"}); err == nil || !strings.Contains(err.Error(), "Mish") {
		t.Errorf("Mish: %v, want an error that names it", err)
	}
	if err := b.Supports(s, "sim:g", accel.BuildOptions{Precision: "fp16"}); err != nil {
		t.Errorf("a device without rules: %v", err)
	}
}
