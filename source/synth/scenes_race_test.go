//go:build race

package synth

// Fewer than without the race detector, which makes them eight times slower.
const (
	manyScenes = 6
	fewScenes  = 3
)
