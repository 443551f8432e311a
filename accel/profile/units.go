package profile

// units is the network between chosen cut points.
type units struct {
	borders []Cut     // n-1 of them, in order
	guess   []float64 // of each unit, as a share of the whole
}

// n is how many units there are.
func (u units) n() int { return len(u.guess) }

// span is a stretch of units, [first, end).
type span struct{ first, end int }

// chooseUnits divides the network into at most n units: the costs are divided into
// n equal parts, and around each border between two parts, half a part to both
// sides, the cut with the fewest bytes is taken. Where a single node fills a part
// there are fewer units.
func chooseUnits(net Network, n int) units {
	sums := net.guess()
	all := sums[len(sums)-1]
	var u units
	next := 0 // cut to look at
	for part := 1; part < n && all > 0; part++ {
		from, to := (float64(part)-0.5)/float64(n), (float64(part)+0.5)/float64(n)
		best := -1
		for ; next < len(net.Cuts); next++ {
			share := sums[net.Cuts[next].Index] / all
			if share >= to {
				break
			}
			if share >= from && (best < 0 || net.Cuts[next].Bytes < net.Cuts[best].Bytes) {
				best = next
			}
		}
		if best >= 0 {
			u.borders = append(u.borders, net.Cuts[best])
		}
	}
	last := 0.0
	for _, b := range u.borders {
		u.guess = append(u.guess, sums[b.Index]/all-last)
		last = sums[b.Index] / all
	}
	u.guess = append(u.guess, 1-last)
	return u
}

// balanced are up to k borders inside s, given by the unit behind each, that
// divide its guessed time into k+1 parts as nearly equal as they go.
func (u units) balanced(s span, k int) (at []int) {
	total := 0.0
	for i := s.first; i < s.end; i++ {
		total += u.guess[i]
	}
	sum, part := 0.0, 1
	for i := s.first; i+1 < s.end && part <= k; i++ {
		sum += u.guess[i]
		want := total * float64(part) / float64(k+1)
		if sum+u.guess[i+1]/2 < want && s.end-1-(i+1) > k-part {
			continue // the next border is nearer
		}
		at = append(at, i+1)
		for part++; part <= k && total*float64(part)/float64(k+1) <= sum; part++ {
		}
	}
	return at
}
