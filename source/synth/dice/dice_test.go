package dice

import (
	"math"
	"testing"
)

// The sequence is what scene: URLs promise: these numbers may never change.
func TestSequenceIsFixed(t *testing.T) {
	d := New(7, 1)
	for i, want := range []uint64{0x34b48a7101fc4d26, 0xe76097a7c7758064, 0xcec0656644a095c4} {
		if got := d.Uint64(); got != want {
			t.Errorf("number %d of seed 7 is %#x, want %#x", i, got, want)
		}
	}
}

func TestStreamsDiffer(t *testing.T) {
	if New(7, 1).Uint64() == New(7, 2).Uint64() || New(7, 1).Uint64() == New(8, 1).Uint64() {
		t.Error("another seed or stream gives the same number")
	}
}

func TestDistributions(t *testing.T) {
	d := New(1, 1)
	const n = 200_000
	var sum, norm, square float64
	var picks [3]int
	for range n {
		x := d.Range(2, 4)
		if x < 2 || x >= 4 {
			t.Fatalf("Range(2, 4) gave %v", x)
		}
		sum += x
		z := d.Norm()
		norm, square = norm+z, square+z*z
		picks[d.Pick(1, 0, 3)]++
	}
	for _, c := range []struct {
		what      string
		got, want float64
	}{
		{"mean of Range(2, 4)", sum / n, 3},
		{"mean of Norm", norm / n, 0},
		{"variance of Norm", square / n, 1},
		{"share of the first of Pick(1, 0, 3)", float64(picks[0]) / n, 0.25},
		{"share of the second", float64(picks[1]) / n, 0},
	} {
		if math.Abs(c.got-c.want) > 0.02 {
			t.Errorf("%s is %.3f, want %.3f", c.what, c.got, c.want)
		}
	}
}
