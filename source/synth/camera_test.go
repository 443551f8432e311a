package synth

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"
)

func TestShiftStopsAtTheEnds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		row := rapid.SliceOfN(rapid.Byte(), 0, 40).Draw(t, "row")
		values := rapid.SliceOfN(rapid.IntRange(-127, 127), len(row), len(row)).Draw(t, "values")
		more, less, want := make([]byte, len(row)), make([]byte, len(row)), make([]byte, len(row))
		for i, v := range values {
			more[i], less[i] = byte(max(0, v)), byte(max(0, -v))
			want[i] = byte(max(0, min(255, int(row[i])+v)))
		}
		got := bytes.Clone(row)
		shift(got, more, less)
		if !bytes.Equal(got, want) {
			t.Fatalf("%v with %v is %v, want %v", row, values, got, want)
		}
	})
}
