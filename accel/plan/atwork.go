package plan

import (
	"slices"

	"braid/accel"
)

// AtWork is the profile as a plan meets it, which planner and simulator count with.
//
// No unit takes t threads less than a t-th of its time with one. A profile has such units
// where noise was on one of the two, and the best of thousands of plans would be made of
// them.
//
// CPU times are CPUTimes.Beside times as long where decoding was measured, those of the network on
// a runtime that has a factor of its own so many times. Calling it again changes nothing.
func (p Profile) AtWork() Profile {
	_, series := p.BySeries()
	p.Units = slices.Clone(p.Units)
	at := map[Series]int{}
	for i := range p.Units {
		u := &p.Units[i]
		key := u.Series()
		if key.Device.Kind() != "cpu" {
			continue
		}
		if one, threads := series[Series{key.Device, 1, key.Precision}], p.threads(key); one != nil && threads > 1 {
			u.MS = max(u.MS, one[at[key]].MS/float64(threads))
		}
		at[key]++
	}
	return p.beside()
}

// threads is how many a series has; the runtime's choice are all cores.
func (p Profile) threads(s Series) int {
	if s.Threads == 0 {
		return p.Cores
	}
	return s.Threads
}

// beside takes into the CPU's times what they are with everything at work.
func (p Profile) beside() Profile {
	factor, own := p.CPU.Beside, p.Beside
	p.CPU.Beside, p.Beside = 0, nil
	if factor == 0 || p.CPU.Decode == 0 {
		return p
	}
	of := func(d accel.DeviceID) float64 {
		for _, b := range own {
			if b.Device.Same(d) && b.Times > 0 {
				return b.Times
			}
		}
		return factor
	}
	for i := range p.Units {
		if u := &p.Units[i]; u.Device.Kind() == "cpu" {
			u.MS, u.CutMS = of(u.Device)*u.MS, of(u.Device)*u.CutMS
		}
	}
	p.Streams = slices.Clone(p.Streams)
	for i := range p.Streams {
		if s := &p.Streams[i]; s.Device.Kind() == "cpu" {
			s.Rate /= of(s.Device)
		}
	}
	p.CPU.Decode, p.CPU.Prep, p.CPU.Detect, p.CPU.Publish = factor*p.CPU.Decode, factor*p.CPU.Prep, factor*p.CPU.Detect, factor*p.CPU.Publish
	return p
}
