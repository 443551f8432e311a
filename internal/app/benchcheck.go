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

// checkTries is how often each of its two times is taken; the shortest counts, as
// what a row leaves behind (threads that still spin, the collector) is soon over.
const checkTries = 3

// checkScaling times the calibration loop on one core and on all at once.
func checkScaling() bench.Check {
	return bench.Check{One: shortest(1), All: shortest(runtime.GOMAXPROCS(0))}
}

func shortest(cores int) time.Duration {
	least := time.Duration(0)
	for range checkTries {
		if took := calibrate(cores); least == 0 || took < least {
			least = took
		}
	}
	return least
}

// calibrate runs the loop on so many cores and waits for the last.
func calibrate(cores int) time.Duration {
	start := time.Now()
	var group sync.WaitGroup
	for i := range cores {
		group.Go(func() { sumOfChecks.Add(xorshift(uint64(i)+1, checkSteps)) })
	}
	group.Wait()
	return time.Since(start)
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
