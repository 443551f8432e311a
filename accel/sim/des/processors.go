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

// processor serves frames by virtual time: one for each kind of frames of one core (or less, or a context), and
// one for frames of several cores, behind them, which can be slower.
type processor struct {
	Device
	ranked  bool // one of its kinds goes before others
	classes []class
	queue   ring[work]
	last    time.Duration
	used    float64 // capacity in use over time, nanoseconds
}

// NewProcessors makes idle devices.
func NewProcessors(devices []Device) *Processors {
	p := &Processors{list: make([]processor, len(devices))}
	for i, d := range devices {
		p.list[i] = processor{Device: d, ranked: d.isRanked(), classes: make([]class, 2+len(d.Kinds))}
		for k := range p.list[i].classes {
			p.list[i].classes[k].next = Never
		}
	}
	return p
}

// Start gives a device work at the time now: service is its time alone, share what it can
// use of the capacity, of which it has all at most; kind is that of Replica.
func (p *Processors) Start(now time.Duration, device, id int, service time.Duration, share float64, kind int) {
	d := &p.list[device]
	d.advance(now)
	w := work{id: id, due: float64(service), share: min(share, d.Capacity), kind: kind}
	if d.Servers > 0 && d.atWork() >= d.Servers {
		d.queue.push(w)
		return
	}
	d.classOf(w).push(w, now)
	p.changed(device, now, d.atWork() == 1)
}

// Next is when the next work ends if nothing starts before, or Never.
func (p *Processors) Next() time.Duration {
	next := Never
	for i := range p.list {
		next = min(next, p.list[i].first().next)
	}
	return next
}

// Finish takes out one piece of work that has ended by now.
func (p *Processors) Finish(now time.Duration) (Finished, bool) {
	for i := range p.list {
		d := &p.list[i]
		c := d.first()
		if c.next > now {
			continue
		}
		d.advance(now)
		w := c.pop()
		if d.queue.len() > 0 {
			next := d.queue.pop()
			d.classOf(next).push(next, now)
		}
		p.changed(i, now, d.atWork() == 0)
		return Finished{ID: w.id, Device: i, Start: w.start}, true
	}
	return Finished{}, false
}

// Drop takes all work from a device, which is lost, and appends its ids to ids.
func (p *Processors) Drop(now time.Duration, device int, ids []int) []int {
	d := &p.list[device]
	d.advance(now)
	for k := range d.classes {
		for c := &d.classes[k]; len(c.due) > 0; {
			ids = append(ids, c.pop().id)
		}
	}
	for d.queue.len() > 0 {
		ids = append(ids, d.queue.pop().id)
	}
	p.changed(device, now, true)
	return ids
}

// Used is for how many ns a device has worked at full capacity, or twice as long at half
// of it, and so on.
func (p *Processors) Used(now time.Duration, device int) float64 {
	d := &p.list[device]
	d.advance(now)
	return d.used
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
	slow := 1.0
	for i, f := range d.Slow {
		if f > 1 && i != device && p.list[i].atWork() > 0 {
			slow /= f
		}
	}
	one, several := d.speeds()
	n := d.atWork()
	last := len(d.classes) - 1
	d.classes[last].respeed(several*slow*partOf(d.Gain, n), now)
	for k := range d.classes[:last] {
		speed := one * partOf(d.kind(k).Gain, n)
		if d.ranked {
			speed = d.ofRank(k)
		}
		d.classes[k].respeed(speed*slow, now)
	}
}

// kind is that of class k, which is not that of several cores.
func (d *processor) kind(k int) Kind {
	if k == 0 {
		return Kind{Gain: d.Gain}
	}
	own := d.Kinds[k-1]
	if own.Gain == nil {
		own.Gain = d.Gain
	}
	return own
}

// ofRank is the speed of class k's frames by what those of higher ranks leave of the device. They take, of all
// that it would do if it had no ranks, what their speed is of that.
func (d *processor) ofRank(k int) float64 {
	rank, above, n := d.kind(k).Rank, 0, 0
	for i := range d.classes[:len(d.classes)-1] {
		switch at := len(d.classes[i].due); {
		case d.kind(i).Rank > rank:
			above += at
			n += at
		case d.kind(i).Rank == rank:
			n += at
		}
	}
	if n == above {
		return 0 // none of its rank is at work
	}
	left := 1.0
	for i := range d.classes[:len(d.classes)-1] {
		if at := len(d.classes[i].due); at > 0 && d.kind(i).Rank > rank {
			left -= float64(at) * d.ofRank(i) / (float64(n) * d.each(i, n))
		}
	}
	if left < 1e-6 { // rounding
		return 0
	}
	return min(left*float64(n)/float64(n-above)*d.each(k, n), d.each(k, n-above))
}

// each is the speed of class k's frames if n of them were all that is at work.
func (d *processor) each(k, n int) float64 {
	return min(1, d.Capacity/float64(n)) * partOf(d.kind(k).Gain, n)
}

// partOf is what each of n frames has of a gain.
func partOf(gains []float64, n int) float64 {
	k := min(n, len(gains))
	if k == 0 {
		return 1
	}
	return gains[k-1] / float64(k)
}

// first is the class whose work ends first.
func (d *processor) first() *class {
	c := &d.classes[0]
	for k := range d.classes[1:] {
		if other := &d.classes[1+k]; other.next < c.next {
			c = other
		}
	}
	return c
}

// several is the class of frames of several cores.
func (d *processor) several() *class { return &d.classes[len(d.classes)-1] }

// speeds are those of frames of one core and of several by the capacity alone: see the package's
// comment.
func (d *processor) speeds() (one, several float64) {
	n := d.shares()
	fair := min(1, d.Capacity/n)
	if len(d.several().due) != 1 || fair == 1 {
		return fair, fair
	}
	t := d.several().shares
	several = 1 / math.Ceil(n/d.Capacity-1e-9) // what is added up is rounded
	return (d.Capacity - t + min(n-d.Capacity, t)*(1-several)) / (n - t), several
}

func (d *processor) atWork() (n int) {
	for i := range d.classes {
		n += len(d.classes[i].due)
	}
	return n
}

// shares are those of all at work.
func (d *processor) shares() (sum float64) {
	for i := range d.classes {
		sum += d.classes[i].shares
	}
	return sum
}

func (d *processor) classOf(w work) *class {
	if w.share > 1 {
		return d.several()
	}
	return &d.classes[w.kind]
}

// advance brings virtual time and use up to now.
func (d *processor) advance(now time.Duration) {
	dt := float64(now - d.last)
	d.last = now
	for i := range d.classes {
		d.classes[i].v += dt * d.classes[i].speed
	}
	d.used += dt * min(1, d.shares()/d.Capacity)
}
