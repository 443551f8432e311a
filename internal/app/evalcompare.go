package app

import (
	"fmt"
	"io"
	"math"

	"github.com/jedib0t/go-pretty/v6/table"

	"braid/internal/accuracy"
)

// sameAP is the difference below which four decimals do not tell two figures
// apart.
const sameAP = 5e-5

// comparison is what a second plan makes of a model, beside the chosen one.
type comparison struct {
	Plan    string          `json:"plan"`
	AP      float64         `json:"mAP"`
	AP50    float64         `json:"AP50"`
	Drop    float64         `json:"drop"`    // of mAP; negative where the second plan is better
	Changed bool            `json:"changed"` // does the plan change AP or AP50, in total or of a class?
	MaxDrop float64         `json:"max_drop"`
	Classes []comparedClass `json:"classes"`

	first *evalReport
}

// comparedClass is a class under the second plan, and what it has more than under
// the first.
type comparedClass struct {
	ID       int64   `json:"id"`
	Name     string  `json:"name"`
	AP       float64 `json:"AP"`
	AP50     float64 `json:"AP50"`
	DiffAP   float64 `json:"diff_AP"`
	DiffAP50 float64 `json:"diff_AP50"`
}

func newComparison(first, second *evalReport, maxDrop float64) *comparison {
	c := &comparison{
		Plan: second.Plan, AP: second.AP, AP50: second.AP50,
		Drop: first.AP - second.AP, MaxDrop: maxDrop, first: first,
	}
	c.Changed = differ(first.AP, second.AP) || differ(first.AP50, second.AP50)
	for i, b := range second.Classes {
		a := first.Classes[i] // the same truth has the same classes
		c.Classes = append(c.Classes, comparedClass{b.ID, b.Name, b.AP, b.AP50, b.AP - a.AP, b.AP50 - a.AP50})
		c.Changed = c.Changed || differ(a.AP, b.AP) || differ(a.AP50, b.AP50)
	}
	return c
}

func differ(a, b float64) bool { return math.Abs(a-b) >= sameAP }

// check refuses a drop that is too large. One of exactly the limit is none,
// whatever its last bit.
func (c *comparison) check() error {
	if c.Drop <= c.MaxDrop+1e-9 {
		return nil
	}
	return fmt.Errorf("mAP drops by %.4f under plan %s, more than --max-drop %g", c.Drop, c.Plan, c.MaxDrop)
}

func (c *comparison) write(w io.Writer) {
	fmt.Fprintf(w, "plan %s, compared with plan %s:\n", c.first.Plan, c.Plan)
	t := newTable(w)
	t.AppendHeader(table.Row{"class", "AP", "AP compared", "change", "AP50", "AP50 compared", "change"})
	add := func(name string, ap, ap50, secondAP, secondAP50 float64) {
		t.AppendRow(table.Row{name, score(ap), score(secondAP), change(ap, secondAP), score(ap50), score(secondAP50), change(ap50, secondAP50)})
	}
	for i, b := range c.Classes {
		a := c.first.Classes[i]
		add(b.Name, a.AP, a.AP50, b.AP, b.AP50)
	}
	add("all", c.first.AP, c.first.AP50, c.AP, c.AP50)
	t.Render()
	switch {
	case !c.Changed:
		fmt.Fprintf(w, "plan %s changes no AP\n", c.Plan)
	case !differ(c.first.AP, c.AP):
		fmt.Fprintf(w, "plan %s leaves the mAP as it is and changes that of classes\n", c.Plan)
	default:
		fmt.Fprintf(w, "plan %s changes the mAP by %+.4f; --max-drop is %g\n", c.Plan, -c.Drop, c.MaxDrop)
	}
}

// change writes what b has more than a, "=" where that is nothing and "-" where
// the class has no boxes.
func change(a, b float64) string {
	switch {
	case a == accuracy.None || b == accuracy.None:
		return "-"
	case !differ(a, b):
		return "="
	}
	return fmt.Sprintf("%+.4f", b-a)
}
