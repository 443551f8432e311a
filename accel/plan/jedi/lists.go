package jedi

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"braid/internal/strict"
)

// conversion is the making of one plan.
type conversion struct {
	reader
	in     *Instance
	stages int
	rows   []Row
}

// has says whether the file sets a knob.
func (c *conversion) has(knob string) bool {
	_, ok := c.in.texts[knob]
	return ok
}

func (c *conversion) bad(knob, format string, args ...any) {
	line := c.in.line
	if s, ok := c.in.texts[knob]; ok {
		line = s.line
	}
	c.failf(line, c.in.path(knob), format, args...)
}

// report adds what became of a knob.
func (c *conversion) report(knob, becomes, note string) {
	s := c.in.texts[knob]
	c.rows = append(c.rows, Row{knob, s.value.text, s.line, becomes, note})
}

// required is a knob without which JEDI computes with whatever its memory held.
func (c *conversion) required(knob, example string) bool {
	if c.has(knob) {
		return true
	}
	c.bad(knob, "is missing, and JEDI has no default for it: write %s = \"%s\"", knob, example)
	return false
}

// whole is a knob that is one whole number from least to most.
func (c *conversion) whole(knob, example string, least, most int) int {
	if !c.required(knob, example) {
		return least
	}
	text := strings.TrimSpace(c.in.texts[knob].value.text)
	n, err := strconv.Atoi(text)
	if err != nil || n < least || n > most {
		c.bad(knob, "%.40q: want a whole number, %d to %d", text, least, most)
		return least
	}
	return n
}

// entries are the parts of a list: one text with commas, of which one may be the
// last character.
func (c *conversion) entries(knob string) []string {
	text := strings.TrimSpace(c.in.texts[knob].value.text)
	text = strings.TrimSuffix(text, ",")
	if text == "" {
		return nil
	}
	parts := strings.Split(text, ",")
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	return parts
}

// perStage is a list with an entry for each stage. What is too short is an error,
// where pad is "", for JEDI would read past the list's end; else pad fills it up.
// The note says what was padded and what is left over.
func (c *conversion) perStage(knob, pad string) (list []string, note string) {
	list = c.entries(knob)
	switch n := len(list); {
	case n > c.stages:
		note = fmt.Sprintf("JEDI does not use what follows entry %d: %s", c.stages, strings.Join(list[c.stages:], ", "))
		list = list[:c.stages]
	case n < c.stages && pad == "":
		c.bad(knob, "has entries for %d of %d stages, past whose end JEDI reads: write one for each", n, c.stages)
		return nil, ""
	case n < c.stages:
		note = fmt.Sprintf("JEDI takes %s for what is missing", pad)
		list = append(list, slices.Repeat([]string{pad}, c.stages-n)...)
	}
	return list, note
}

// numbers are the entries as whole numbers from least to most; of one that is none
// it gives least.
func (c *conversion) numbers(knob string, entries []string, least, most int) []int {
	out := make([]int, len(entries))
	for i, e := range entries {
		n, err := strconv.Atoi(e)
		if err != nil || n < least || n > most {
			c.bad(knob, "entry %d is %.40q: want a whole number, %d to %d", i+1, e, least, most)
			n = least
		}
		out[i] = n
	}
	return out
}

// oneOf refuses an entry that is none of the words.
func (c *conversion) oneOf(knob, entry string, words ...string) {
	if err := strict.OneOf([]byte(entry), words); err != nil {
		c.bad(knob, "%v", err)
	}
}
