package des

import (
	"math"
	"strings"
	"testing"
	"time"
)

// chain is braid's protocol on two devices that chain by events.
func chain(inFlight int, first, second Replica) System {
	first.Ahead, second.Ahead = true, true
	return System{
		Devices:  []Device{dla("sim:d", 1), {Name: "sim:g", Capacity: 1}, {Name: "cpu", Capacity: 4}},
		Source:   Source{Cameras: 1, Queue: 2, Device: 2},
		InFlight: inFlight,
		Nodes: []Node{
			{Name: "prep", Replicas: []Replica{on(2, 1, Constant(1*ms), 1)}},
			{Name: "infer.0", Replicas: []Replica{first}},
			{Name: "infer.1", Replicas: []Replica{second}},
			{Name: "detect", Replicas: []Replica{on(2, 1, Constant(1*ms), 1)}},
		},
	}
}

func must(t *testing.T, s System, o Options) *Result {
	t.Helper()
	r, err := Run(s, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if math.Abs(got-want) > 0.01*math.Abs(want)+1e-9 {
		t.Errorf("%s is %g, want %g", what, got, want)
	}
}

var half = Options{Warmup: 100, Frames: 500}

func TestDevicesThatChain(t *testing.T) {
	for _, tt := range []struct {
		name     string
		inFlight int
		fps      float64
	}{
		{"one frame at a time", 1, 1000.0 / 17}, // 1 + 7.5 + 7.5 + 1 ms
		{"two", 2, 2000.0 / 17},
		{"enough", 4, 1000 / 7.5},
	} {
		r := must(t, chain(tt.inFlight, on(0, 1, times(7.5), 1), on(1, 1, times(7.5), 1)), half)
		near(t, tt.name, r.FPS, tt.fps)
		near(t, tt.name+": latency", r.Latency.Mean.Seconds(), float64(tt.inFlight)/tt.fps)
	}
}

// TestUse has shares that can be worked out by hand: 10 ms on the device that is
// the bottleneck, 5 ms on half of the other.
func TestUse(t *testing.T) {
	r := must(t, chain(6, on(0, 1, times(10), 1), on(1, 1, times(5), 0.5)), half)
	near(t, "rate", r.FPS, 100)
	near(t, "sim:d", r.Devices[0].Busy, 1)
	near(t, "sim:g", r.Devices[1].Busy, 0.25)
	near(t, "cpu", r.Devices[2].Busy, 0.05)
	near(t, "infer.1 occupied", r.Nodes[2].Occupied, 0.5)
	near(t, "infer.1 starved", r.Nodes[2].Starved, 0.5)
	near(t, "prep blocked by bindings", r.Nodes[0].Blocked, 0.9)
}

// Replicas of 5 and 15 ms could do 267 frames/s, each taking a frame when it is
// free. Where nodes are ahead the streams take turns, and the slower one sets the
// pace: 2/15 ms.
func TestUnequalReplicas(t *testing.T) {
	for _, ahead := range []bool{false, true} {
		s := chain(8, on(0, 1, times(15), 1), on(1, 1, times(0.1), 1))
		s.Nodes[1].Replicas = []Replica{on(0, 1, times(15), 1), on(1, 1, times(5), 1)}
		s.Nodes = []Node{s.Nodes[0], s.Nodes[1], s.Nodes[3]}
		s.Nodes[1].Replicas[0].Ahead, s.Nodes[1].Replicas[1].Ahead = ahead, ahead
		want := 1000/5.0 + 1000/15.0
		if ahead {
			want = 2000 / 15.0
		}
		near(t, "rate", must(t, s, half).FPS, want)
	}
}

// TestCopies: a stream waits for its copies. A device that serves first in, first out
// works for the other stream meanwhile; one that two frames share ends both at once, and
// both copy then.
func TestCopies(t *testing.T) {
	shared := Device{Name: "gpu:0", Capacity: 2, Gain: []float64{1, 1}}
	for _, c := range []struct {
		device  Device
		streams int
		fps     float64
	}{{shared, 1, 1000.0 / 15}, {shared, 2, 2000.0 / 25}, {dla("dla:0", 1), 1, 1000.0 / 15}, {dla("dla:0", 1), 2, 100}} {
		r := on(1, c.streams, Constant(10*ms), 1)
		r.Copies = 5 * ms
		s := System{
			Devices:  []Device{{Name: "cpu", Capacity: 4}, c.device},
			Source:   Source{Cameras: 1, Queue: 2},
			InFlight: 4,
			Nodes:    []Node{{Name: "infer.0", Replicas: []Replica{r}}},
		}
		near(t, c.device.Name, must(t, s, half).FPS, c.fps)
	}
}

// TestQueueThatTwoNodesShare: both segments of 10 ms are on a device that is a queue, the second on another
// device too. All frames that are inside are in the queue's line for the first segment, so that the second
// gets the fewer turns there the more they are, and the other device does the rest: with turns by stream
// the queue would do half of the second segment, 67 frames/s.
func TestQueueThatTwoNodesShare(t *testing.T) {
	rate := func(inFlight int) float64 {
		s := chain(inFlight, on(0, 1, times(10), 1), on(1, 1, times(10), 1))
		here, there := on(0, 1, times(10), 1), on(1, 1, times(10), 1)
		for _, r := range []*Replica{&here, &there} {
			r.Ahead, r.Most = true, 2
		}
		here.Waits = true
		s.Nodes[2].Replicas = []Replica{here, there}
		return must(t, s, half).FPS
	}
	few, more, many := rate(6), rate(12), rate(24)
	if !(70 < few && few < more && more < many && many < 100) {
		t.Errorf("%g, %g and %g frames/s with 6, 12 and 24 frames in flight", few, more, many)
	}
}

// TestASlowReplicaWithOneFrame: of 13 frames in 60 ms a replica of 60 ms takes one and a replica of 5 ms
// twelve. One that waits on the slow replica for another is out 120 ms after it came, and until then, by order,
// none behind it: that takes twice as many frames in flight.
func TestASlowReplicaWithOneFrame(t *testing.T) {
	rate := func(inFlight, most int) float64 {
		s := chain(inFlight, on(0, 1, times(60), 1), on(1, 1, times(0.1), 1))
		s.Nodes[1].Replicas = []Replica{on(0, 1, times(60), 1), on(1, 1, times(5), 1)}
		for i := range s.Nodes[1].Replicas {
			s.Nodes[1].Replicas[i].Ahead, s.Nodes[1].Replicas[i].Most = true, 2
		}
		s.Nodes[1].Replicas[0].Most = most
		return must(t, s, Options{Warmup: 200, Frames: 1300}).FPS
	}
	both := 1000/5.0 + 1000/60.0
	for inFlight, want := range map[int][2]float64{18: {both, 0.7 * both}, 36: {both, both}} {
		for i, most := range []int{1, 2} {
			if got := rate(inFlight, most); math.Abs(got-want[i]) > 0.05*both {
				t.Errorf("%d frames in flight, %d on the slow replica: %.1f frames/s, want about %.1f", inFlight, most, got, want[i])
			}
		}
	}
}

// TestFramesThatEndTogetherStayInOrder: two frames that begin and end together on the first device go on in
// their order, so that none behind is held up by one before it that came later. The second device sets the rate.
func TestFramesThatEndTogetherStayInOrder(t *testing.T) {
	s := System{Source: Source{Cameras: 1, Queue: 1}, InFlight: 6}
	for k, x := range [][2]int{{2, 4}, {3, 27}, {2, 17}} {
		s.Devices = append(s.Devices, dla("dev", x[0]))
		s.Nodes = append(s.Nodes, Node{Name: "n", Replicas: []Replica{on(k, x[0], times(float64(x[1])), 1)}})
	}
	near(t, "rate", must(t, s, Options{Warmup: 100, Frames: 900}).FPS, 3000/27.0)
}

// TestSpare: a camera sends a frame every 10 ms to a replica of 5 ms and one of 50 ms. Where both take frames alike the
// slow one has one at any time, and those behind it wait for that. Where it is spare it has none, and all
// that come when frames come faster than the fast one can do.
func TestSpare(t *testing.T) {
	run := func(spare bool, fps float64) *Result {
		s := chain(40, on(0, 1, times(50), 1), on(1, 1, times(1), 1))
		slow, fast := on(0, 1, times(50), 1), on(1, 1, times(5), 1)
		slow.Spare = spare
		s.Nodes[1].Replicas = []Replica{slow, fast}
		s.Nodes = []Node{s.Nodes[0], s.Nodes[1], s.Nodes[3]}
		s.Source = Source{Cameras: 1, FPS: fps, Queue: 40}
		return must(t, s, Options{Frames: 1000})
	}
	if alike, spare := run(false, 100), run(true, 100); alike.Latency.P50 < 20*ms || spare.Latency.P99 > 8*ms {
		t.Errorf("with few frames: p50 %v alike, p99 %v spare", alike.Latency.P50, spare.Latency.P99)
	}
	near(t, "rate", run(true, 0).FPS, 220)
}

// TestPatience: two frames come together, and the only stream that is not spare, of 10 ms, takes one. The other
// waits for that too where a spare stream of 12 ms is more patient, else the spare takes it.
func TestPatience(t *testing.T) {
	for patience, want := range map[time.Duration]time.Duration{0: 12 * ms, 5 * ms: 17 * ms, 15 * ms: 20 * ms} {
		spare, other := on(0, 1, times(12), 1), on(1, 1, times(10), 1)
		spare.Spare, spare.Patience = true, patience
		s := chain(2, other, other)
		s.Nodes = []Node{{Name: "prep", Replicas: []Replica{on(2, 2, times(20), 1)}}, {Name: "infer.0", Replicas: []Replica{spare, other}}}
		if got := must(t, s, Options{Frames: 2}).Latency.P99; got != 20*ms+want {
			t.Errorf("patience %v: %v, want %v", patience, got, 20*ms+want)
		}
	}
}

// TestCopiesInAQueue: a device that is given frames ahead first in, first out copies them in its line.
func TestCopiesInAQueue(t *testing.T) {
	s := chain(8, on(0, 1, times(10), 1), on(1, 1, times(1), 1))
	s.Nodes[1].Replicas[0].Copies = 2 * ms
	near(t, "rate", must(t, s, half).FPS, 1000/12.0)
}

func TestSlowdown(t *testing.T) {
	s := chain(6, on(0, 1, times(10), 1), on(1, 1, times(10), 1))
	s.Devices[0].Slow = []float64{0, 1.2}
	// The first works while the other does, all the time: 12 ms. The second is not
	// slowed down, and rests 2 ms of 12, in which the first is as fast as alone:
	// 10 ms of the other's work do 10/1.2 ms of its own, the rest is done alone.
	near(t, "rate", must(t, s, half).FPS, 1000/(10+10-10/1.2))
}

func TestGain(t *testing.T) {
	for streams, want := range map[int]float64{1: 100, 2: 150, 3: 160, 5: 160} {
		s := chain(12, on(1, streams, times(10), 1), on(0, 1, times(0.01), 1))
		s.Devices[1] = Device{Name: "sim:g", Capacity: 3, Gain: []float64{1, 1.5, 1.6}}
		near(t, "rate", must(t, s, half).FPS, want)
	}
}

func TestCameras(t *testing.T) {
	live := func(fps float64, p Policy) *Result {
		s := chain(4, on(0, 1, times(10), 1), on(1, 1, times(5), 1))
		s.Source = Source{Cameras: 4, FPS: fps, Policy: p, Queue: 2, Decode: Constant(ms), Device: 2, Share: 1}
		return must(t, s, Options{Warmup: 100, Frames: 1000}) // counts have the start in them
	}
	r := live(20, DropOldest) // 80 frames/s of 100
	near(t, "rate below the limit", r.FPS, 80)
	if r.Counts.Dropped > 0 || r.Age.P99 > 60*ms {
		t.Errorf("below the limit %d frames were dropped, age p99 %v", r.Counts.Dropped, r.Age.P99)
	}
	r = live(50, DropOldest) // twice the limit
	near(t, "rate at twice the limit", r.FPS, 100)
	near(t, "dropped at twice the limit", float64(r.Counts.Dropped)/float64(r.Counts.Arrived), 0.5)
	if r.Age.P99 > 160*ms { // 4 frames inside and, at each of 4 gates, up to 2 in front: 12 of 10 ms
		t.Errorf("age p99 %v with a policy that drops", r.Age.P99)
	}
	if r = live(50, Block); r.Counts.Dropped > 0 || r.Age.P99 < time.Second {
		t.Errorf("a policy that blocks dropped %d, age p99 %v", r.Counts.Dropped, r.Age.P99)
	}
}

func TestVariableTimes(t *testing.T) {
	s := chain(4, on(0, 1, Dist{Mean: 10 * ms, CV: 0.5}, 1), on(1, 1, Dist{Values: []time.Duration{4 * ms, 6 * ms}}, 1))
	r := must(t, s, Options{Seed: 3, Warmup: 100, Frames: 6_000})
	if math.Abs(r.FPS-100) > 5 {
		t.Errorf("%g frames/s of times around 10 ms", r.FPS)
	}
	if r.Latency.P99 < r.Latency.P50+5*ms {
		t.Errorf("latency %+v does not spread", r.Latency)
	}
	if again := must(t, s, Options{Seed: 4, Warmup: 100, Frames: 6_000}); again.FPS == r.FPS {
		t.Error("another seed gives the same run")
	}
}

func TestFailures(t *testing.T) {
	s := chain(4, on(0, 1, times(10), 1), on(1, 1, times(5), 1))
	r := must(t, s, Options{Frames: 500, Failures: []Failure{{Device: 1, At: 300 * ms, Lasts: 100 * ms}}})
	if r.Lost != "" || r.Counts.Failed < 8 || r.Counts.Failed > 12 || r.Counts.Cancelled > 0 {
		t.Errorf("a device away for 100 ms of 10 ms a frame: %+v", r.Counts)
	}
	r = must(t, s, Options{Frames: 500, Failures: []Failure{{Device: 1, At: 300 * ms}}})
	if r.Lost != "sim:g" || r.Counts.Cancelled != 4 || r.Counts.Failed > 0 || r.Counts.InFlight != 0 {
		t.Errorf("a lost device: %q, %+v", r.Lost, r.Counts)
	}
}

func TestTrace(t *testing.T) {
	o := half
	o.TraceFrom, o.TraceTo = 100*ms, 200*ms
	r := must(t, chain(4, on(0, 1, times(10), 1), on(1, 1, times(5), 1)), o)
	perNode := map[int]int{}
	for _, i := range r.Trace {
		perNode[i.Node]++
		if i.Start < o.TraceFrom || i.Start >= o.TraceTo || i.End <= i.Start {
			t.Errorf("interval %+v", i)
		}
	}
	for k := range 4 {
		if perNode[k] != 10 {
			t.Errorf("node %d has %d intervals in 100 ms at 100 frames/s", k, perNode[k])
		}
	}
}

func TestRefuses(t *testing.T) {
	good := func() System { return chain(2, on(0, 1, times(1), 1), on(1, 1, times(1), 1)) }
	for names, change := range map[string]func(*System, *Options){
		"devices and":  func(s *System, _ *Options) { s.Devices = nil },
		"in_flight 2":  func(s *System, _ *Options) { s.Slots = 2 },
		"poll":         func(s *System, _ *Options) { s.Poll = ms },
		"capacity":     func(s *System, _ *Options) { s.Devices[0].Capacity = 0 },
		"gain -1":      func(s *System, _ *Options) { s.Devices[0].Gain = []float64{-1} },
		"slowdown 0.5": func(s *System, _ *Options) { s.Devices[0].Slow = []float64{0, 0.5} },
		"infer.0":      func(s *System, _ *Options) { s.Nodes[1].Replicas[0].Device = 7 },
		"negative":     func(s *System, _ *Options) { s.Nodes[1].Replicas[0].Service.Mean = -1 },
		"source":       func(s *System, _ *Options) { s.Source.Cameras = 0 },
		"endless":      func(s *System, _ *Options) { s.Source.Policy = DropOldest },
		"frame":        func(_ *System, o *Options) { o.Frames = 0 },
		"failure of":   func(_ *System, o *Options) { o.Failures = []Failure{{Device: 9}} },
		"cpu decodes": func(s *System, o *Options) {
			s.Source.Decode, s.Source.Share = Constant(1), 1
			o.Failures = []Failure{{2, 0, 1}}
		},
		"stands still": func(s *System, _ *Options) {
			for i := range s.Nodes {
				s.Nodes[i].Replicas[0].Service = Dist{}
			}
		},
	} {
		s, o := good(), Options{Frames: 10}
		change(&s, &o)
		if _, err := Run(s, o); err == nil || !strings.Contains(err.Error(), names) || strings.Contains(err.Error(), "\n") {
			t.Errorf("error %v, want one line that says %q", err, names)
		}
	}
}

// Nothing is allocated for a frame: ten times the frames allocate what their
// latencies take, which is made at the start.
func TestAllocatesNothingPerFrame(t *testing.T) {
	s := chain(6, on(0, 1, Dist{Mean: 10 * ms, CV: 1}, 1), on(1, 2, times(5), 0.6))
	count := func(frames int) float64 {
		return testing.AllocsPerRun(1, func() { must(t, s, Options{Frames: frames}) })
	}
	if few, many := count(500), count(3_000); many > few+5 {
		t.Errorf("%v allocations for 500 frames, %v for 3,000", few, many)
	}
}

func BenchmarkRun(b *testing.B) {
	s := chain(6, on(0, 1, Dist{Mean: 10 * ms, CV: 0.3}, 1), on(1, 2, times(9), 0.6))
	events := 0
	b.ReportAllocs()
	for b.Loop() {
		r, err := Run(s, Options{Frames: 250_000})
		if err != nil {
			b.Fatal(err)
		}
		events += r.Events
	}
	b.ReportMetric(float64(events)/b.Elapsed().Seconds(), "events/s")
}
