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

func TestStreamCores(t *testing.T) {
	streams := func(n, threads int) Plan {
		p := onCPU(threads)
		p.Segments[0].Streams = n
		return p
	}
	own := streams(2, 1)
	own.Segments[0].Devices[0].Cores = []int{0, 1}
	runtimes := onCPU(1)
	runtimes.Segments[0].Devices = append(runtimes.Segments[0].Devices, Placement{ID: "cpu/openvino", Threads: 1})
	beside := streams(2, 1)
	beside.Segments[0].Devices = append([]Placement{{ID: "gpu:0"}}, beside.Segments[0].Devices...)
	beside.Segments[0].Streams = 2
	behind := streams(2, 1)
	behind.Segments = append([]Segment{{Until: "a", Devices: []Placement{{ID: "gpu:0"}}, Streams: 1}}, behind.Segments...)
	both := onCPU(1, 1)
	both.Segments[0].Streams, both.Segments[1].Streams = 2, 2
	for name, c := range map[string]struct {
		plan  Plan
		cores []int
		want  [][]int
	}{
		"a stream a core":               {streams(2, 1), []int{0, 1}, [][]int{{0, 1}}},
		"cores have numbers":            {streams(3, 1), []int{2, 3, 9}, [][]int{{2, 3, 9}}},
		"two runtimes":                  {runtimes, []int{0, 1}, [][]int{{0, 1}}},
		"a GPU takes frames too":        {beside, []int{0, 1}, [][]int{{-1, -1, 0, 1}}},
		"a GPU comes first":             {behind, []int{0, 1}, [][]int{nil, {0, 1}}},
		"fewer streams than cores":      {streams(2, 1), []int{0, 1, 2}, [][]int{nil}},
		"more":                          {streams(3, 1), []int{0, 1}, [][]int{nil}},
		"one":                           {streams(1, 1), []int{0}, [][]int{nil}},
		"threads":                       {streams(2, 2), []int{0, 1}, [][]int{nil}},
		"as many as the runtime wants":  {onCPU(0), []int{0, 1}, [][]int{nil}},
		"the plan gives cores":          {own, []int{0, 1}, [][]int{nil}},
		"two segments":                  {both, []int{0, 1}, [][]int{nil, nil}},
		"cores that Linux does not say": {streams(2, 1), nil, [][]int{nil}},
	} {
		if got := c.plan.StreamCores(c.cores); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

// No core is given twice or made up, and all are, or none.
func TestStreamCoresProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := onCPU(rapid.SliceOfN(rapid.IntRange(0, 2), 1, 3).Draw(t, "threads")...)
		for i := range p.Segments {
			p.Segments[i].Streams = rapid.IntRange(1, 5).Draw(t, "streams")
		}
		cores := rapid.SliceOfNDistinct(rapid.IntRange(0, 63), 0, 5, rapid.ID).Draw(t, "cores")
		for i, list := range p.StreamCores(cores) {
			if list == nil {
				continue
			}
			if len(list) != len(p.Replicas(i)) || !slices.Equal(slices.Sorted(slices.Values(list)), slices.Sorted(slices.Values(cores))) {
				t.Fatalf("segment %d of %d streams has %v of %v", i, len(p.Replicas(i)), list, cores)
			}
		}
	})
}
