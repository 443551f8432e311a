package plan

import (
	"slices"
	"testing"

	"braid/accel"
)

// TestRank: a GPU works first for what it has for itself, and last for the first segment that it shares with another device.
func TestRank(t *testing.T) {
	type on = []accel.DeviceID
	for _, c := range []struct {
		name     string
		segments []on
		want     []int // of each segment on gpu:0; -1: it is not there
	}{
		{"alone", []on{{"gpu:0"}}, []int{0}},
		{"a pipeline", []on{{"gpu:0"}, {"gpu:1"}, {"gpu:0"}}, []int{0, -1, 0}},
		{"a shared segment in front", []on{{"gpu:0", "gpu:1"}, {"gpu:0"}}, []int{0, 1}},
		{"with another between", []on{{"gpu:0", "gpu:1"}, {"gpu:1"}, {"gpu:0"}}, []int{0, -1, 1}},
		{"shared by others", []on{{"gpu:1", "cpu"}, {"gpu:0"}}, []int{-1, 0}},
		{"shared at the end", []on{{"gpu:0"}, {"gpu:0", "gpu:1"}}, []int{1, 0}},
		{"shared in the middle", []on{{"gpu:0"}, {"gpu:0", "dla:0"}, {"gpu:0"}}, []int{1, 0, 1}},
		{"shared around", []on{{"gpu:0", "gpu:1"}, {"gpu:0"}, {"gpu:1", "gpu:0"}}, []int{0, 2, 1}},
		{"by two runtimes", []on{{"gpu:0", "gpu:0/openvino"}, {"gpu:0"}}, []int{0, 0}},
		{"two shared ones", []on{{"gpu:0", "gpu:1"}, {"gpu:1", "gpu:0"}, {"gpu:0"}}, []int{0, 1, 2}},
	} {
		p := Default()
		for _, devices := range c.segments {
			s := Segment{Streams: 1}
			for _, d := range devices {
				s.Devices = append(s.Devices, Placement{ID: d})
			}
			p.Segments = append(p.Segments, s)
		}
		for i, want := range c.want {
			if !slices.Contains(c.segments[i], "gpu:0") {
				continue
			}
			if got := p.Rank(i, "gpu:0"); got != want {
				t.Errorf("%s: segment %d has rank %d, want %d", c.name, i, got, want)
			}
		}
	}
}
