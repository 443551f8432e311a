package des

import (
	"math"
	"testing"
	"time"
)

const ms = time.Millisecond

// jedi is the system behind the table at the end of jedi.md, section 8: prep and
// detect of 2 and 0.9 ms on enough cores, segments between them, JEDI's protocol. The
// table does not state these two: with prep at 2 ms its row of polls follows to the
// last digit (two slots on the first edge let a frame into prep every (2 ms to the
// next poll + 1.35 ms to the next poll)/2), with detect at 0.9 ms its latencies.
func jedi(slots int, poll time.Duration, devices []Device, segments ...Replica) System {
	s := System{
		Devices: append(devices, Device{Name: "cpu", Capacity: 64}), Slots: slots, Poll: poll,
		Source: Source{Cameras: 1, Queue: 1},
	}
	cpu := len(devices)
	s.Nodes = append(s.Nodes, Node{Name: "prep", Replicas: []Replica{on(cpu, 4, Constant(2*ms), 1)}})
	for _, r := range segments {
		s.Nodes = append(s.Nodes, Node{Name: "infer", Replicas: []Replica{r}})
	}
	s.Nodes = append(s.Nodes, Node{Name: "detect", Replicas: []Replica{on(cpu, 4, times(0.9), 1)}})
	return s
}

func dla(name string, cores int) Device {
	return Device{Name: name, Servers: cores, Capacity: float64(cores)}
}

var gpu = Device{Name: "gpu", Capacity: 1}

// on is a number of streams on a device.
func on(device, streams int, service Dist, share float64) Replica {
	return Replica{Device: device, Streams: streams, Service: service, Share: share}
}

func times(x float64) Dist { return Constant(time.Duration(x * float64(ms))) }

// TestTableOfJEDI reproduces the table of jedi.md, section 8. Rates are given as the
// table has them, in whole frames/s.
func TestTableOfJEDI(t *testing.T) {
	const poll = 150 * time.Microsecond
	at := func(device, streams int, service, share float64) Replica {
		return on(device, streams, times(service), share)
	}
	tests := []struct {
		name string
		sys  System
		fps  float64
	}{
		{"D 7.5 + G 7.5, B=1", jedi(1, poll, []Device{dla("dla", 1), gpu}, at(0, 1, 7.5, 1), at(1, 1, 7.5, 1)), 66},
		{"D 7.5 + G 7.5, B=2", jedi(2, poll, []Device{dla("dla", 1), gpu}, at(0, 1, 7.5, 1), at(1, 1, 7.5, 1)), 132},
		{"D 7.5 + G 7.5, B=3", jedi(3, poll, []Device{dla("dla", 1), gpu}, at(0, 1, 7.5, 1), at(1, 1, 7.5, 1)), 133},
		{"D 7.5 + G 7.5, B=12", jedi(12, poll, []Device{dla("dla", 1), gpu}, at(0, 1, 7.5, 1), at(1, 1, 7.5, 1)), 133},
		{"D2 15 + G 7.5, S_D=1", jedi(4, poll, []Device{dla("dla", 2), gpu}, at(0, 1, 15, 1), at(1, 1, 7.5, 1)), 67},
		{"D2 15 + G 7.5, S_D=2, B=1", jedi(1, poll, []Device{dla("dla", 2), gpu}, at(0, 2, 15, 1), at(1, 1, 7.5, 1)), 44},
		{"D2 15 + G 7.5, S_D=2, B=2", jedi(2, poll, []Device{dla("dla", 2), gpu}, at(0, 2, 15, 1), at(1, 1, 7.5, 1)), 88},
		{"D2 15 + G 7.5, S_D=2, B=3", jedi(3, poll, []Device{dla("dla", 2), gpu}, at(0, 2, 15, 1), at(1, 1, 7.5, 1)), 132},
		{"D2 15 + G 7.5, S_D=2, B=4", jedi(4, poll, []Device{dla("dla", 2), gpu}, at(0, 2, 15, 1), at(1, 1, 7.5, 1)), 133},
		{"G needs two contexts, S_G=1", jedi(3, poll, []Device{dla("dla", 1), gpu}, at(0, 1, 7.5, 1), at(1, 1, 12.5, 0.6)), 79},
		// The table has 133 from three slots on; three slots held for 22.65 ms allow 132.45.
		{"G needs two contexts, S_G=2, B=3", jedi(3, poll, []Device{dla("dla", 1), gpu}, at(0, 1, 7.5, 1), at(1, 2, 12.5, 0.6)), 132},
		{"G needs two contexts, S_G=2, B=4", jedi(4, poll, []Device{dla("dla", 1), gpu}, at(0, 1, 7.5, 1), at(1, 2, 12.5, 0.6)), 133},
		{"G needs two contexts, S_G=2, B=8", jedi(8, poll, []Device{dla("dla", 1), gpu}, at(0, 1, 7.5, 1), at(1, 2, 12.5, 0.6)), 133},
		{"two DLA stages 5+10", jedi(8, poll, []Device{dla("dla:0", 1), dla("dla:1", 1)}, at(0, 1, 5, 1), at(1, 1, 10, 1)), 100},
		// The table has 134: more than 2/15 ms = 133.3 allow, so an end effect of its run.
		{"duplicated 15", jedi(8, poll, []Device{dla("dla", 2)}, at(0, 2, 15, 1)), 133},
		{"1.35 ms, poll 20, S=1, B=2", jedi(2, 20*time.Microsecond, []Device{dla("dla", 1), gpu}, at(0, 1, 1.35, 1), at(1, 1, 1.35, 1)), 595},
		{"1.35 ms, poll 150, S=1, B=2", jedi(2, poll, []Device{dla("dla", 1), gpu}, at(0, 1, 1.35, 1), at(1, 1, 1.35, 1)), 580},
		{"1.35 ms, poll 300, S=1, B=2", jedi(2, 300*time.Microsecond, []Device{dla("dla", 1), gpu}, at(0, 1, 1.35, 1), at(1, 1, 1.35, 1)), 556},
		{"1.35 ms, poll 20, S=2, B=4", jedi(4, 20*time.Microsecond, []Device{dla("dla", 1), gpu}, at(0, 2, 1.35, 1), at(1, 2, 1.35, 1)), 741},
		{"1.35 ms, poll 150, S=2, B=4", jedi(4, poll, []Device{dla("dla", 1), gpu}, at(0, 2, 1.35, 1), at(1, 2, 1.35, 1)), 741},
		{"1.35 ms, poll 300, S=2, B=4", jedi(4, 300*time.Microsecond, []Device{dla("dla", 1), gpu}, at(0, 2, 1.35, 1), at(1, 2, 1.35, 1)), 741},
		{"G 16 ms, u=.66, S=1", jedi(8, poll, []Device{gpu}, at(0, 1, 16, 0.66)), 62},
		{"G 16 ms, u=.66, S=2", jedi(8, poll, []Device{gpu}, at(0, 2, 16, 0.66)), 95},
		{"G 16 ms, u=.66, S=4", jedi(8, poll, []Device{gpu}, at(0, 4, 16, 0.66)), 95},
	}
	for _, tt := range tests {
		r, err := Run(tt.sys, Options{Warmup: 100, Frames: 700})
		if err != nil {
			t.Fatalf("%s: %v", tt.name, err)
		}
		if math.Round(r.FPS) != tt.fps {
			t.Errorf("%s: %.2f frames/s, want %g", tt.name, r.FPS, tt.fps)
		}
	}
}

// TestLatencyOfJEDI: more slots than the rate needs only add delay.
func TestLatencyOfJEDI(t *testing.T) {
	for slots, want := range map[int]float64{2: 24, 12: 98} {
		sys := jedi(slots, 150*time.Microsecond, []Device{dla("dla", 1), gpu},
			on(0, 1, times(7.5), 1), on(1, 1, times(7.5), 1))
		r, err := Run(sys, Options{Warmup: 100, Frames: 700})
		if err != nil {
			t.Fatal(err)
		}
		if got := r.Latency.Mean.Seconds() * 1e3; math.Round(got) != want {
			t.Errorf("%d slots: latency %.2f ms, the table has %g", slots, got, want)
		}
	}
}
