package plan

// DisjointCores divides the cores of a machine among the segments that run on the
// CPU, in order, so that the threads of one segment do not wait for a core that
// another's hold: cores[i] are those of segment i, nil where it stays on any.
//
// That is for plans of which two segments or more run on the CPU, all of them with
// several threads, and which give no cores of their own. A segment gets as many
// cores as it has threads; where that is more than there are, they are divided in
// proportion, at least one each. Of every other plan all are nil: with one thread
// for a segment it is better off on whichever core is free.
func (p Plan) DisjointCores(cores []int) [][]int {
	out := make([][]int, len(p.Segments))
	threads, total, segments := make([]int, len(p.Segments)), 0, 0
	for i := range p.Segments {
		for _, r := range p.Replicas(i) {
			if r.Device.Kind() != "cpu" {
				continue
			}
			if r.Threads < 2 || r.Cores != nil {
				return out
			}
			threads[i] += r.Threads
		}
		if threads[i] > 0 {
			segments++
		}
		total += threads[i]
	}
	if segments < 2 || len(cores) < segments {
		return out
	}
	n := min(len(cores), total)
	from, before := 0, 0
	for i, t := range threads {
		if t == 0 {
			continue
		}
		segments--
		before += t
		to := (n*before + total/2) / total // rounded
		to = min(max(to, from+1), n-segments)
		out[i] = cores[from:to]
		from = to
	}
	return out
}
