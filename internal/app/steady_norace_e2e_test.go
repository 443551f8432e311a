//go:build e2e && !race

package app

// fewAllocations is how many a frame may cost.
const fewAllocations = 0.05
