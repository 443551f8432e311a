package des

import (
	"math"
	"strings"
	"testing"
	"time"
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
		p := NewProcessors([]Device{{Name: "gpu:0", Capacity: 2, Gain: []float64{1, 4. / 3}, Kinds: [][]float64{{1, 1}, {1, 2}}}})
		for i, kind := range c.kinds {
			p.Start(0, 0, i, 10*ms, 1, kind)
		}
		for range c.kinds {
			at := p.Next()
			f, ok := p.Finish(at)
			if want := c.took[f.ID]; !ok || math.Abs(float64(at-want)) > 2 {
				t.Errorf("%s: frame %d ends at %v, want %v", c.name, f.ID, at, want)
			}
		}
		if p.Next() != Never {
			t.Errorf("%s: there is work left", c.name)
		}
	}
}

func TestKindsThatCannotBe(t *testing.T) {
	system := func(share float64, kind int, kinds ...[]float64) System {
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
		{"one", system(1, 1, []float64{1}), ""},
		{"unknown", system(1, 1), "kind 1"},
		{"below 0", system(1, -1, []float64{1}), "kind -1"},
		{"of several cores", system(2, 1, []float64{1}), "kind 1"},
		{"gain 0", system(1, 1, []float64{1, 0}), "gain 0"},
	} {
		err := c.s.Validate()
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
}
