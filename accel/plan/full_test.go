package plan_test

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"braid/accel/plan"
)

func TestWorkOf(t *testing.T) {
	units := []plan.Unit{
		{MS: 2, FullMS: 1.5, CutMS: 0.4, FullCutMS: 0.2, FullAwayMS: 0.3},
		{MS: 3, FullMS: 1, CutMS: -1},
		{MS: 0, FullMS: 0, CutMS: 0.2, FullCutMS: 0.5},
		{MS: 1, FullMS: 0.5, CutMS: 9, FullCutMS: 9}, // nobody cuts behind the end
	}
	both := plan.Near{Front: true, Back: true}
	partly := append([]plan.Unit{{MS: 1}}, units...)
	for _, c := range []struct {
		name  string
		units []plan.Unit
		i, j  int
		near  plan.Near
		want  plan.Work
	}{
		{"the whole", units, 0, 4, both, plan.Work{Alone: 6, Full: 3}},
		{"one", units, 0, 1, both, plan.Work{Alone: 2.2, Full: 1.6}},
		{"between two cuts, of which one costs nothing", units, 1, 2, both, plan.Work{Alone: 3.2, Full: 1.1}},
		{"the end", units, 2, 4, both, plan.Work{Alone: 1, Full: 0.5}},
		{"the end behind a cut", units, 3, 4, both, plan.Work{Alone: 1.1, Full: 0.75}},
		{"that asks for nothing", units, 2, 3, both, plan.Work{Alone: 0.1, Full: 0.25}},
		{"that asks for nothing, with free cuts", []plan.Unit{{MS: 1, FullMS: 1}, {}, {MS: 1, FullMS: 1}}, 1, 2, both, plan.Work{Full: 1e-6}},
		{"not measured of all", partly, 1, 5, both, plan.Work{Alone: 6}},
		{"one, the next elsewhere", units, 0, 1, plan.Near{}, plan.Work{Alone: 2.2, Full: 1.8}},
		{"between two, of which one is elsewhere", units, 1, 2, plan.Near{Back: true}, plan.Work{Alone: 3.2, Full: 1.3}},
	} {
		if got := plan.WorkOf(c.units, c.i, c.j, c.near); math.Abs(got.Alone-c.want.Alone) > 1e-12 || math.Abs(got.Full-c.want.Full) > 1e-12 {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
}

func TestFullness(t *testing.T) {
	for _, c := range []struct{ gain, most, want float64 }{
		{1, 2, 0}, {2, 2, 1}, {1, 1, 0}, {4.0 / 3, 2, 0.5}, {1.25, 5, 0.25},
	} {
		if got := plan.Fullness(c.gain, c.most); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("%g of %g: %g, want %g", c.gain, c.most, got, c.want)
		}
	}
}

// TestWorkAddsUp: with any number of streams, parts that gain more and less than the whole ask together for what the
// whole does, and each for no less than a fair part of what it takes alone.
func TestWorkAddsUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		most := rapid.Float64Range(1.05, 8).Draw(t, "most")
		gain := rapid.Float64Range(1, most).Draw(t, "gain")
		n := int(math.Ceil(most)) // enough streams for no part to be bound by them
		var whole, parts float64
		for range rapid.IntRange(1, 6).Draw(t, "parts") {
			alone := rapid.Float64Range(0.1, 10).Draw(t, "ms")
			w := plan.Work{Alone: alone, Full: alone / most}
			if most > 2 { // two parts, of which one gains all that they can and the other as much less
				w.Full = alone / float64(n)
				other := plan.Work{Alone: alone, Full: 2*alone/most - w.Full}
				parts += other.At(n, gain, plan.Fullness(gain, most))
				whole += alone / gain
			}
			got := w.At(n, gain, plan.Fullness(gain, most))
			if got < alone/float64(n)*(1-1e-12) || got > alone*(1+1e-12) {
				t.Errorf("%+v asks for %g with %d at work", w, got, n)
			}
			parts += got
			whole += alone / gain
		}
		if math.Abs(parts-whole) > 1e-9*whole {
			t.Errorf("the parts ask for %g, the whole for %g", parts, whole)
		}
	})
}
