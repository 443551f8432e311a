package detect

import "slices"

// maxCandidates is how many candidates of a frame go into suppression. It
// bounds that step's time, and the memory, whatever the network says.
const maxCandidates = 1000

// candidate is a class that a row may have.
type candidate struct {
	score float32
	class int32
	row   int32
	seq   int32 // place in the order of offers
}

// best keeps the candidates with the highest scores; of equal ones those that
// were offered first. While it is full, list is a heap with the worst at its
// root.
type best struct {
	list []candidate
	seq  int32
}

func (b *best) reset() {
	if b.list == nil {
		b.list = make([]candidate, 0, maxCandidates)
	}
	b.list, b.seq = b.list[:0], 0
}

// add offers a candidate. A score that is not finite is none.
func (b *best) add(score float32, class, row int) {
	if score-score != 0 {
		return
	}
	c := candidate{score, int32(class), int32(row), b.seq}
	b.seq++
	if len(b.list) < maxCandidates {
		b.list = append(b.list, c)
		if len(b.list) == maxCandidates {
			for i := maxCandidates/2 - 1; i >= 0; i-- {
				b.down(i)
			}
		}
		return
	}
	if score > b.list[0].score { // an equal one came later and loses
		b.list[0] = c
		b.down(0)
	}
}

// down restores the heap below i.
func (b *best) down(i int) {
	for {
		kid := 2*i + 1
		if kid >= len(b.list) {
			return
		}
		if kid+1 < len(b.list) && worse(b.list[kid+1], b.list[kid]) {
			kid++
		}
		if !worse(b.list[kid], b.list[i]) {
			return
		}
		b.list[i], b.list[kid] = b.list[kid], b.list[i]
		i = kid
	}
}

func worse(a, b candidate) bool {
	return a.score < b.score || a.score == b.score && a.seq > b.seq
}

// sort puts the best first; of equal scores the lower class, then the earlier.
func (b *best) sort() {
	slices.SortFunc(b.list, func(x, y candidate) int {
		switch {
		case x.score != y.score:
			if x.score > y.score {
				return -1
			}
			return 1
		case x.class != y.class:
			return int(x.class - y.class)
		}
		return int(x.seq - y.seq)
	})
}
