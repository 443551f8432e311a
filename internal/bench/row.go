package bench

import "slices"

// row sums a subject up. What is of a frame is the median over rounds too, so
// that one odd round does not show.
func (s *Subject) row(cores int) Row {
	used, disturbed := s.used()
	r := Row{
		Name: s.Name, Plan: s.Plan, Predicted: s.Predicted, Timeline: s.Timeline, Varied: s.Sweep, N: s.N,
		Rounds: len(used), Samples: s.Samples,
	}
	for _, x := range s.Samples {
		if x.Rejected {
			r.Rejected++
		}
	}
	if len(used) == 0 {
		return r
	}
	r.Disturbed = disturbed
	r.FPS, r.Lo, r.Hi, r.Coverage = rates(used)
	r.CI = (r.Hi - r.Lo) / 2
	r.P50 = over(used, func(x Sample) float64 { return x.P50 })
	r.P99 = over(used, func(x Sample) float64 { return x.P99 })
	r.CPU = over(used, func(x Sample) float64 { return 1000 * x.CPU / float64(x.Frames) })
	r.Allocs = over(used, func(x Sample) float64 { return x.Allocs / float64(x.Frames) })
	r.Bytes = over(used, func(x Sample) float64 { return x.Bytes / float64(x.Frames) })
	r.Busy = busy(used, cores)
	for _, x := range used {
		r.Frames += x.Frames
		r.HostWaits += x.HostWaits
	}
	r.Joules, r.EnergyOf = joules(used)
	for i, n := range used[0].Nodes {
		n.Busy = over(used, func(x Sample) float64 { return x.Nodes[i].Busy })
		n.MS = over(used, func(x Sample) float64 { return x.Nodes[i].MS })
		n.By = slices.Clone(n.By)
		for w := range n.By {
			n.By[w] = over(used, func(x Sample) float64 { return x.Nodes[i].By[w] })
		}
		r.Nodes = append(r.Nodes, n)
	}
	r.CoreBusy = coreBusy(used)
	return r
}

// coreBusy is the share of each core, over the samples that know it: in a very short
// one the kernel's clock of cores may not have moved.
func coreBusy(samples []Sample) (busy []float64) {
	known := slices.DeleteFunc(slices.Clone(samples), func(x Sample) bool { return len(x.Cores) == 0 })
	if len(known) == 0 {
		return nil
	}
	for i := range known[0].Cores {
		busy = append(busy, over(known, func(x Sample) float64 { return x.Cores[i] }))
	}
	return busy
}

// over is the median of a figure over samples.
func over(samples []Sample, figure func(Sample) float64) float64 {
	values := make([]float64, len(samples))
	for i, s := range samples {
		values[i] = figure(s)
	}
	return Median(values)
}

// busy is the share of each device: of the CPU where the number of cores is known,
// of others where every sample has it. Nil where none is known.
func busy(samples []Sample, cores int) map[string]float64 {
	out := map[string]float64{}
	if cores > 0 {
		out["cpu"] = over(samples, func(x Sample) float64 { return x.CPU / x.Seconds / float64(cores) })
	}
	for device := range samples[0].Busy {
		if !slices.ContainsFunc(samples, func(x Sample) bool { _, ok := x.Busy[device]; return !ok }) {
			out[device] = over(samples, func(x Sample) float64 { return x.Busy[device] })
		}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// joules of a frame, and of what; nil where a sample has none, or that of other
// parts of the machine: their median would be of neither.
func joules(samples []Sample) (*float64, []string) {
	of := samples[0].EnergyOf
	for _, s := range samples {
		if s.Joules == nil || !slices.Equal(s.EnergyOf, of) {
			return nil, nil
		}
	}
	j := over(samples, func(x Sample) float64 { return *x.Joules / float64(x.Frames) })
	return &j, of
}
