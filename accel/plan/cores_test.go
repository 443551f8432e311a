package plan

import (
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// onCPU is a plan of CPU segments with so many threads each.
func onCPU(threads ...int) Plan {
	p := Default()
	for _, n := range threads {
		p.Segments = append(p.Segments, Segment{Devices: []Placement{{ID: "cpu", Threads: n}}, Streams: 1})
	}
	return p
}

func TestDisjointCores(t *testing.T) {
	own := onCPU(2, 2)
	own.Segments[1].Devices[0].Cores = []int{0, 1}
	mixed := onCPU(2, 2, 2)
	mixed.Segments[1].Devices[0] = Placement{ID: "gpu:0"}
	wide := onCPU(2, 2)
	wide.Segments[1].Streams = 2
	for name, c := range map[string]struct {
		plan  Plan
		cores []int
		want  [][]int
	}{
		"two on two cores":         {onCPU(2, 2), []int{0, 1}, [][]int{{0}, {1}}},
		"enough cores":             {onCPU(2, 3), []int{0, 1, 2, 3, 8, 9}, [][]int{{0, 1}, {2, 3, 8}}},
		"in proportion":            {onCPU(2, 6), []int{0, 1, 2, 3}, [][]int{{0}, {1, 2, 3}}},
		"streams have threads too": {wide, []int{0, 1, 2}, [][]int{{0}, {1, 2}}},
		"one each at least":        {onCPU(2, 60, 2), []int{0, 1, 2}, [][]int{{0}, {1}, {2}}},
		"a device between":         {mixed, []int{0, 1}, [][]int{{0}, nil, {1}}},
		"more segments than cores": {onCPU(2, 2, 2), []int{0, 1}, [][]int{nil, nil, nil}},
		"one thread":               {onCPU(2, 1), []int{0, 1}, [][]int{nil, nil}},
		"one segment":              {onCPU(2), []int{0, 1}, [][]int{nil}},
		"the plan gives cores":     {own, []int{0, 1}, [][]int{nil, nil}},
	} {
		if got := c.plan.DisjointCores(c.cores); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

// No core is given twice, none is made up, and no segment with cores has more than
// it has threads.
func TestDisjointCoresProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := onCPU(rapid.SliceOfN(rapid.IntRange(2, 9), 2, 6).Draw(t, "threads")...)
		cores := rapid.SliceOfNDistinct(rapid.IntRange(0, 63), len(p.Segments), 20, rapid.ID).Draw(t, "cores")
		slices.Sort(cores)
		seen := map[int]bool{}
		for i, set := range p.DisjointCores(cores) {
			if len(set) < 1 || len(set) > p.Segments[i].Devices[0].Threads {
				t.Fatalf("segment %d with %d threads has %v", i, p.Segments[i].Devices[0].Threads, set)
			}
			for _, c := range set {
				if seen[c] || !slices.Contains(cores, c) {
					t.Fatalf("core %d of segment %d is another's, or none", c, i)
				}
				seen[c] = true
			}
		}
	})
}
