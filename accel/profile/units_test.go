package profile

import (
	"errors"
	"math"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"braid/accel"
	"braid/accel/plan"
)

func TestCrossing(t *testing.T) {
	for _, c := range []struct {
		series plan.Series
		want   int64
	}{
		{plan.Series{Device: "cpu", Precision: plan.FP32}, 400},
		{plan.Series{Device: "cpu/openvino", Precision: plan.BF16}, 400},
		{plan.Series{Device: "gpu:0/openvino", Precision: plan.FP16}, 400},
		{plan.Series{Device: "gpu:0", Precision: plan.FP32}, 400},
		{plan.Series{Device: "gpu:0", Precision: plan.FP16}, 200},
		{plan.Series{Device: "dla:0", Precision: plan.INT8}, 200},
	} {
		if got := crossing(c.series, 400); got != c.want {
			t.Errorf("%v: %d of 400 bytes cross, want %d", c.series, got, c.want)
		}
	}
}

func drawNetwork(t *rapid.T) Network {
	var n Network
	bytes := rapid.Int64Range(1, 100)
	for i := range rapid.IntRange(1, 80).Draw(t, "nodes") {
		n.Nodes = append(n.Nodes, Node{Cost: rapid.Float64Range(0, 10).Draw(t, "cost")})
		if i > 0 && rapid.Bool().Draw(t, "cut") {
			n.Cuts = append(n.Cuts, Cut{At: string(rune('A' + i)), Index: i, Bytes: bytes.Draw(t, "bytes")})
		}
	}
	return n
}

func TestChooseUnits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		net := drawNetwork(t)
		most := rapid.IntRange(1, 40).Draw(t, "units")
		u := chooseUnits(net, most)
		if u.n() > most || len(u.borders) != u.n()-1 {
			t.Fatalf("%d units with %d borders, want at most %d", u.n(), len(u.borders), most)
		}
		sum, last := 0.0, 0
		for _, g := range u.guess {
			sum += g
			if g < 0 {
				t.Fatalf("guesses %v", u.guess)
			}
		}
		for _, b := range u.borders {
			if b.Index <= last || !slices.Contains(net.Cuts, b) {
				t.Fatalf("borders %v of cuts %v", u.borders, net.Cuts)
			}
			last = b.Index
		}
		if math.Abs(sum-1) > 1e-9 {
			t.Fatalf("the guesses %v are %v together", u.guess, sum)
		}
	})
}

// TestChooseUnitsTakesFewBytes between equal parts.
func TestChooseUnitsTakesFewBytes(t *testing.T) {
	var net Network
	for i := range 12 {
		net.Nodes = append(net.Nodes, Node{Cost: 1})
		if i > 0 {
			net.Cuts = append(net.Cuts, Cut{Index: i, Bytes: 100})
		}
	}
	net.Cuts[4].Bytes, net.Cuts[8].Bytes = 10, 20 // behind nodes 5 and 9
	u := chooseUnits(net, 3)
	if u.n() != 3 || u.borders[0].Index != 5 || u.borders[1].Index != 9 {
		t.Errorf("borders %+v, want behind 5 and 9 nodes", u.borders)
	}
}

func TestBalanced(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		u := chooseUnits(drawNetwork(t), 40)
		s := span{rapid.IntRange(0, u.n()-1).Draw(t, "first"), u.n()}
		k := rapid.IntRange(0, 10).Draw(t, "borders")
		at := u.balanced(s, k)
		if len(at) > k || !slices.IsSorted(at) || len(slices.Compact(slices.Clone(at))) != len(at) {
			t.Fatalf("borders %v, want at most %d", at, k)
		}
		for _, b := range at {
			if b <= s.first || b >= s.end {
				t.Fatalf("border %d is not inside of %v", b, s)
			}
		}
	})
	even := units{guess: []float64{.1, .1, .1, .1, .1, .1, .1, .1, .1, .1}}
	for k, want := range map[int][]int{1: {5}, 3: {2, 5, 7}, 4: {2, 4, 6, 8}, 9: {1, 2, 3, 4, 5, 6, 7, 8, 9}, 20: {1, 2, 3, 4, 5, 6, 7, 8, 9}} {
		if got := even.balanced(span{0, 10}, k); !slices.Equal(got, want) {
			t.Errorf("%d borders in ten equal units are %v, want %v", k, got, want)
		}
	}
}

func TestStretches(t *testing.T) {
	no := errors.New("no")
	for _, c := range []struct {
		refused []error
		want    []span
	}{
		{[]error{nil, nil, nil}, []span{{0, 3}}},
		{[]error{no, nil, nil, no, nil}, []span{{1, 3}, {4, 5}}},
		{[]error{nil, no, no}, []span{{0, 1}}},
		{[]error{no, no}, nil},
	} {
		if got := stretches(len(c.refused), func(i int) bool { return c.refused[i] == nil }); !slices.Equal(got, c.want) {
			t.Errorf("stretches of %v are %v, want %v", c.refused, got, c.want)
		}
	}
}

// TestTensorsThatCross: units say how many tensors cross behind them, and leave at the end, where these are several.
func TestTensorsThatCross(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &machine{
			nodes: slices.Repeat([]time.Duration{2 * time.Millisecond}, 4), devices: []accel.Device{{ID: "gpu:0"}},
			copy: func(int64) time.Duration { return time.Microsecond },
		}
		p := measured2(t, m, Quick())
		for i, want := range []int{0, 2, 0, 3} {
			if p.Units[i].Tensors != want {
				t.Errorf("unit %d: %+v, want %d tensors", i, p.Units[i], want)
			}
		}
	})
}
