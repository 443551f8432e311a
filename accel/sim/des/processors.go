package des

import (
	"math"
	"time"
)

// Never is later than everything.
const Never = time.Duration(math.MaxInt64)

// Processors are devices at work. Time is what the caller says that it is, and
// must not go back. It is not safe for concurrent use.
type Processors struct {
	list []processor
}

// Finished is work that a device has done.
type Finished struct {
	ID     int
	Device int
	Start  time.Duration // when the device began
}

// processor serves frames by virtual time: all at work have the same speed, so
// that they end in the order of the virtual time at which each is due.
type processor struct {
	Device
	due    []work // at work: a heap by due
	queue  ring[work]
	shares float64 // of those at work
	v      float64 // virtual time, nanoseconds of a frame alone
	speed  float64 // of v; 0 while idle
	last   time.Duration
	next   time.Duration // when due[0] ends, or Never
	used   float64       // capacity in use over time, nanoseconds
}

type work struct {
	id    int
	due   float64 // virtual time; service time while it waits
	share float64
	start time.Duration
}

// NewProcessors makes idle devices.
func NewProcessors(devices []Device) *Processors {
	p := &Processors{list: make([]processor, len(devices))}
	for i, d := range devices {
		p.list[i] = processor{Device: d, next: Never}
	}
	return p
}

// Start gives a device work at the time now: service is its time alone.
func (p *Processors) Start(now time.Duration, device, id int, service time.Duration, share float64) {
	d := &p.list[device]
	d.advance(now)
	w := work{id: id, due: float64(service), share: share}
	if d.Servers > 0 && len(d.due) >= d.Servers {
		d.queue.push(w)
		return
	}
	d.begin(w, now)
	p.changed(device, now, len(d.due) == 1)
}

// Next is when the next work ends if nothing starts before, or Never.
func (p *Processors) Next() time.Duration {
	next := Never
	for i := range p.list {
		next = min(next, p.list[i].next)
	}
	return next
}

// Finish takes out one piece of work that has ended by now.
func (p *Processors) Finish(now time.Duration) (Finished, bool) {
	for i := range p.list {
		d := &p.list[i]
		if d.next > now {
			continue
		}
		d.advance(now)
		w := d.pop()
		if d.queue.len() > 0 {
			d.begin(d.queue.pop(), now)
		}
		p.changed(i, now, len(d.due) == 0)
		return Finished{ID: w.id, Device: i, Start: w.start}, true
	}
	return Finished{}, false
}

// Drop takes all work from a device, which is lost, and appends its ids to ids.
func (p *Processors) Drop(now time.Duration, device int, ids []int) []int {
	d := &p.list[device]
	d.advance(now)
	for len(d.due) > 0 {
		ids = append(ids, d.pop().id)
	}
	for d.queue.len() > 0 {
		ids = append(ids, d.queue.pop().id)
	}
	p.changed(device, now, true)
	return ids
}

// Used is how long a device has worked at full capacity, or twice as long at half
// of it, and so on.
func (p *Processors) Used(now time.Duration, device int) time.Duration {
	d := &p.list[device]
	d.advance(now)
	return time.Duration(d.used)
}

// changed sets the speed of a device whose work has changed, and, where it has
// become busy or idle, of those that it slows down.
func (p *Processors) changed(device int, now time.Duration, toggled bool) {
	p.respeed(device, now)
	if !toggled {
		return
	}
	for i := range p.list {
		if d := &p.list[i]; i != device && device < len(d.Slow) && d.Slow[device] > 1 {
			d.advance(now)
			p.respeed(i, now)
		}
	}
}

func (p *Processors) respeed(device int, now time.Duration) {
	d := &p.list[device]
	n := len(d.due)
	if n == 0 {
		d.v, d.speed, d.shares, d.next = 0, 0, 0, Never
		return
	}
	d.speed = min(1, d.Capacity/d.shares)
	if k := min(n, len(d.Gain)); k > 0 {
		d.speed *= d.Gain[k-1] / float64(k)
	}
	for i, f := range d.Slow {
		if f > 1 && i != device && len(p.list[i].due) > 0 {
			d.speed /= f
		}
	}
	left := max(0, d.due[0].due-d.v)
	d.next = now + time.Duration(math.Ceil(left/d.speed-1e-3)) // a thousandth of a nanosecond is rounding
}

// advance brings virtual time and use up to now.
func (d *processor) advance(now time.Duration) {
	dt := float64(now - d.last)
	d.last = now
	d.v += dt * d.speed
	d.used += dt * min(1, d.shares/d.Capacity)
}

// begin puts work on the device.
func (d *processor) begin(w work, now time.Duration) {
	w.due += d.v
	w.start = now
	d.shares += w.share
	d.due = append(d.due, w)
	for i := len(d.due) - 1; i > 0; {
		up := (i - 1) / 2
		if d.due[up].due <= d.due[i].due {
			return
		}
		d.due[up], d.due[i] = d.due[i], d.due[up]
		i = up
	}
}

// pop takes out what is due first.
func (d *processor) pop() work {
	first := d.due[0]
	last := len(d.due) - 1
	d.due[0] = d.due[last]
	d.due = d.due[:last]
	for i := 0; ; {
		least := i
		for _, c := range [2]int{2*i + 1, 2*i + 2} {
			if c < last && d.due[c].due < d.due[least].due {
				least = c
			}
		}
		if least == i {
			break
		}
		d.due[i], d.due[least] = d.due[least], d.due[i]
		i = least
	}
	d.shares -= first.share
	return first
}
