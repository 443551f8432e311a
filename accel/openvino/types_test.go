package openvino

import (
	"maps"
	"testing"

	"braid/accel"
)

// What eight elements of each type take, as the libraries say: in 2024.6 the first two
// numbers are no types, in 2025.4 and 2026.4 one is not. 2024.0 has no u2, u3 and u6.
var (
	of2024_0 = []int{0, 0, 8, 16, 16, 32, 64, 4, 8, 16, 32, 64, 1, 4, 8, 16, 32, 64, 4, 8, 8}
	of2024_6 = []int{0, 0, 8, 16, 16, 32, 64, 4, 8, 16, 32, 64, 1, 2, 3, 4, 6, 8, 16, 32, 64, 4, 8, 8, 64, 4, 8}
	of2026_4 = []int{0, 8, 16, 16, 32, 64, 4, 8, 16, 32, 64, 1, 2, 3, 4, 6, 8, 16, 32, 64, 4, 8, 8, 256, 4, 8}
)

func TestFindTypes(t *testing.T) {
	old := types{
		accel.Bool: 2, accel.Float16: 4, accel.Float32: 5, accel.Float64: 6, accel.Int8: 8, accel.Int32: 10, accel.Int64: 11, accel.Uint8: 14,
	}
	middle := maps.Clone(old)
	middle[accel.Uint8] = 17
	young := types{}
	for d, n := range middle {
		young[d] = n - 1
	}
	for _, c := range []struct {
		name  string
		bytes []int
		want  types
	}{
		{"2024.0", of2024_0, old},
		{"2024.6", of2024_6, middle},
		{"2026.4", of2026_4, young},
		{"no types", nil, nil},
		{"another order", []int{0, 16, 8, 16, 32, 64, 4, 8, 16, 32, 64, 1, 8}, nil},
		{"cut short", of2024_6[:14], nil},
		{"no u8", []int{8, 16, 16, 32, 64, 4, 8, 16, 32, 64, 1, 2, 16}, nil},
	} {
		got, err := findTypes(func(number int) int {
			if number < len(c.bytes) {
				return c.bytes[number]
			}
			return 0
		})
		if !maps.Equal(got, c.want) || (err == nil) != (c.want != nil) {
			t.Errorf("%s: %v, %v, want %v", c.name, got, err, c.want)
		}
		for d, n := range got {
			if got.typed(n) != d {
				t.Errorf("%s: number %d is %v, want %v", c.name, n, got.typed(n), d)
			}
		}
	}
	if d := young.typed(99); d != 0 {
		t.Errorf("an unknown number is %v", d)
	}
}
