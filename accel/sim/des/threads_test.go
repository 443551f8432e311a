package des

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// sharing is a processor with frames of so many cores at work.
func sharing(cores int, shares ...int) *processor {
	p := NewProcessors([]Device{{Name: "cpu", Capacity: float64(cores)}})
	for i, n := range shares {
		p.Start(0, 0, i, 10*ms, float64(n), 0)
	}
	return &p.list[0]
}

// TestThreadsThatWait is worked out by hand.
func TestThreadsThatWait(t *testing.T) {
	for _, c := range []struct {
		name         string
		cores        int
		shares       []int
		one, several float64
	}{
		{"two threads beside decoding", 2, []int{2, 1}, 1. / 2, 1. / 2},
		{"each core has another frame", 2, []int{2, 1, 1}, 1. / 2, 1. / 2},
		{"one core has two others", 2, []int{2, 1, 1, 1}, 4. / 9, 1. / 3},
		{"cores left for the others", 4, []int{2, 1, 1}, 1, 1},
		{"one other too many", 4, []int{2, 1, 1, 1}, 2.5 / 3, 1. / 2},
		{"one core left, two others", 4, []int{3, 1, 1}, 3. / 4, 1. / 2},
		{"four threads beside decoding", 4, []int{4, 1}, 1. / 2, 1. / 2},
		{"two frames of two threads: one works while the other waits", 2, []int{2, 2, 1}, 2. / 5, 2. / 5},
		{"more threads than cores, alone", 2, []int{3}, 1, 1},
		{"frames of one core", 2, []int{1, 1, 1}, 2. / 3, 2. / 3},
	} {
		one, several := sharing(c.cores, c.shares...).speeds()
		if math.Abs(one-c.one) > 1e-12 || math.Abs(several-c.several) > 1e-12 {
			t.Errorf("%s: speeds %g and %g, want %g and %g", c.name, one, several, c.one, c.several)
		}
	}
}

// TestSpeeds: whatever is at work, no more cores are used than there are, nothing is faster than
// alone, and a frame whose threads wait is the slowest.
func TestSpeeds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cores := rapid.IntRange(1, 16).Draw(t, "cores")
		shares := []int{rapid.IntRange(1, cores).Draw(t, "threads")}
		for range rapid.IntRange(0, 40).Draw(t, "others") {
			shares = append(shares, 1)
		}
		d := sharing(cores, shares...)
		one, several := d.speeds()
		used := one*d.classes[0].shares + several*d.classes[1].shares
		if used > float64(cores)+1e-9 || one > 1+1e-12 || several > one+1e-12 || several <= 0 {
			t.Errorf("speeds %g and %g use %g of %d cores", one, several, used, cores)
		}
	})
}
