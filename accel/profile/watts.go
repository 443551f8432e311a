package profile

import (
	"context"
	"slices"
	"time"

	"braid/accel"
	"braid/accel/plan"
)

// powerWindow is for how long power is measured: drivers move their counters of
// energy up to a tenth of a second apart.
const powerWindow = 2 * time.Second

// measureRest measures the power of the devices before anything runs on them.
func (m *measurement) measureRest(ctx context.Context, _ time.Duration) error {
	counters := map[accel.DeviceID]func() (float64, bool){}
	for _, s := range m.series {
		if counters[s.Device] != nil {
			continue
		}
		if since := m.options.Energy(s.Device); since != nil {
			counters[s.Device] = since
		}
	}
	if len(counters) == 0 {
		return nil
	}
	start := time.Now()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(powerWindow):
	}
	for d, since := range counters {
		if joules, ok := since(); ok {
			m.rest[d] = joules / time.Since(start).Seconds()
		}
	}
	return nil
}

// measureBusy measures the power of a device while streams of it run without pause.
// A device that is measured in several series has the most of them.
func (m *measurement) measureBusy(ctx context.Context, d accel.DeviceID, streams []stream) error {
	rest, known := m.rest[d]
	if !known {
		return nil
	}
	since, start := m.options.Energy(d), time.Now()
	if _, err := race(ctx, streams, powerWindow); err != nil {
		return err
	}
	took := time.Since(start).Seconds()
	joules, ok := since()
	if !ok {
		return nil
	}
	i := slices.IndexFunc(m.profile.Watts, func(w plan.Watts) bool { return w.Device == d })
	if i < 0 {
		i = len(m.profile.Watts)
		m.profile.Watts = append(m.profile.Watts, plan.Watts{Device: d, Busy: rest, Idle: rest})
	}
	m.profile.Watts[i].Busy = max(m.profile.Watts[i].Busy, joules/took)
	return nil
}
