package profile

import "braid/accel/plan"

// follow makes the times of a device's units, which were taken one run at a time, those
// of frames that follow each other: all together take whole, ms, the time of a frame
// of one stream that always has the next run enqueued. What a run alone takes longer is
// what launching it and waking its waiter cost, which is then hidden behind the run
// before; that much of a cut's cost, which is one run more, is hidden too.
func (m *measurement) follow(s plan.Series, whole float64) {
	alone := m.total(s)
	if alone <= 0 {
		return
	}
	hidden := max(0, alone-whole)
	for i := range m.profile.Units {
		if u := &m.profile.Units[i]; u.Series() == s {
			u.MS, u.CI = u.MS*whole/alone, u.CI*whole/alone
			u.CutMS = max(0, u.CutMS-hidden)
		}
	}
}

// quicken makes the times of a CPU's units add up to whole, ms, the time of a frame of one
// stream that runs on and on, where that is less. Units and streams are measured some
// ten seconds apart. What else is on the machine makes neither faster, so that the
// quicker of the two is nearer to what the network takes; and a runtime whose units met
// a slow minute would lose against one whose units did not.
func (m *measurement) quicken(s plan.Series, whole float64) {
	alone := m.total(s)
	if alone <= whole {
		return
	}
	for i := range m.profile.Units {
		if u := &m.profile.Units[i]; u.Series() == s {
			u.MS, u.CI = u.MS*whole/alone, u.CI*whole/alone
		}
	}
}

// total is the time of all units of a series, ms.
func (m *measurement) total(s plan.Series) (ms float64) {
	for _, u := range m.profile.Units {
		if u.Series() == s {
			ms += u.MS
		}
	}
	return ms
}
