//go:build e2e && race

package app

// fewAllocations is how many a frame may cost: under the race detector sync.Pool throws
// away a part of what it is given, at random.
const fewAllocations = 1
