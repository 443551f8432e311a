package traffic

import (
	"math"
	"testing"
	"time"

	"braid/source/synth/street"
)

// crowded returns the first street with so many bodies.
func crowded(n int) *Traffic {
	for seed := uint64(0); ; seed++ {
		if tr := populate(street.New(seed, 1280, 720), fake); len(tr.bodies) >= n {
			return tr
		}
	}
}

// Moving on allocates nothing while nobody enters.
func TestAdvanceAllocatesNothing(t *testing.T) {
	tr := crowded(60)
	tr.crowd = 0
	for _, l := range tr.lanes {
		l.next, l.nextCycle = math.MaxInt, math.MaxInt
	}
	at := time.Duration(0)
	if n := testing.AllocsPerRun(250, func() { at += 40 * time.Millisecond; tr.Advance(at) }); n > 0 {
		t.Errorf("%.1f allocations for 40 ms, want none", n)
	}
}

func BenchmarkAdvance(b *testing.B) {
	tr := crowded(60)
	at := time.Duration(0)
	for b.Loop() {
		at += 40 * time.Millisecond
		tr.Advance(at)
	}
	b.ReportMetric(float64(len(tr.bodies)), "bodies")
}

func BenchmarkNew(b *testing.B) {
	s := street.New(7, 1280, 720)
	for b.Loop() {
		populate(s, fake)
	}
}
