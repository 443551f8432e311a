package app

import (
	"context"

	"braid/accel/plan"
)

// predict tells each row what the kept profile of this model on this machine lets
// one expect of its plan; see predictBy. Without one the rows stay without.
func (c *chooser) predict(ctx context.Context, rows []*benchRow, inMemory bool) {
	ref, err := profileRef(c.card, c.file)
	if err != nil {
		return
	}
	devices, err := c.runtime.Devices(ctx)
	if err != nil {
		return
	}
	if p, _ := keptProfile(c.env, ref, machineKey(devices)); p != nil {
		predictBy(c.env, *p, rows, inMemory)
	}
}

// predictBy tells each row what a profile lets one expect of its plan. With frames in memory nothing is decoded, prepared or
// read. Where the profile does not know a plan's cuts or devices or what decoding costs, the row stays without.
func predictBy(env *Env, from plan.Profile, rows []*benchRow, inMemory bool) {
	switch {
	case inMemory:
		from.CPU = plan.CPUTimes{}
	case from.CPU.Decode == 0:
		env.Log.Info("no rates are predicted: the profile knows nothing of decoding; make it by `braid profile --input`", "model", from.Model)
		return
	}
	for _, r := range rows {
		r.Predicted = 0 // of a plan's file: another machine's
		if fps, err := expectedRate(from, r.plan); err == nil {
			r.Predicted = fps
		}
	}
}
