//go:build race

package traffic

// Fewer than without the race detector, which makes them eight times slower.
const (
	manySeeds = 16
	fewSeeds  = 8
)
