package network

import (
	"cmp"
	"slices"
)

// nearest lists the n candidates with the fewest edits from name, of equal ones
// the first.
func nearest(name string, candidates []string, n int) []string {
	type scored struct {
		name string
		d    int
	}
	all := make([]scored, len(candidates))
	for i, c := range candidates {
		all[i] = scored{c, edits(name, c)}
	}
	slices.SortStableFunc(all, func(a, b scored) int { return cmp.Compare(a.d, b.d) })
	var out []string
	for _, s := range all[:min(n, len(all))] {
		out = append(out, s.name)
	}
	return out
}

// edits is the Levenshtein distance in bytes.
func edits(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			swap := diagonal
			if a[i] != b[j] {
				swap++
			}
			diagonal = row[j+1]
			row[j+1] = min(swap, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}
