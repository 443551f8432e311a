package sim

import (
	"context"
	"errors"
	"io"
	"math"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"braid/accel"
	"braid/accel/plan"
	"braid/accel/sim/des"
	"braid/internal/frame"
	"braid/stages"
	"braid/stages/infer"
)

// pause is a stage of the CPU, which takes a while, on cores of its own.
type pause struct{ took time.Duration }

func (p pause) Process(ctx context.Context, j *stages.Job) error {
	if j.Ready != nil {
		if err := j.Ready.Wait(ctx); err != nil {
			if errors.Is(err, accel.ErrDeviceLost) {
				return err
			}
			j.Err = err
			return nil
		}
	}
	t := time.NewTimer(p.took)
	defer t.Stop()
	<-t.C
	return nil
}
func (pause) Close() error { return nil }

// frames is an Intake that always has another frame, n in all.
type frames struct {
	pool   *frame.Pool
	ledger frame.Ledger
	n      int
}

func (f *frames) Next(ctx context.Context) (*frame.Frame, error) {
	if f.n == 0 {
		return nil, io.EOF
	}
	fr, err := f.pool.Get(ctx)
	if err != nil {
		return nil, err
	}
	f.n--
	fr.Camera, fr.Ledger = "a", &f.ledger
	fr.Ledger.CountIn()
	return fr, nil
}

// Streams that go in step let their frames out in bursts: both ends of what is measured
// may be off by a burst, of so many frames the half of a hundredth.
const warmup, measured = 40, 1000

// runGraph runs a plan on a real graph with simulated devices, in virtual time, and
// gives frames/s.
func runGraph(t *testing.T, times *Times, pl plan.Plan) (fps float64) {
	t.Helper()
	b, _ := open(t, times)
	segments := []*accel.Segment{relu(t, 0, "", "x", "y")}
	if len(pl.Segments) == 2 {
		segments = []*accel.Segment{relu(t, 0, "a", "x", "a"), relu(t, 1, "", "a", "y")}
	}
	var closers []func() error
	var jobs []*stages.Job
	var all []*accel.Bindings
	for i := range pl.InFlight {
		var mem []accel.Memory
		for _, d := range []accel.DeviceID{"sim:d", "sim:g"} {
			list := append([]accel.TensorDesc{}, segments[0].Inputs...)
			for _, s := range segments {
				list = append(list, s.Outputs...)
			}
			m, err := b.Alloc(d, list)
			if err != nil {
				t.Fatal(err)
			}
			mem = append(mem, m)
		}
		all = append(all, accel.NewBindings(i, mem...))
		jobs = append(jobs, stages.NewJob(all[i]))
	}
	pool := func(name string, workers int, ms float64) stages.Node {
		return stages.Node{Name: name, Workers: workers, Queue: pl.InFlight, New: func(int) (stages.Stage, error) {
			return pause{milliseconds(ms)}, nil
		}}
	}
	nodes := []stages.Node{pool("prep", pl.Prep.Workers, times.profile.CPU.Prep)}
	for i, s := range segments {
		replicas := pl.Replicas(i)
		nodes = append(nodes, stages.Node{Name: s.Name, Workers: len(replicas), Queue: pl.InFlight, Spare: func(w int) bool { return replicas[w].Spare }, New: func(w int) (stages.Stage, error) {
			blob, err := b.Build(t.Context(), s, replicas[w].Device, accel.BuildOptions{})
			if err != nil {
				return nil, err
			}
			e, err := b.Load(t.Context(), blob, replicas[w].Device, accel.LoadOptions{Shared: pl.SegmentsOn(replicas[w].Device) > 1})
			if err != nil {
				return nil, err
			}
			closers = append(closers, e.Close)
			x, err := e.NewExec()
			if err != nil {
				return nil, err
			}
			return infer.New(s.Name, x, all, replicas[w].Depth)
		}})
	}
	nodes = append(nodes, pool("detect", pl.Detect.Workers, times.profile.CPU.Detect))
	g, err := stages.New(nodes, jobs, nil)
	if err != nil {
		t.Fatal(err)
	}
	emitted := 0
	var begin, end time.Time
	err = g.Run(t.Context(), &frames{pool: frame.NewPool(pl.InFlight+4, frame.Heap), n: warmup + measured + pl.InFlight}, func(_ context.Context, j *stages.Job) error {
		j.Ledger.CountPublished()
		emitted++
		switch emitted {
		case warmup:
			begin = time.Now()
		case warmup + measured:
			end = time.Now()
		}
		return j.Err
	})
	must(t, err)
	must(t, g.Close())
	for _, c := range closers {
		must(t, c())
	}
	for _, j := range all {
		must(t, j.Close())
	}
	must(t, b.Close())
	return measured / end.Sub(begin).Seconds()
}

func place(inFlight int, segments ...[]plan.Placement) plan.Plan {
	p := plan.Default()
	p.InFlight, p.Prep.Workers, p.Detect.Workers = inFlight, 2, 2
	for i, d := range segments {
		s := plan.Segment{Devices: d, Streams: 1}
		if i < len(segments)-1 {
			s.Until = "a"
		}
		p.Segments = append(p.Segments, s)
	}
	return p
}

func at(d accel.DeviceID, streams int) []plan.Placement {
	return []plan.Placement{{ID: d, Streams: streams}}
}

// TestGraphAndSimulatorAgree: braid's own graph on simulated devices, in virtual
// time, has the frames/s of the simulator for the same plan. Which of two waiting
// workers gets a frame is the Go scheduler's choice, which matters where one device
// is slower than the other.
func TestGraphAndSimulatorAgree(t *testing.T) {
	balanced := profile([2]float64{7.5, 7.5}, [2]float64{7.5, 7.5})
	contended := profile([2]float64{7.5, 7.5}, [2]float64{7.5, 7.5})
	contended.Corun = []plan.Corun{{A: "sim:d", B: "sim:g", SlowdownA: 1.18, SlowdownB: 1.13}}
	unequal := profile([2]float64{7, 8}, [2]float64{2, 3})
	for _, tt := range []struct {
		name string
		p    plan.Profile
		pl   plan.Plan
		want float64 // where it can be worked out by hand; 0: it cannot
		far  float64 // how far the two may differ; 0: 2 %
	}{
		{"D 7.5 + G 7.5, one frame", balanced, place(1, at("sim:d", 1), at("sim:g", 1)), 1000 / 16.5, 0},
		{"D 7.5 + G 7.5, two frames", balanced, place(2, at("sim:d", 1), at("sim:g", 1)), 2000 / 16.5, 0},
		{"D 7.5 + G 7.5, three frames", balanced, place(3, at("sim:d", 1), at("sim:g", 1)), 1000 / 7.5, 0},
		{"D 7.5 + G 7.5, eight frames", balanced, place(8, at("sim:d", 1), at("sim:g", 1)), 1000 / 7.5, 0},
		{"G alone", balanced, place(4, at("sim:g", 1)), 1000 / 15.0, 0},
		{"G alone, two streams", balanced, place(6, at("sim:g", 2)), 1250 / 15.0, 0},
		{"G alone, three streams", balanced, place(8, at("sim:g", 3)), 1250 / 15.0, 0},
		{"G twice", balanced, place(6, at("sim:g", 1), at("sim:g", 1)), 1250 / 15.0, 0},
		{"D and G each the whole, whichever is free", unequal, place(14, []plan.Placement{{ID: "sim:d"}, {ID: "sim:g"}}), 1000/15.0 + 1000/5.0, 0.05}, // order lets them out in bursts of four: a window is off by a part of one
		{"D first, then D or G, a shared queue", balanced, place(8, at("sim:d", 1), []plan.Placement{{ID: "sim:d"}, {ID: "sim:g"}}), 0, 0.05},
		{"D and G each the whole, D one frame at a time", unequal, place(14, []plan.Placement{{ID: "sim:d", Depth: 1}, {ID: "sim:g"}}), 0, 0.05},
		{"D first, then D or G, a shared queue, D one frame at a time", balanced, place(8, at("sim:d", 1), []plan.Placement{{ID: "sim:d", Depth: 1}, {ID: "sim:g"}}), 0, 0.05},
		{"D and G each the whole, D spare", unequal, place(14, []plan.Placement{{ID: "sim:d", Spare: true}, {ID: "sim:g"}}), 0, 0.05},
		{"D first, then D or G, a shared queue, D spare and one frame at a time", balanced, place(8, at("sim:d", 1), []plan.Placement{{ID: "sim:d", Depth: 1, Spare: true}, {ID: "sim:g"}}), 0, 0.05},
		{"D and G each the whole, too few frames for D, which is spare", unequal, place(2, []plan.Placement{{ID: "sim:d", Spare: true}, {ID: "sim:g"}}), 0, 0.05},
		{"D twice", balanced, place(6, at("sim:d", 1), at("sim:d", 1)), 1000 / 15.0, 0},
		{"D + G that slow each other down", contended, place(4, at("sim:d", 1), at("sim:g", 1)), 0, 0},
		{"D + G, two streams, unequal", profile([2]float64{11, 1}, [2]float64{1, 9}), place(6, at("sim:d", 2), at("sim:g", 2)), 1000 / 11.0, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			times := timesOf(t, tt.p, tt.pl)
			sys, err := times.System(des.Source{Cameras: 1, Queue: 1})
			if err != nil {
				t.Fatal(err)
			}
			r, err := des.Run(sys, des.Options{Warmup: warmup, Frames: measured})
			if err != nil {
				t.Fatal(err)
			}
			var got float64
			synctest.Test(t, func(t *testing.T) { got = runGraph(t, times, tt.pl) })
			if tt.far == 0 {
				tt.far = 0.02
			}
			if math.Abs(got-r.FPS) > tt.far*r.FPS {
				t.Errorf("the graph has %.2f frames/s, the simulator %.2f", got, r.FPS)
			}
			if tt.want > 0 && math.Abs(r.FPS-tt.want) > 0.01*tt.want {
				t.Errorf("the simulator has %.2f frames/s, worked out by hand are %.2f", r.FPS, tt.want)
			}
		})
	}
}

func TestPatience(t *testing.T) {
	if patience != stages.Patience {
		t.Errorf("spare workers are simulated to wait %v, and wait %v", patience, stages.Patience)
	}
}

// TestTimes adds up by hand.
func TestTimes(t *testing.T) {
	p := plan.Profile{
		Version: 1, Cores: 4, Input: 2000,
		Units: []plan.Unit{
			{At: "a", Device: "cpu", Threads: 1, MS: 10, CutMS: 1, Bytes: 1000},
			{At: "b", Device: "cpu", Threads: 1, MS: 20, CutMS: 2, Bytes: 3000},
			{Device: "cpu", Threads: 1, MS: 30, Bytes: 500},
			{At: "a", Device: "sim:g", MS: 1, CutMS: 0.2, Bytes: 1000},
			{At: "b", Device: "sim:g", MS: 2, CutMS: 0.4, Bytes: 1500}, // half of what the CPU needs
			{Device: "sim:g", MS: 3, Bytes: 500},
			{At: "a", Device: "sim:d", MS: 2, Bytes: 1000},
			{At: "b", Device: "sim:d", Why: "layer Mish_3 (Mish) is not one of a DLA's", Bytes: 3000},
			{Device: "sim:d", MS: 6, Bytes: 500},
		},
		Transfers: []plan.Transfer{
			{From: "cpu", To: "sim:g", Bytes: 0, MS: 0.1},
			{From: "cpu", To: "sim:g", Bytes: 1000, MS: 0.3},
			{From: "sim:g", To: "cpu", Bytes: 1000, MS: 0.5},
			{From: "cpu", To: "sim:d", Bytes: 1000, MS: 1},
			{From: "sim:d", To: "cpu", Bytes: 1000, MS: 2},
		},
	}
	until := func(at string, d accel.DeviceID, threads int) plan.Segment {
		return plan.Segment{Until: at, Devices: []plan.Placement{{ID: d, Threads: threads}}, Streams: 1}
	}
	pl := plan.Default()
	pl.Segments = []plan.Segment{until("a", "sim:d", 0), until("b", "sim:g", 0), until("", "cpu", 1)}
	times, err := NewTimes(p, pl, Extras{})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []struct{ service, copies float64 }{
		{2, 2},                         // the unit; the input of 2000 bytes at 1 ms for 1000
		{2 + 0.1 + 0.2, 2 + 0.3 + 1.5}, // the unit, halves of two cuts; 1000 bytes to the CPU and on, 3000 bytes to the CPU
		{30 + 1, 0},                    // the unit and half of the cut in front of it
	} {
		d := pl.Segments[i].Devices[0]
		service, err := times.Service(i, d.ID, d.Threads)
		if err != nil {
			t.Fatal(err)
		}
		copies, err := times.Copies(i, d.ID, d.Threads)
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(service.Seconds()*1e3-want.service) > 1e-6 || math.Abs(copies.Seconds()*1e3-want.copies) > 1e-6 {
			t.Errorf("segment %d takes %v and copies %v, want %g and %g ms", i, service, copies, want.service, want.copies)
		}
	}
	for says, change := range map[string]func(*plan.Plan){
		"layer Mish_3":          func(p *plan.Plan) { p.Segments[1].Devices[0].ID = "sim:d" },
		"no times of sim:x":     func(p *plan.Plan) { p.Segments[1].Devices[0].ID = "sim:x" },
		"in fp16":               func(p *plan.Plan) { p.Precision = plan.FP16 },
		"with 3 threads":        func(p *plan.Plan) { p.Segments[2].Devices[0].Threads = 3 },
		`ends at "c", which is`: func(p *plan.Plan) { p.Segments[1].Until = "c" },
		`ends at "a", which is`: func(p *plan.Plan) { p.Segments[1].Until = "a" },
		"the plan 0 segments":   func(p *plan.Plan) { p.Segments = nil },
	} {
		other := pl
		other.Segments = nil
		for _, s := range pl.Segments {
			s.Devices = append([]plan.Placement{}, s.Devices...)
			other.Segments = append(other.Segments, s)
		}
		change(&other)
		if _, err := NewTimes(p, other, Extras{}); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%v, want one that says %q", err, says)
		}
	}
	p.Transfers = p.Transfers[:2]
	if _, err := NewTimes(p, pl, Extras{}); err == nil || !strings.Contains(err.Error(), "no transfers from cpu to sim:d") {
		t.Errorf("without transfers: %v", err)
	}
}

// TestTimesOfDevicesVary: segments on GPUs and DLAs, and no others.
func TestTimesOfDevicesVary(t *testing.T) {
	p := profile([2]float64{4, 6}, [2]float64{4, 6})
	for _, u := range []plan.Unit{{At: "a", MS: 3}, {MS: 5}} {
		u.Device = "gpu:0"
		p.Units = append(p.Units, u)
		u.Device, u.Threads = "cpu", 1
		p.Units = append(p.Units, u)
	}
	for _, from := range []accel.DeviceID{"cpu", "gpu:0", "sim:d"} {
		for _, to := range []accel.DeviceID{"cpu", "gpu:0", "sim:d"} {
			p.Transfers = append(p.Transfers, plan.Transfer{From: from, To: to, Bytes: 1, MS: 0.1})
		}
	}
	for _, c := range []struct {
		extras Extras
		want   []float64 // of the CPU's segment, the GPU's and the declared device's
	}{{Extras{}, []float64{0, 0, 0}}, {Extras{Devices: 0.2}, []float64{0, 0.2, 0}}, {Extras{CV: 0.1, Devices: 0.2}, []float64{0.1, 0.2, 0.1}}, {Extras{CV: 0.3, Devices: 0.2}, []float64{0.3, 0.3, 0.3}}} {
		times, err := NewTimes(p, place(5, at("cpu", 1), []plan.Placement{{ID: "gpu:0"}, {ID: "sim:d"}}), c.extras)
		if err != nil {
			t.Fatal(err)
		}
		s, err := times.System(des.Source{Cameras: 1, Queue: 1})
		if err != nil {
			t.Fatal(err)
		}
		got := []float64{s.Nodes[1].Replicas[0].Service.CV, s.Nodes[2].Replicas[0].Service.CV, s.Nodes[2].Replicas[1].Service.CV}
		if !slices.Equal(got, c.want) || s.Nodes[0].Replicas[0].Service.CV != c.extras.CV {
			t.Errorf("%+v: variations %v, want %v, and of prep %v", c.extras, got, c.want, s.Nodes[0].Replicas[0].Service.CV)
		}
	}
}

// TestSystem looks at what a plan becomes.
func TestSystem(t *testing.T) {
	p := profile([2]float64{4, 6}, [2]float64{4, 6})
	p.CPU.Decode, p.HandOver = 3, 1
	p.Units = append(p.Units, plan.Unit{At: "a", Device: "cpu", Threads: 2, MS: 40}, plan.Unit{Device: "cpu", Threads: 2, MS: 40})
	pl := place(5, at("sim:d", 2), []plan.Placement{{ID: "cpu", Streams: 2, Threads: 2}, {ID: "sim:g"}})
	times, err := NewTimes(p, pl, Extras{CV: 0.1})
	if err != nil {
		t.Fatal(err)
	}
	s, err := times.System(des.Source{Cameras: 2, FPS: 10, Policy: des.DropOldest, Queue: 2})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []struct {
		name     string
		servers  int
		capacity float64
	}{{"cpu", 0, 4}, {"sim:d", 1, 1}, {"sim:g", 0, 2}} {
		if d := s.Devices[i]; d.Name != want.name || d.Servers != want.servers || d.Capacity != want.capacity {
			t.Errorf("device %d is %+v, want %+v", i, d, want)
		}
	}
	mixed := s.Nodes[2].Replicas
	if len(mixed) != 3 || mixed[0].Share != 2 || mixed[0].Ahead || mixed[2].Device != 2 || !mixed[2].Ahead || mixed[0].Service.CV != 0.1 {
		t.Errorf("infer.1 is %+v", mixed)
	}
	if s.InFlight != 5 || s.Source.Decode.Mean != 3*time.Millisecond || s.Nodes[1].Handover != time.Millisecond || s.Nodes[0].Replicas[0].Streams != 2 {
		t.Errorf("system %+v", s)
	}
	for i, n := range s.Nodes[1:3] {
		for _, r := range n.Replicas {
			if r.Waits {
				t.Errorf("infer.%d waits for what comes before it, though no other segment is on its device", i)
			}
		}
	}
	if times, err = NewTimes(p, place(5, at("sim:d", 1), []plan.Placement{{ID: "sim:g"}, {ID: "sim:d"}}), Extras{}); err != nil {
		t.Fatal(err)
	}
	if s, err = times.System(des.Source{Cameras: 1, Queue: 1}); err != nil {
		t.Fatal(err)
	}
	if r := s.Nodes[2].Replicas; s.Nodes[1].Replicas[0].Waits || r[0].Waits || !r[1].Waits {
		t.Errorf("of %+v only infer.1 on sim:d waits: infer.0 is on that queue too", s.Nodes)
	}
	p.HandOver = 0
	serial := plan.Serial("net")
	serial.Segments[0].Devices[0].Threads = 2
	times, err = NewTimes(p, serial, Extras{})
	if err != nil {
		t.Fatal(err)
	}
	if s, err = times.System(des.Source{Cameras: 1, Queue: 1}); err != nil {
		t.Fatal(err)
	}
	r, err := des.Run(s, des.Options{Warmup: 5, Frames: 50})
	if err != nil {
		t.Fatal(err)
	}
	if want := 1000 / (3 + 1 + 80 + 0.5); math.Abs(r.FPS-want) > 1e-3*want {
		t.Errorf("one after the other gives %g frames/s, want %g", r.FPS, want)
	}
}
