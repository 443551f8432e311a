package profile

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"braid/accel/plan"
)

// believed is a drawn profile of up to 20 units.
func believed(t *rapid.T) (k known) {
	n := rapid.IntRange(2, 20).Draw(t, "units")
	k.least, k.most = make([]float64, n), slices.Repeat([]float64{math.Inf(1)}, n)
	for i := range n {
		k.unit = append(k.unit, rapid.Float64Range(0, 5).Draw(t, "ms"))
		if i > 0 {
			k.near, k.away = append(k.near, rapid.Float64Range(0, 0.5).Draw(t, "near")), append(k.away, rapid.Float64Range(0, 0.5).Draw(t, "away"))
		}
	}
	k.unit[0] += 0.1
	return k
}

// asks is what a profile says of a part.
func (k known) asks(u use) (ms float64) {
	for _, x := range k.unit[u.first:u.end] {
		ms += x
	}
	for _, end := range []struct {
		at   int
		near bool
	}{{u.first, u.near.Front}, {u.end, u.near.Back}} {
		switch {
		case end.at == 0 || end.at == len(k.unit):
		case end.near:
			ms += k.near[end.at-1] / 2
		default:
			ms += k.away[end.at-1] / 2
		}
	}
	return ms
}

func (k known) whole() float64 { return k.asks(use{span: span{0, len(k.unit)}}) }

// drawnUse is a part of n units that is not all.
func drawnUse(t *rapid.T, n int) (u use) {
	u.first = rapid.IntRange(0, n-1).Draw(t, "first")
	u.end = rapid.IntRange(u.first+1, n).Draw(t, "end")
	u.near = plan.Near{Front: rapid.Bool().Draw(t, "front"), Back: rapid.Bool().Draw(t, "back")}
	if u.first == 0 && u.end == n {
		u.end--
	}
	return u
}

// TestKnownWith: whatever is told, nothing is negative and the whole takes what it took; and a part that takes what is said already leaves all as it is.
func TestKnownWith(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		k := believed(t)
		u, nearOf := drawnUse(t, len(k.unit)), func(s share) plan.Near { return s.near }
		whole := k.whole()
		tell := func(by float64) known {
			return k.with(0, []share{{u, by * k.asks(u) / whole, 1e-3 * k.asks(u) / whole}}, nearOf)
		}
		if same := tell(1); math.Abs(same.asks(u)-k.asks(u)) > 1e-6*whole || !alikeBy(same.unit, k.unit, 1e-6*whole) || !alikeBy(same.away, k.away, 1e-6*whole) {
			t.Fatalf("%+v, was %+v: nothing new was told", same, k)
		}
		for _, by := range []float64{rapid.Float64Range(0.5, 2).Draw(t, "by")} {
			got := tell(by)
			for _, x := range slices.Concat(got.unit, got.near, got.away) {
				if !(x >= 0) {
					t.Fatalf("by %v: %+v", by, got)
				}
			}
			if math.Abs(got.whole()/whole-1) > 1e-9 {
				t.Fatalf("by %v the whole takes %g ms, took %g", by, got.whole(), whole)
			}
		}
	})
}

func alikeBy(a, b []float64, by float64) bool {
	return slices.EqualFunc(a, b, func(x, y float64) bool { return math.Abs(x-y) <= by })
}

// TestKnownWithParts: a part takes what was told of it, where its neighbours are near and where they are not; what was put to the
// wrong side of a border goes back over it, and not to units far away, nor from those that the profile has nothing of.
func TestKnownWithParts(t *testing.T) {
	k := newKnown(8)
	for i := range 8 {
		k.unit[i], k.most[i] = float64(4*(1-i%2)), math.Inf(1) // of 2 ms each
	}
	for i := range k.near {
		k.near[i], k.away[i] = 0.04, 0.04
	}
	first, last := use{span: span{0, 3}}, use{span: span{5, 8}}
	nearOf := func(s share) plan.Near { return s.near }
	got := k.with(0, []share{{first, 6.02 / 16, 1e-4}, {last, 6.02 / 16, 1e-4}}, nearOf)
	for _, c := range []struct {
		is   span
		want float64
		off  float64
	}{{first.span, 6.02, 0.03}, {last.span, 6.02, 0.03}, {span{0, 4}, 8.02, 0.8}, {span{0, 2}, 4.02, 0.8}, {span{3, 5}, 4.04, 0.8}} {
		if is := got.asks(use{span: c.is}); math.Abs(is-c.want) > c.off {
			t.Errorf("units %v take %.2f ms, want %.2f: %+v", c.is, is, c.want, got)
		}
	}
	met := first
	met.near.Back = true
	got = k.with(0, []share{{first, 8.5 / 16, 1e-4}, {met, 8.1 / 16, 1e-4}}, nearOf)
	if a, b := got.asks(first), got.asks(met); math.Abs(a-8.5) > 0.05 || math.Abs(b-8.1) > 0.05 {
		t.Errorf("alone %.2f ms, with its neighbour %.2f, want 8.5 and 8.1: %+v", a, b, got)
	}
	if nothing := newKnown(3); !alikeBy(nothing.with(0, []share{{first, 0.5, 0.1}}, nearOf).unit, nothing.unit, 0) {
		t.Error("of no time")
	}
}
