//go:build !race

package traffic

// How many streets the tests go through.
const (
	manySeeds = 200
	fewSeeds  = 40
)
