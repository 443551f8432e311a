//go:build !race

package synth

// How many scenes tests draw.
const (
	manyScenes = 30
	fewScenes  = 12
)
