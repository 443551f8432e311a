package plan

import "slices"

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
			if !onHost(r) {
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

// StreamCores gives each stream of a plan's only segment on the CPU a core of its own,
// where they have one thread each, are as many as the machine has cores, and the plan
// gives none: replica k of segment i stays on [i][k], where that is not -1. Of all other
// segments it is nil.
//
// Such a plan means to fill the machine. Linux moves a thread that waits only now and
// then, so that two streams share a core for milliseconds while the other core has what
// lasts for microseconds: a decoder's thread, a stage that passes a frame on. For what
// was measured see docs/plans.md.
func (p Plan) StreamCores(cores []int) [][]int {
	out := make([][]int, len(p.Segments))
	only := -1
	for i := range p.Segments {
		if !slices.ContainsFunc(p.Replicas(i), onHost) {
			continue
		}
		if only >= 0 {
			return out
		}
		only = i
	}
	if only >= 0 {
		out[only] = streamCores(p.Replicas(only), cores)
	}
	return out
}

func onHost(r Replica) bool { return r.Device.Kind() == "cpu" }

func streamCores(replicas []Replica, cores []int) []int {
	out := make([]int, len(replicas))
	streams := 0
	for k, r := range replicas {
		out[k] = -1
		if !onHost(r) {
			continue
		}
		if r.Threads != 1 || r.Cores != nil || streams == len(cores) {
			return nil
		}
		out[k] = cores[streams]
		streams++
	}
	if streams < 2 || streams < len(cores) {
		return nil
	}
	return out
}
