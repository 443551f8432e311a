package sim

import (
	"math"
	"testing"

	"braid/accel"
	"braid/accel/plan"
	"braid/accel/plan/search"
	"braid/accel/sim/des"
)

// TestPartsThatGainMoreOrLess: a GPU runs the first part, whose kernels fill it, and the last, whose kernels do not; a
// slower one takes what lies between. Planner and simulator agree on what is left for the first, which is not what the
// mean gain of the network would make of it.
func TestPartsThatGainMoreOrLess(t *testing.T) {
	p := plan.Profile{Version: 1, Cores: 8}
	for i, u := range []plan.Unit{
		{At: "a", MS: 2, FullMS: 2}, {At: "b", MS: 2, FullMS: 0.5}, {MS: 2, FullMS: 0.5}, // 3 of 6: twice as fast
	} {
		u.Device, u.Precision = "gpu:0", plan.FP16
		p.Units = append(p.Units, u)
		if i == 1 {
			p.Streams = []plan.Streams{{Device: "gpu:0", Precision: plan.FP16, N: 1, Rate: 1000. / 6}, {Device: "gpu:0", Precision: plan.FP16, N: 8, Rate: 1000. / 3}}
		}
	}
	for _, u := range []plan.Unit{{At: "a", MS: 2}, {At: "b", MS: 1}, {MS: 2}} {
		u.Device, u.Precision = "gpu:1", plan.FP16
		p.Units = append(p.Units, u)
	}
	p.Transfers = []plan.Transfer{{From: "gpu:0", To: "gpu:1", Bytes: 1}, {From: "gpu:1", To: "gpu:0", Bytes: 1}}
	pl := plan.Default()
	pl.Precision, pl.InFlight = plan.FP16, 48
	pl.Segments = []plan.Segment{
		{Until: "a", Streams: 1, Devices: []plan.Placement{{ID: "gpu:0", Streams: 8}}},
		{Until: "b", Streams: 1, Devices: []plan.Placement{{ID: "gpu:1", Streams: 2}}},
		{Streams: 1, Devices: []plan.Placement{{ID: "gpu:0", Streams: 8}}},
	}
	agree(t, "measured", p, pl, 1000/2.5)
	for i := range p.Units {
		p.Units[i].FullMS = 0
	}
	agree(t, "not measured", p, pl, 1000./2)
}

// systemOf is a plan with frames as fast as they are taken.
func systemOf(t *testing.T, p plan.Profile, pl plan.Plan) des.System {
	t.Helper()
	times, err := NewTimes(p, pl, Extras{})
	if err != nil {
		t.Fatal(err)
	}
	s, err := times.System(des.Source{Cameras: 1, Queue: 1})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// agree holds planner and simulator to a rate, without ranks: the planner deals a segment's frames to its devices by
// their speed alone, and a GPU that does first what only it can leaves the others more of them.
func agree(t *testing.T, name string, p plan.Profile, pl plan.Plan, want float64) {
	t.Helper()
	said, err := search.Predict(p, pl)
	if err != nil {
		t.Fatal(err)
	}
	s := systemOf(t, p, pl)
	for _, d := range s.Devices {
		for i := range d.Kinds {
			d.Kinds[i].Rank = 0
		}
	}
	r, err := des.Run(s, des.Options{Warmup: 200, Frames: 2000})
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(said.FPS-want) > 1e-6*want || math.Abs(r.FPS-want) > 0.02*want {
		t.Errorf("%s: said %.1f frames/s, simulated %.1f, want %.1f", name, said.FPS, r.FPS, want)
	}
}

// TestCutsOfAFullDevice: planner and simulator count what a cut costs where both sides are on the device, and what
// where the other is elsewhere, one of whose devices is enough to be near.
func TestCutsOfAFullDevice(t *testing.T) {
	p := plan.Profile{Version: 1, Cores: 8}
	for _, d := range []accel.DeviceID{"gpu:0", "gpu:1"} {
		for _, u := range []plan.Unit{
			{At: "a", MS: 2, FullMS: 1, FullCutMS: 0.4, FullAwayMS: 0.3}, {At: "b", MS: 2, FullMS: 1, FullCutMS: 0.2, FullAwayMS: 0.1}, {MS: 2, FullMS: 1},
		} {
			u.Device, u.Precision = d, plan.FP16
			p.Units = append(p.Units, u)
		}
		p.Streams = append(p.Streams, plan.Streams{Device: d, Precision: plan.FP16, N: 1, Rate: 1000. / 6}, plan.Streams{Device: d, Precision: plan.FP16, N: 8, Rate: 1000. / 3})
	}
	p.Transfers = []plan.Transfer{{From: "gpu:0", To: "gpu:1", Bytes: 1}, {From: "gpu:1", To: "gpu:0", Bytes: 1}}
	on := func(devices ...accel.DeviceID) (s plan.Segment) {
		s.Streams = 1
		for _, d := range devices {
			s.Devices = append(s.Devices, plan.Placement{ID: d, Streams: 8})
		}
		return s
	}
	for _, c := range []struct {
		name    string
		a, b, c plan.Segment
		want    float64
	}{
		{"all on one", on("gpu:0"), on("gpu:0"), on("gpu:0"), 1000 / 3.6},
		{"the middle elsewhere", on("gpu:0"), on("gpu:1"), on("gpu:0"), 1000 / 2.4},
		{"the beginning elsewhere", on("gpu:1"), on("gpu:0"), on("gpu:0"), 1000 / 2.5},
		{"the end elsewhere", on("gpu:0"), on("gpu:0"), on("gpu:1"), 1000 / 2.5},
		{"the end on both", on("gpu:0"), on("gpu:0"), on("gpu:0", "gpu:1"), 1000 / 3.05}, // of which each has half
	} {
		pl := plan.Default()
		pl.Precision, pl.InFlight = plan.FP16, 64
		c.a.Until, c.b.Until = "a", "b"
		pl.Segments = []plan.Segment{c.a, c.b, c.c}
		agree(t, c.name, p, pl, c.want)
	}
}

// TestKindOf: a segment's own gain goes from 1 to what it was measured to gain, and never above the number of streams.
func TestKindOf(t *testing.T) {
	p := plan.Profile{Version: 1, Cores: 4, Streams: []plan.Streams{{Device: "gpu:0", Precision: plan.FP16, N: 1, Rate: 100}, {Device: "gpu:0", Precision: plan.FP16, N: 4, Rate: 200}}}
	for _, u := range []plan.Unit{{At: "a", MS: 5, FullMS: 4}, {MS: 5, FullMS: 1}} {
		u.Device, u.Precision = "gpu:0", plan.FP16
		p.Units = append(p.Units, u)
	}
	pl := plan.Default()
	pl.Precision, pl.InFlight = plan.FP16, 4
	pl.Segments = []plan.Segment{
		{Until: "a", Streams: 1, Devices: []plan.Placement{{ID: "gpu:0", Streams: 2}}},
		{Streams: 1, Devices: []plan.Placement{{ID: "gpu:0", Streams: 2}}},
	}
	times, err := NewTimes(p, pl, Extras{})
	if err != nil {
		t.Fatal(err)
	}
	device := times.gain("gpu:0")
	s, err := times.System(des.Source{Cameras: 1, Queue: 1})
	if err != nil {
		t.Fatal(err)
	}
	for i, n := range s.Nodes[1:3] { // both streams of a segment are of one kind
		for _, r := range n.Replicas {
			if r.Kind != i+1 || len(s.Devices[r.Device].Kinds) != 2 {
				t.Errorf("segment %d: kind %d of %d", i, r.Kind, len(s.Devices[r.Device].Kinds))
			}
		}
	}
	for i, last := range []float64{1.25, 4} { // 5/4; 5, and four streams
		got := times.kind(i, "gpu:0", 0, device)
		if len(got) != len(device) || got[0] != 1 || math.Abs(got[3]-last) > 1e-9 {
			t.Errorf("segment %d gains %v of %v, want %g at last", i, got, device, last)
		}
		for n := 1; n < len(got); n++ {
			if got[n] < got[n-1] || got[n] > float64(n+1)+1e-9 {
				t.Errorf("segment %d gains %v", i, got)
			}
		}
	}
}

// TestCopiesOfSeveralTensors: planner and simulator start a copy for each tensor.
func TestCopiesOfSeveralTensors(t *testing.T) {
	p := plan.Profile{Version: 1, Cores: 4, Input: 1000}
	for i, d := range []accel.DeviceID{"gpu:0", "gpu:1"} {
		p.Units = append(p.Units, plan.Unit{At: "a", Device: d, Precision: plan.FP16, MS: 1, Bytes: 1000, Tensors: 2 * (1 - i)},
			plan.Unit{Device: d, Precision: plan.FP16, MS: 1, Bytes: 2000, Tensors: 3})
	}
	for _, way := range [][2]accel.DeviceID{{"cpu", "gpu:0"}, {"gpu:0", "gpu:1"}, {"gpu:1", "cpu"}} {
		p.Transfers = append(p.Transfers, plan.Transfer{From: way[0], To: way[1], Bytes: 1000, MS: 0.3}, plan.Transfer{From: way[0], To: way[1], Bytes: 2000, MS: 0.4})
	}
	pl := plan.Default()
	pl.Precision, pl.InFlight = plan.FP16, 1
	pl.Segments = []plan.Segment{
		{Until: "a", Streams: 1, Devices: []plan.Placement{{ID: "gpu:0"}}},
		{Streams: 1, Devices: []plan.Placement{{ID: "gpu:1"}}},
	}
	times, err := NewTimes(p, pl, Extras{})
	if err != nil {
		t.Fatal(err)
	}
	sum := 2.0
	for i, want := range []float64{0.3, 0.3 + 0.2 + 0.4 + 2*0.2} {
		got, err := times.Copies(i, pl.Segments[i].Devices[0].ID, 0)
		if err != nil || math.Abs(got.Seconds()*1000-want) > 1e-6 {
			t.Errorf("segment %d copies for %v, want %g ms: %v", i, got, want, err)
		}
		sum += want
	}
	if said, err := search.Predict(p, pl); err != nil || math.Abs(said.LatencyMS-sum) > 1e-4 { // bisected
		t.Errorf("%+v, %v, want a frame in %g ms", said, err, sum)
	}
}

// TestRankOf: what a GPU has for itself goes before what it shares with another, and on no other device or runtime.
func TestRankOf(t *testing.T) {
	p := plan.Profile{Version: 1, Cores: 4, FIFO: []accel.DeviceID{"gpu:1"}}
	for _, d := range []accel.DeviceID{"gpu:0", "gpu:0/openvino", "gpu:1", "cpu"} {
		for _, at := range []string{"a", "b", ""} {
			u := plan.Unit{At: at, Device: d, Precision: plan.FP16, MS: 5}
			if d == "cpu" {
				u.Precision, u.Threads = plan.FP32, 1
			}
			p.Units = append(p.Units, u)
		}
		for _, to := range []accel.DeviceID{"gpu:0", "gpu:1", "cpu"} {
			if to != d {
				p.Transfers = append(p.Transfers, plan.Transfer{From: d, To: to, Bytes: 1})
			}
		}
	}
	at := func(until string, devices ...accel.DeviceID) plan.Segment {
		s := plan.Segment{Until: until, Streams: 1}
		for _, d := range devices {
			s.Devices = append(s.Devices, plan.Placement{ID: d})
		}
		return s
	}
	for _, c := range []struct {
		name     string
		segments []plan.Segment
		want     []int // of each segment's first replica
	}{
		{"shared with another GPU", []plan.Segment{at("a", "gpu:0", "gpu:1"), at("", "gpu:0")}, []int{0, 1}},
		{"not shared", []plan.Segment{at("a", "gpu:0"), at("b", "gpu:1"), at("", "gpu:0")}, []int{0, 0, 0}},
		{"behind and in front", []plan.Segment{at("a", "gpu:0"), at("b", "gpu:0", "gpu:1"), at("", "gpu:0")}, []int{1, 0, 1}},
		{"by a runtime that knows no ranks", []plan.Segment{at("a", "gpu:0/openvino", "gpu:1"), at("", "gpu:0/openvino")}, []int{0, 0}},
		{"on the queue", []plan.Segment{at("a", "gpu:0", "gpu:1"), at("b", "gpu:1"), at("", "gpu:0")}, []int{0, 0, 1}},
	} {
		pl := plan.Default()
		pl.Precision, pl.InFlight, pl.Segments = plan.FP16, 4, c.segments
		s := systemOf(t, p, pl)
		for i, want := range c.want {
			r := s.Nodes[1+i].Replicas[0]
			got := 0
			if r.Kind > 0 {
				got = s.Devices[r.Device].Kinds[r.Kind-1].Rank
			}
			if got != want {
				t.Errorf("%s: segment %d has rank %d, want %d", c.name, i, got, want)
			}
		}
	}
}
