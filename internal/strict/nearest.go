package strict

import (
	"fmt"
	"slices"
	"strings"
)

// Nearest is the known word that is most like a word, by edit distance; "" where
// none is like it.
func Nearest(word string, known []string) string {
	if len(word) > 64 {
		return ""
	}
	best, least := "", len(word)/3+2
	for _, k := range known {
		if d := distance(strings.ToLower(word), strings.ToLower(k)); d < least {
			best, least = k, d
		}
	}
	return best
}

// Suggest is the end of a message about an unknown word: the nearest known one,
// or else all of them where they are few.
func Suggest(word string, known []string) string {
	if k := Nearest(word, known); k != "" {
		return fmt.Sprintf(", did you mean %q?", k)
	}
	if len(known) == 0 || len(known) > 12 {
		return ""
	}
	return ", known: " + strings.Join(known, ", ")
}

// OneOf says what is wrong with a text that must be one of several; an
// enumeration's UnmarshalText calls it.
func OneOf(text []byte, known []string) error {
	if slices.Contains(known, string(text)) {
		return nil
	}
	if k := Nearest(string(text), known); k != "" {
		return fmt.Errorf("unknown value %s, did you mean %q?", clip(string(text)), k)
	}
	return fmt.Errorf("unknown value %s, want %s", clip(string(text)), alternatives(known))
}

func alternatives(known []string) string {
	if len(known) < 2 {
		return strings.Join(known, "")
	}
	last := len(known) - 1
	return strings.Join(known[:last], ", ") + " or " + known[last]
}

// distance is the Damerau-Levenshtein distance with adjacent swaps (optimal
// string alignment): letters added, left out, replaced or swapped.
func distance(a, b string) int {
	before, prev, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := range len(a) {
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			d := min(prev[j+1]+1, row[j]+1, prev[j]+cost)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				d = min(d, before[j-1]+1)
			}
			row[j+1] = d
		}
		before, prev, row = prev, row, before
	}
	return prev[len(b)]
}
