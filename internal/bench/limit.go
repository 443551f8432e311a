package bench

// LimitOf makes the limit of the samples of a plan that ran one frame at a time,
// the network on one thread: there, what a frame takes of that thread's time is
// what it costs, whoever else wanted the core. It is dealt out to the nodes by the
// time that frames spent in each. The first node prepares, the last one detects,
// those between are the network.
func LimitOf(cores int, s *Subject) *Limit {
	l := &Limit{Cores: cores}
	used, _ := s.used()
	if len(used) == 0 {
		return l
	}
	l.Decode = over(used, func(x Sample) float64 { return x.Decode })
	for i := range used[0].Nodes {
		ms := over(used, func(x Sample) float64 { return x.Nodes[i].MS * x.onCore() })
		switch i {
		case 0:
			l.Prep = ms
		case len(used[0].Nodes) - 1:
			l.Detect = ms
		default:
			l.Infer += ms
		}
	}
	return l
}

// onCore is what part of the time in its nodes the sample's thread had a core.
func (s Sample) onCore() float64 {
	sum := 0.0
	for _, n := range s.Nodes {
		sum += n.MS
	}
	return ratio(1000*s.Thread, sum*float64(s.Frames))
}
