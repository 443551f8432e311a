package app

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"braid/internal/bench"
)

// checkSteps is the work of the calibration loop: about 10 ms of a core.
const checkSteps = 6 << 20

// checkWords is what each core reads of memory, 8 MiB, and checkReads how often: about
// 10 ms too. That is about what a small network's weights and tensors are, which a
// core's own caches do not hold.
const (
	checkWords = 1 << 20
	checkReads = 12
)

// checkTries is how often each of the times is taken; the shortest counts, as
// what a row leaves behind (threads that still spin, the collector) is soon over.
const checkTries = 3

// scalingCheck has the calibration loops' memory, by core.
type scalingCheck [][]uint64

func newScalingCheck() scalingCheck {
	c := make(scalingCheck, runtime.GOMAXPROCS(0))
	for i := range c {
		c[i] = make([]uint64, checkWords)
		for k := range c[i] {
			c[i][k] = uint64(k)
		}
	}
	return c
}

// check times the loop without memory on one core and on all at once, and that with
// memory on all.
func (c scalingCheck) check() bench.Check {
	count := func(core int) uint64 { return xorshift(uint64(core)+1, checkSteps) }
	read := func(core int) uint64 { return sumOf(c[core], checkReads) }
	return bench.Check{One: shortest(1, count), All: shortest(len(c), count), Memory: shortest(len(c), read)}
}

func shortest(cores int, loop func(core int) uint64) time.Duration {
	least := time.Duration(0)
	for range checkTries {
		if took := calibrate(cores, loop); least == 0 || took < least {
			least = took
		}
	}
	return least
}

// calibrate runs a loop on so many cores and waits for the last.
func calibrate(cores int, loop func(core int) uint64) time.Duration {
	start := time.Now()
	var group sync.WaitGroup
	for i := range cores {
		group.Go(func() { sumOfChecks.Add(loop(i)) })
	}
	group.Wait()
	return time.Since(start)
}

// sumOf adds words up, so many times.
func sumOf(words []uint64, times int) (sum uint64) {
	for range times {
		for _, w := range words {
			sum += w
		}
	}
	return sum
}

// sumOfChecks keeps the compiler from leaving the loop out.
var sumOfChecks atomic.Uint64

// xorshift is n steps of Marsaglia's generator (Xorshift RNGs, Journal of
// Statistical Software 8, 2003): each step needs the one before, none needs memory.
func xorshift(x uint64, n int) uint64 {
	for range n {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
	}
	return x
}
