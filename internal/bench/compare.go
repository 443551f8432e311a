package bench

import (
	"cmp"
	"fmt"
	"strings"
)

// Verdicts is a report held against an earlier one.
type Verdicts struct {
	Base     string    `json:"base"`      // the file
	FailOver float64   `json:"fail_over"` // as a part of the base's rate
	Notes    []string  `json:"notes,omitempty"`
	Rows     []Verdict `json:"rows"`
	OK       bool      `json:"ok"`
}

// Verdict is one row beside the base's row of the same name.
type Verdict struct {
	Name   string  `json:"name"`
	Base   float64 `json:"base_fps"`
	Now    float64 `json:"fps"`
	Change float64 `json:"change"` // now / base - 1
	Apart  bool    `json:"apart"`  // do the intervals have nothing in common?
	Slower bool    `json:"slower"` // beyond what is allowed, and apart
}

// Against compares the report's rows with base's, by name, and those of one name in
// their order. A row is slower where it
// lost more than failOver of its rate and the two intervals do not overlap: one
// alone may be chance, or too little to care for.
func (r Report) Against(base Report, file string, failOver float64) *Verdicts {
	v := &Verdicts{Base: file, FailOver: failOver, Rows: []Verdict{}, OK: true}
	v.compareWhole(r, base)
	taken := map[string]int{}
	for _, now := range r.Rows {
		i := nth(base.Rows, now.Name, taken[now.Name])
		taken[now.Name]++
		if i < 0 {
			v.notef("row %s is not in %s", now.Name, file)
			continue
		}
		if now.Disturbed || base.Rows[i].Disturbed {
			v.notef("row %s was measured on a disturbed machine, now or then", now.Name)
		}
		one := compareRows(base.Rows[i], now, failOver)
		v.Rows = append(v.Rows, one)
		v.OK = v.OK && !one.Slower
	}
	seen := map[string]int{}
	for _, b := range base.Rows {
		if seen[b.Name]++; seen[b.Name] > taken[b.Name] {
			v.notef("row %s of %s was not measured", b.Name, file)
		}
	}
	return v
}

// Incomparable is why no figure of the report can be held against its like in base, "" where one can: neither
// says anything of the other then, also not that all is well. Of the rows it looks at the names. A base that names no
// model is taken for the same one.
func (r Report) Incomparable(base Report) string {
	if base.Model != "" && r.Model != base.Model {
		return fmt.Sprintf("it is of model %s, and this report of %s: measure a base of this model", base.Model, cmp.Or(r.Model, "one without a card"))
	}
	for _, now := range r.Rows {
		if nth(base.Rows, now.Name, 0) >= 0 {
			return ""
		}
	}
	return fmt.Sprintf("it has no row of this report (%s), but %s: measure a base of the same rows", names(r.Rows), names(base.Rows))
}

func names(rows []Row) string {
	all := make([]string, len(rows))
	for i, r := range rows {
		all[i] = r.Name
	}
	return cmp.Or(strings.Join(all, ", "), "none")
}

// nth is the index of the n-th row of a name, from 0; -1 where there are fewer.
func nth(rows []Row, name string, n int) int {
	for i, r := range rows {
		if r.Name != name {
			continue
		}
		if n == 0 {
			return i
		}
		n--
	}
	return -1
}

// compareWhole notes what makes figures differ that no row is to blame for.
func (v *Verdicts) compareWhole(now, base Report) {
	for _, c := range []struct{ what, now, base string }{
		{"machine", now.Hardware, base.Hardware},
		{"model", now.Model, base.Model},
		{"input", inputs(now), inputs(base)},
	} {
		if c.now != c.base {
			v.notef("another %s: %s, and %s in %s", c.what, c.now, c.base, v.Base)
		}
	}
}

func inputs(r Report) string {
	if len(r.Inputs) == 0 {
		return "frames in memory"
	}
	return fmt.Sprintf("%s on %d cameras", strings.Join(r.Inputs, ", "), r.Cameras)
}

func (v *Verdicts) notef(format string, args ...any) {
	v.Notes = append(v.Notes, fmt.Sprintf(format, args...))
}

func compareRows(base, now Row, failOver float64) Verdict {
	v := Verdict{Name: now.Name, Base: base.FPS, Now: now.FPS, Change: ratio(now.FPS, base.FPS) - 1}
	baseLo, baseHi := base.interval()
	lo, hi := now.interval()
	v.Apart = hi < baseLo || lo > baseHi
	v.Slower = v.Apart && v.Change < -failOver
	return v
}

// interval of the row's rate; files of before it was written have its half width.
func (r Row) interval() (lo, hi float64) {
	if r.Lo == 0 && r.Hi == 0 {
		return r.FPS - r.CI, r.FPS + r.CI
	}
	return r.Lo, r.Hi
}

// Slower are the names of the rows that are.
func (v *Verdicts) Slower() (names []string) {
	for _, r := range v.Rows {
		if r.Slower {
			names = append(names, fmt.Sprintf("%s by %.1f %%", r.Name, -100*r.Change))
		}
	}
	return names
}
