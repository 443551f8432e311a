package plan_test

import (
	"math"
	"testing"

	"braid/accel/plan"
)

func TestCopyMS(t *testing.T) {
	one := []plan.Transfer{{Bytes: 1000, MS: 0.1}}
	two := []plan.Transfer{{Bytes: 1000, MS: 0.02}, {Bytes: 3000, MS: 0.04}}
	three := append(two, plan.Transfer{Bytes: 5000, MS: 0.1})
	for _, c := range []struct {
		name    string
		line    []plan.Transfer
		bytes   int64
		tensors int
		want    float64
	}{
		{"in proportion", one, 500, 1, 0.05},
		{"in proportion, which tells no start", one, 500, 3, 0.05},
		{"between two sizes", two, 2000, 1, 0.03},
		{"not said how many", two, 2000, 0, 0.03},
		{"of three tensors", two, 2000, 3, 0.03 + 2*0.01},
		{"beyond the last, of two", three, 6000, 2, 0.13 + 0.01},
		{"next to nothing", two, 1, 1, 0.01001},
		{"the start is not below nothing", []plan.Transfer{{Bytes: 1000, MS: 0.01}, {Bytes: 2000, MS: 0.04}}, 2000, 4, 0.04},
		{"one size twice", []plan.Transfer{{Bytes: 1000, MS: 0.01}, {Bytes: 1000, MS: 0.02}}, 1000, 3, 0.02},
	} {
		if got := plan.CopyMS(c.line, c.bytes, c.tensors); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("%s: %g ms, want %g", c.name, got, c.want)
		}
	}
}
