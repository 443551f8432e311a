package des

import "time"

// ring is a queue that allocates only while it grows.
type ring[T any] struct {
	items       []T
	head, count int
}

func (r *ring[T]) len() int { return r.count }

func (r *ring[T]) at(i int) *T { return &r.items[(r.head+i)%len(r.items)] }

func (r *ring[T]) push(x T) {
	if r.count == len(r.items) {
		grown := make([]T, max(8, 2*len(r.items)))
		for i := range r.count {
			grown[i] = *r.at(i)
		}
		r.items, r.head = grown, 0
	}
	r.count++
	*r.at(r.count - 1) = x
}

func (r *ring[T]) pop() T {
	x := *r.at(0)
	var none T
	*r.at(0) = none
	r.head = (r.head + 1) % len(r.items)
	r.count--
	return x
}

// kind says what an event does.
type kind uint8

const (
	handedOver kind = iota // of a stream
	patient                // a spare stream has waited
	look                   // of a segment that polls
	arrival                // of a camera
	down                   // of a failure
	up
)

// event is something that happens at a time, to a stream, node, camera or failure.
type event struct {
	at    time.Duration
	order uint64 // of two at the same time the earlier planned comes first
	what  int
	kind  kind
}

func (e event) before(o event) bool { return e.at < o.at || e.at == o.at && e.order < o.order }

// agenda is a heap of events.
type agenda struct {
	events []event
	order  uint64
}

func (a *agenda) next() time.Duration {
	if len(a.events) == 0 {
		return Never
	}
	return a.events[0].at
}

func (a *agenda) plan(at time.Duration, k kind, what int) {
	a.order++
	a.events = append(a.events, event{at, a.order, what, k})
	e := a.events
	for i := len(e) - 1; i > 0; {
		up := (i - 1) / 2
		if e[up].before(e[i]) {
			return
		}
		e[up], e[i] = e[i], e[up]
		i = up
	}
}

func (a *agenda) pop() event {
	e := a.events
	first, last := e[0], len(e)-1
	e[0] = e[last]
	e = e[:last]
	a.events = e
	for i := 0; ; {
		least := i
		for _, c := range [2]int{2*i + 1, 2*i + 2} {
			if c < last && e[c].before(e[least]) {
				least = c
			}
		}
		if least == i {
			return first
		}
		e[i], e[least] = e[least], e[i]
		i = least
	}
}
