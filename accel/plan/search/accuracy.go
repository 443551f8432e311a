package search

import (
	"fmt"
	"slices"

	"braid/accel/plan"
)

// tooLossy says why a series must not run: what its precision loses is more than the goal lets
// it, or unknown where that is likely. A precision that the goal names is allowed whatever it
// loses. Where nobody measured it, fp16 counts as harmless, with its eleven bits of mantissa, and
// INT8 too: that is a network of its own, whose loss was told when it was made. bf16 has eight,
// and has cost detectors more than is let (docs/intel.md).
func (g *Goal) tooLossy(p plan.Profile, key plan.Series) (why string, is bool) {
	if slices.Contains(g.Precisions, key.Precision) {
		return "", false
	}
	measured := false
	for _, a := range p.Accuracy {
		at := plan.Unit{Device: a.Device, Precision: a.Precision}.Series()
		if at.Device != key.Device || at.Precision != key.Precision {
			continue
		}
		measured = true
		if a.Drop > g.MaxDrop {
			return fmt.Sprintf("loses %.3g mAP in %s, more than the %g that it may: allow more, or the precision by its name", a.Drop, key.Precision, g.MaxDrop), true
		}
	}
	if key.Precision == plan.BF16 && !measured {
		return "may lose mAP in bf16, and how much is not in the profile: measure it with braid profile --images DIR --annotations FILE, or allow it with --precision fp32,bf16", true
	}
	return "", false
}
