package sim

import (
	"fmt"
	"slices"
	"time"

	"braid/accel"
	"braid/accel/plan"
)

// Times are the service times of a plan's segments, from a profile: units added up and
// what cuts cost at their ends, see plan.WorkOf. Copies between memories are apart, since a
// stream waits for them and a device does not.
type Times struct {
	profile plan.Profile
	plan    plan.Plan
	extras  Extras
	units   map[plan.Series][]plan.Unit
	order   []plan.Series
	ends    []int // by segment: units up to its end
}

// Extras are what a profile does not say.
type Extras struct {
	CV float64 // coefficient of variation of all times; 0: they are constant
	// Devices is that of segments on GPUs and DLAs where it is more: others' runs are beside each there, kernel by
	// kernel, and the host wakes up now and then. It is that of declared ones too, which stand for such; the devices that are
	// run as simulated, sim:x, take what is declared.
	Devices float64
}

// NewTimes checks that the profile has the plan's cut points and devices.
func NewTimes(p plan.Profile, pl plan.Plan, e Extras) (*Times, error) {
	p = p.AtWork()
	t := &Times{profile: p, plan: pl, extras: e}
	t.order, t.units = p.BySeries()
	if len(t.order) == 0 || len(pl.Segments) == 0 {
		return nil, fmt.Errorf("timing a plan: the profile has %d units, the plan %d segments", len(p.Units), len(pl.Segments))
	}
	all := t.units[t.order[0]]
	begin := 0
	for i, s := range pl.Segments {
		end := slices.IndexFunc(all, func(u plan.Unit) bool { return u.At == s.Until }) + 1
		if end <= begin {
			return nil, fmt.Errorf("timing a plan: segment %d ends at %q, which is no cut point of the profile behind the segment before", i, s.Until)
		}
		t.ends, begin = append(t.ends, end), end
		for _, r := range pl.Replicas(i) {
			_, err := t.Service(i, r.Device, r.Threads)
			if err == nil {
				_, err = t.Copies(i, r.Device, r.Threads)
			}
			if err != nil {
				return nil, fmt.Errorf("timing a plan: %w", err)
			}
		}
	}
	return t, nil
}

// Service is the time of a segment alone on a device, without copies. threads is a
// replica's, 0 for the runtime's choice. The error says what the profile lacks, or why the
// device cannot run it.
func (t *Times) Service(segment int, d accel.DeviceID, threads int) (time.Duration, error) {
	w, err := t.work(segment, d, threads)
	return milliseconds(w.Alone), err
}

// work is what a segment asks of a device, without copies.
func (t *Times) work(segment int, d accel.DeviceID, threads int) (plan.Work, error) {
	key, err := t.series(segment, d, threads)
	if err != nil {
		return plan.Work{}, err
	}
	units := t.units[key]
	begin, end := t.begin(segment), t.ends[segment]
	for _, u := range units[begin:end] {
		if u.Why != "" {
			return plan.Work{}, fmt.Errorf("%s cannot run segment %d: %s", d, segment, u.Why)
		}
	}
	return plan.WorkOf(units, begin, end, plan.Near{Front: t.plan.On(segment-1, d), Back: t.plan.On(segment+1, d)}), nil
}

// begin is the first unit of a segment.
func (t *Times) begin(segment int) int {
	if segment == 0 {
		return 0
	}
	return t.ends[segment-1]
}

// Copies is the time of what a segment on a device copies of a frame. The error says what
// the profile lacks.
func (t *Times) Copies(segment int, d accel.DeviceID, threads int) (time.Duration, error) {
	key, err := t.series(segment, d, threads)
	if err != nil {
		return 0, err
	}
	ms, err := t.copies(segment, d.Memory(), t.units[key], t.begin(segment), t.ends[segment])
	return milliseconds(ms), err
}

// series finds what the profile has of a device: with the threads asked for or, of
// those that are the runtime's choice, with the most.
func (t *Times) series(segment int, d accel.DeviceID, threads int) (plan.Series, error) {
	precision := plan.Precision(t.plan.PrecisionOf(segment))
	best := plan.Series{Threads: -1}
	for _, s := range t.order {
		if !s.Device.Same(d) || s.Precision != precision {
			continue
		}
		all := s.Threads == 0 && threads == t.profile.Cores // the runtime's choice, as the search writes it
		if s.Threads == threads || all || s.Device.Kind() != "cpu" {
			return s, nil
		}
		if threads == 0 && s.Threads > best.Threads {
			best = s
		}
	}
	if best.Threads < 0 {
		return best, fmt.Errorf("the profile has no times of %s in %s with %d threads", d, precision, threads)
	}
	return best, nil
}
