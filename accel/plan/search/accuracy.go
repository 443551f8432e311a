package search

import (
	"fmt"
	"slices"

	"braid/accel/plan"
)

// tooLossy says why a series must not run: what its precision loses is known to be more
// than the goal lets it. A precision that the goal names is allowed whatever it loses, and
// one whose loss nobody measured counts as harmless: with 16 bits detectors lose less than
// a mAP shows, and what loses more is a network of its own, with its ranges in the file.
func (g *Goal) tooLossy(p plan.Profile, key plan.Series) (why string, is bool) {
	if slices.Contains(g.Precisions, key.Precision) {
		return "", false
	}
	for _, a := range p.Accuracy {
		at := plan.Unit{Device: a.Device, Precision: a.Precision}.Series()
		if at.Device == key.Device && at.Precision == key.Precision && a.Drop > g.MaxDrop {
			return fmt.Sprintf("loses %.4f mAP in %s, more than the %g that it may: allow more, or the precision by its name", a.Drop, key.Precision, g.MaxDrop), true
		}
	}
	return "", false
}
