package network_test

import "testing"

// TestQuantized: only a network with Q/DQ can be run in int8.
func TestQuantized(t *testing.T) {
	for _, plain := range []bool{true, false} {
		q := newQuantNet(plain)
		q.detector(func(int) int { return 0 })
		if got := parse(t, q.bytes(t)).Quantized(); got == plain {
			t.Errorf("plain %v: quantized %v", plain, got)
		}
	}
}
