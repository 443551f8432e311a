//go:build !nogst

package gst

// #include <malloc.h>
import "C"

// returnMemory has the C library give back to the system what is free in its heaps.
// Every pipeline has threads of its own, and they share up to eight heaps for each core;
// the pictures of a pipeline that has gone leave pages free in the middle of several of
// them, which the C library keeps by itself: some hundred megabytes of 1080p. The other
// way, a mapping of its own for every picture (M_MMAP_THRESHOLD), costs a decoder that
// runs about a fifth more CPU time. docs/results.md has the figures.
func returnMemory() { C.malloc_trim(0) }
