package des

import (
	"math"
	"time"
)

// class is work on one device that has the same speed, so that it ends in the order of the
// virtual time at which each piece is due, and what is due at the same time in the order in which it began.
type class struct {
	due    []work // a heap
	begun  uint64
	shares float64 // of them all
	v      float64 // virtual time, nanoseconds of a frame alone
	speed  float64 // of v; 0 while idle, or while others go first
	next   time.Duration
}

type work struct {
	id    int
	due   float64 // virtual time; service time while it waits
	share float64
	kind  int
	start time.Duration
	turn  uint64 // how many began before it
}

// before is whether w ends before o.
func (w *work) before(o *work) bool {
	return w.due < o.due || w.due == o.due && w.turn < o.turn
}

// respeed sets the speed from now on, and with it when the first piece ends.
func (c *class) respeed(speed float64, now time.Duration) {
	if len(c.due) == 0 {
		c.shares, c.v, c.speed, c.next = 0, 0, 0, Never
		return
	}
	c.speed = speed
	if speed == 0 {
		c.next = Never
		return
	}
	left := max(0, c.due[0].due-c.v)
	c.next = now + time.Duration(math.Ceil(left/speed-1e-3)) // a thousandth of a nanosecond is rounding
}

// push begins work now.
func (c *class) push(w work, now time.Duration) {
	w.due += c.v
	w.start = now
	w.turn = c.begun
	c.begun++
	c.shares += w.share
	c.due = append(c.due, w)
	for i := len(c.due) - 1; i > 0; {
		up := (i - 1) / 2
		if c.due[up].before(&c.due[i]) {
			return
		}
		c.due[up], c.due[i] = c.due[i], c.due[up]
		i = up
	}
}

// pop takes out what is due first.
func (c *class) pop() work {
	first := c.due[0]
	last := len(c.due) - 1
	c.due[0] = c.due[last]
	c.due = c.due[:last]
	for i := 0; ; {
		least := i
		for _, k := range [2]int{2*i + 1, 2*i + 2} {
			if k < last && c.due[k].before(&c.due[least]) {
				least = k
			}
		}
		if least == i {
			break
		}
		c.due[i], c.due[least] = c.due[least], c.due[i]
		i = least
	}
	c.shares -= first.share
	return first
}
