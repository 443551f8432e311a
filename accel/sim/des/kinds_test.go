package des

import (
	"math"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestKindsOfWork: of two frames at work, one of a kind that gains nothing and one that gains all, the first takes
// twice as long as alone and the second as long; each is again as fast as alone when the other has ended.
func TestKindsOfWork(t *testing.T) {
	for _, c := range []struct {
		name  string
		kinds [2]int
		took  [2]time.Duration
	}{
		{"of the device", [2]int{0, 0}, [2]time.Duration{15 * ms, 15 * ms}},
		{"one gains nothing, the other all", [2]int{1, 2}, [2]time.Duration{15 * ms, 10 * ms}},
		{"both gain nothing", [2]int{1, 1}, [2]time.Duration{20 * ms, 20 * ms}},
		{"both gain all", [2]int{2, 2}, [2]time.Duration{10 * ms, 10 * ms}},
	} {
		p := NewProcessors([]Device{{Name: "gpu:0", Capacity: 2, Gain: []float64{1, 4. / 3}, Kinds: []Kind{{Gain: []float64{1, 1}}, {Gain: []float64{1, 2}}}}})
		for i, kind := range c.kinds {
			p.Start(0, 0, i, 10*ms, 1, kind)
		}
		finish(t, c.name, p, c.took[:])
	}
}

// finish holds when frames end, by their numbers, to what is wanted within the rounding of two changes of speed, and that no other is left.
func finish(t *testing.T, name string, p *Processors, want []time.Duration) {
	t.Helper()
	for range want {
		at := p.Next()
		f, ok := p.Finish(at)
		if !ok || math.Abs(float64(at-want[f.ID])) > 2 {
			t.Errorf("%s: frame %d ends at %v, want %v", name, f.ID, at, want[f.ID])
		}
	}
	if p.Next() != Never {
		t.Errorf("%s: there is work left", name)
	}
}

// TestRanks: work of a higher rank is as fast as without the others, which have what it leaves of what the device does
// for as many.
func TestRanks(t *testing.T) {
	for _, c := range []struct {
		name     string
		capacity float64
		gain     []float64
		ranks    []int
		took     []time.Duration // of frames that take 10 ms alone
	}{
		{"alike", 2, []float64{1, 4. / 3}, []int{1, 1}, []time.Duration{15 * ms, 15 * ms}},
		{"one leaves a quarter of what two would do", 2, []float64{1, 4. / 3}, []int{0, 1}, []time.Duration{50 * ms / 3, 10 * ms}},
		{"one leaves nothing", 1, nil, []int{0, 1}, []time.Duration{20 * ms, 10 * ms}},
		{"one leaves half of what two would do", 2, []float64{1, 2}, []int{0, 1}, []time.Duration{10 * ms, 10 * ms}},
		{"three ranks", 1, nil, []int{1, 2, 0}, []time.Duration{20 * ms, 10 * ms, 30 * ms}},
		{"two before one", 1, nil, []int{1, 0, 1}, []time.Duration{20 * ms, 30 * ms, 20 * ms}},
		{"streams that add nothing", 2, []float64{1, 2, 2}, []int{1, 0, 1}, []time.Duration{10 * ms, 20 * ms, 10 * ms}},
	} {
		p := NewProcessors([]Device{{Name: "gpu:0", Capacity: c.capacity, Gain: c.gain, Kinds: []Kind{{Rank: 1}, {Rank: 2}}}})
		for i, rank := range c.ranks {
			p.Start(0, 0, i, 10*ms, 1, rank)
		}
		finish(t, c.name, p, c.took)
	}
}

// TestRanksLoseNothing: on a device that does as much for one as for several, all ends when it would without ranks,
// and the first rank no later.
func TestRanksLoseNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		type piece struct {
			at, service time.Duration
			rank        int
		}
		var list []piece
		at := time.Duration(0)
		for range rapid.IntRange(1, 8).Draw(t, "pieces") {
			at += time.Duration(rapid.IntRange(0, 10).Draw(t, "later")) * ms
			list = append(list, piece{at, time.Duration(rapid.IntRange(1, 10).Draw(t, "ms")) * ms, rapid.IntRange(0, 2).Draw(t, "rank")})
		}
		ends := func(ranked bool) (last time.Duration, of map[int]time.Duration) {
			p := NewProcessors([]Device{{Name: "d", Capacity: 1, Kinds: []Kind{{Rank: 1}, {Rank: 2}}}})
			of = map[int]time.Duration{}
			for i := 0; i < len(list) || p.Next() != Never; {
				if next := p.Next(); i == len(list) || next < list[i].at {
					f, ok := p.Finish(next)
					if !ok {
						t.Fatalf("nothing ends at %v", next)
					}
					of[f.ID], last = next, next
					continue
				}
				kind := 0
				if ranked {
					kind = list[i].rank
				}
				p.Start(list[i].at, 0, i, list[i].service, 1, kind)
				i++
			}
			return last, of
		}
		plain, fair := ends(false)
		got, of := ends(true)
		if d := got - plain; d < -time.Microsecond || d > time.Microsecond || len(of) != len(list) {
			t.Fatalf("%d end by %v, without ranks by %v", len(of), got, plain)
		}
		for i, p := range list {
			if p.rank == 2 && of[i] > fair[i]+time.Microsecond {
				t.Errorf("piece %d of the first rank ends at %v, without ranks at %v", i, of[i], fair[i])
			}
		}
	})
}

func TestKindsThatCannotBe(t *testing.T) {
	system := func(share float64, kind int, kinds ...Kind) System {
		return System{
			Devices: []Device{{Name: "d", Capacity: 2, Kinds: kinds}}, InFlight: 1, Source: Source{Cameras: 1, Queue: 1},
			Nodes: []Node{{Name: "n", Replicas: []Replica{{Streams: 1, Service: Dist{Mean: ms}, Share: share, Kind: kind}}}},
		}
	}
	for _, c := range []struct {
		name string
		s    System
		want string // "": it can be
	}{
		{"none", system(2, 0), ""},
		{"one", system(1, 1, Kind{Gain: []float64{1}}), ""},
		{"unknown", system(1, 1), "kind 1"},
		{"below 0", system(1, -1, Kind{Gain: []float64{1}}), "kind -1"},
		{"of several cores", system(2, 1, Kind{Gain: []float64{1}}), "kind 1"},
		{"ranked", system(1, 1, Kind{Rank: 1}), ""},
		{"ranked, of a share of a half", system(0.5, 1, Kind{Rank: 1}), "share 0.5"},
		{"rank -1", system(1, 1, Kind{Rank: -1}), "rank -1"},
		{"gain 0", system(1, 1, Kind{Gain: []float64{1, 0}}), "gain 0"},
	} {
		err := c.s.Validate()
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
}
