package bench

import "time"

// Tolerance is by how much a scaling check may be slower than the run's best
// before its sample is rejected.
const Tolerance = 0.05

// MemoryTolerance is that of Check.Memory: memory's speed varies more where nothing is
// wrong.
const MemoryTolerance = 0.15

// Check is how long the calibration loops took: one that needs no memory on one core, and
// on all cores at once, and one that reads more memory than fits near a core, on all at
// once. They are always the same work: a machine that does something else besides, or
// whose clock has dropped, takes longer; so does a virtual one whose neighbours need the
// caches and the memory that it shares with them.
type Check struct {
	One    time.Duration `json:"one_ns"`
	All    time.Duration `json:"all_ns"`
	Memory time.Duration `json:"memory_ns"`
}

// Worse is the longer of each, by itself: a sample lies between two checks.
func (c Check) Worse(other Check) Check {
	return Check{max(c.One, other.One), max(c.All, other.All), max(c.Memory, other.Memory)}
}

// best is the shortest of all checks.
func best(checks []Check) Check {
	b := checks[0]
	for _, c := range checks {
		b = Check{min(b.One, c.One), min(b.All, c.All), min(b.Memory, c.Memory)}
	}
	return b
}

// Disturbed says of each check whether it is slower than the best of all by more
// than the tolerances. A best that comes late judges those before it too.
func Disturbed(checks []Check) []bool {
	out := make([]bool, len(checks))
	if len(checks) == 0 {
		return out
	}
	b := best(checks)
	slow := func(took, least time.Duration, tolerance float64) bool {
		return float64(took) > float64(least)*(1+tolerance)
	}
	for i, c := range checks {
		out[i] = slow(c.One, b.One, Tolerance) || slow(c.All, b.All, Tolerance) || slow(c.Memory, b.Memory, MemoryTolerance)
	}
	return out
}

// Scaling is how much of its speed a core keeps when all work, 0 to 1: what the
// limit, which counts every core in full, cannot know.
func Scaling(checks []Check) float64 {
	if len(checks) == 0 {
		return 0
	}
	b := best(checks)
	if b.All == 0 {
		return 0
	}
	return min(1, float64(b.One)/float64(b.All))
}
