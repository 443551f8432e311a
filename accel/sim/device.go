package sim

import (
	"math"
	"slices"

	"braid/accel"
	"braid/accel/plan"
	"braid/accel/sim/des"
)

// device is a device as the simulator sees it. The capacity of one that streams
// share is counted in contexts: as many as there were when more were measured to
// add nothing.
func (t *Times) device(d accel.DeviceID) des.Device {
	out := des.Device{Name: d.Processor(), Capacity: 1}
	switch {
	case d.Kind() == "cpu":
		out.Capacity = float64(max(1, t.profile.Cores))
		out.Gain = t.gain(d)
	case t.profile.IsFIFO(d):
		out.Servers = 1
	default:
		out.Gain = t.gain(d)
		out.Capacity = float64(max(1, len(out.Gain)))
	}
	return out
}

// gain is the rate of 1, 2, … frames at work on a device over that of one; nil where
// nothing was measured. Of several series that the plan has there it is the lowest: what
// slows one of them down, memory or a core's other half, the others share. Beyond what was measured of it a
// series of another processor than the CPU is no faster, and with nothing measured never.
func (t *Times) gain(d accel.DeviceID) (lowest []float64) {
	var all [][]float64
	most := 0
	for _, key := range t.seriesOn(d) {
		gains := t.gainOf(key)
		if gains == nil && d.Kind() != "cpu" {
			gains = []float64{1}
		}
		if gains != nil {
			all, most = append(all, gains), max(most, len(gains))
		}
	}
	for n := range most {
		least := math.Inf(1)
		for _, gains := range all {
			switch {
			case n < len(gains):
				least = min(least, gains[n])
			case d.Kind() != "cpu": // a CPU's ends with its cores: that of fewer threads goes on alone
				least = min(least, gains[len(gains)-1])
			}
		}
		lowest = append(lowest, least)
	}
	return lowest
}

// kind is how much of a device's gain a segment has, where it was measured what it asks of the full device: the
// speed of 1, 2, … frames, were they all of it, over that of one; nil where that was not measured.
func (t *Times) kind(segment int, d accel.DeviceID, threads int, device []float64) (gains []float64) {
	key, err := t.series(segment, d, threads)
	if err != nil {
		return nil
	}
	w, err := t.work(segment, d, threads)
	own := t.gainOf(key)
	if err != nil || w.Full == 0 || w.Alone == 0 || own == nil || t.profile.IsFIFO(d) {
		return nil
	}
	for i, least := range device {
		gain := own[min(i, len(own)-1)]
		took := w.At(min(i+1, len(own)), gain, plan.Fullness(gain, own[len(own)-1]))
		gains = append(gains, w.Alone/took*least/gain) // another series of the device may gain less
	}
	return gains
}

// gainOf is that of a series, with straight lines between the measured numbers of streams. Streams
// that wait do not slow the others down, so that it never falls.
func (t *Times) gainOf(key plan.Series) []float64 {
	rates := map[int]float64{}
	most := 1
	for _, s := range t.profile.Streams {
		precision := plan.Unit{Precision: s.Precision}.Series().Precision
		if s.Device == key.Device && s.Threads == key.Threads && precision == key.Precision && s.Rate > 0 {
			rates[s.N] = s.Rate
			most = max(most, s.N)
		}
	}
	if most == 1 {
		return nil
	}
	if rates[1] == 0 {
		rates[1] = 1000 / t.whole(key)
	}
	if key.Device.Kind() == "cpu" {
		most = min(most, max(1, t.profile.Cores/max(1, key.Threads)))
	}
	gains := []float64{1}
	for n := 2; n <= most; n++ {
		gains = append(gains, max(gains[n-2], min(float64(n), between(rates, n)/rates[1])))
	}
	return gains
}

// between is the rate at n, or on the line between its neighbours.
func between(rates map[int]float64, n int) float64 {
	low, high := n, n
	for rates[low] == 0 {
		low--
	}
	for rates[high] == 0 {
		high++
	}
	if low == high {
		return rates[n]
	}
	return rates[low] + (rates[high]-rates[low])*float64(n-low)/float64(high-low)
}

// whole is the time of the whole network, ms.
func (t *Times) whole(key plan.Series) float64 {
	ms := 1e-6
	for _, u := range t.units[key] {
		ms += u.MS
	}
	return ms
}

// seriesOn are the series of the plan's segments on a device.
func (t *Times) seriesOn(d accel.DeviceID) (all []plan.Series) {
	for i := range t.plan.Segments {
		for _, r := range t.plan.Replicas(i) {
			if r.Device.Processor() != d.Processor() {
				continue
			}
			if key, err := t.series(i, r.Device, r.Threads); err == nil && !slices.Contains(all, key) {
				all = append(all, key)
			}
		}
	}
	return all
}

// slowdown is the time on a with b at work over the time alone; 1 where nothing was
// measured.
func (t *Times) slowdown(a, b string) float64 {
	for _, c := range t.profile.Corun {
		switch {
		case c.A.Processor() == c.B.Processor(): // two runtimes, which share its capacity
		case c.A.Processor() == a && c.B.Processor() == b:
			return max(1, c.SlowdownA)
		case c.A.Processor() == b && c.B.Processor() == a:
			return max(1, c.SlowdownB)
		}
	}
	return 1
}
