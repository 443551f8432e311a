package stages

// lane restores the order of one camera. Workers overtake each other; a Job that
// is early waits here for those before it. All of them are in the graph, so the
// wait is bounded by the number of Jobs.
type lane struct {
	issued  uint64 // tickets given out; admission's goroutine only
	emitted uint64 // tickets emitted; emit's goroutine only, as is the list
	waiting *Job   // by ticket
}

// enter gives j the next place. Tickets follow Seq; they are the graph's own so
// that the merge cannot stall on an intake that skips or repeats a number.
func (l *lane) enter(j *Job) {
	l.issued++
	j.lane, j.ticket = l, l.issued
}

// push adds a Job that has come through the graph.
func (l *lane) push(j *Job) {
	at := &l.waiting
	for *at != nil && (*at).ticket < j.ticket {
		at = &(*at).next
	}
	j.next, *at = *at, j
}

// pop takes out the Job whose turn it is, nil where it is not there yet.
func (l *lane) pop() *Job {
	j := l.waiting
	if j == nil || j.ticket != l.emitted+1 {
		return nil
	}
	l.emitted++
	return l.drop()
}

// drop takes out the first Job, whoever's turn it is.
func (l *lane) drop() *Job {
	j := l.waiting
	if j != nil {
		l.waiting, j.next = j.next, nil
	}
	return j
}
