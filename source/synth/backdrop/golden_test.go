//go:build amd64 && !amd64.v3

package backdrop

import "testing"

// Elsewhere products are fused with sums and colours may differ by rounding.
func TestPictureIsTheSame(t *testing.T) {
	const want = "dc9a635a518cce92"
	if got, _ := sums(paint(planned())); got != want {
		t.Errorf("digest of the picture %s, want %s: if that is meant, write it here", got, want)
	}
}
