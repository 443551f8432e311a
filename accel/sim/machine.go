package sim

import (
	"fmt"
	"math"
	"slices"
	"sync"
	"time"

	"braid/accel"
	"braid/accel/sim/des"
)

// machine is the devices at work, in the time of a clock. All Calls and streams of
// a Backend share its lock, which is held in all methods but those that say otherwise.
//
// A Call begins when the one before it in its stream and the one whose event it waits for
// have ended, at that very time and not when a goroutine has woken up: so do devices whose
// streams chain by events.
type machine struct {
	mu      sync.Mutex
	clock   Clock
	begin   time.Time
	devices []des.Device    // by index: as the streams see them
	work    *des.Processors // the devices and, behind the last, the ways between memories
	lost    []bool
	streams []*exec // by id; nil: free
	timer   Timer   // at the next end of some work; nil: never armed

	// Time stands still while results are owed: due, and not computed yet. So the devices
	// are never slower than declared for want of speed of the machine that computes.
	owed   int
	stands time.Duration // where it stands, while results are owed
	behind time.Duration // the clock: for how long it has stood in all
}

func newMachine(clock Clock, devices []des.Device) *machine {
	work := des.NewProcessors(append(slices.Clip(devices), ways))
	return &machine{clock: clock, begin: clock.Now(), devices: devices, work: work, lost: make([]bool, len(devices))}
}

// ways are those between memories, wide enough for all copies at once: a stream waits for
// its own, and its device works for other streams meanwhile, as in des and in the planner.
var ways = des.Device{Name: "copies", Capacity: math.MaxInt32}

// enter gives a stream an id. It takes the lock.
func (m *machine) enter(x *exec) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i, other := range m.streams {
		if other == nil {
			m.streams[i], x.id = x, i
			return
		}
	}
	x.id = len(m.streams)
	m.streams = append(m.streams, x)
}

// passed is the clock's time since the beginning.
func (m *machine) passed() time.Duration { return m.clock.Now().Sub(m.begin) }

// now is the time of the devices.
func (m *machine) now() time.Duration {
	if m.owed > 0 {
		return m.stands
	}
	return m.passed() - m.behind
}

// catchUp ends all work that is due, each piece when it was due, however late the
// timer comes, up to now or to where time has to stand still, and gives the time.
func (m *machine) catchUp() time.Duration {
	now := m.now()
	for at := m.work.Next(); at <= now; at = m.work.Next() {
		f, _ := m.work.Finish(at)
		if f.Device == len(m.devices) {
			m.done(m.streams[f.ID].first, at)
		} else {
			m.finished(m.streams[f.ID].served(), at)
		}
		if m.owed > 0 {
			now = at
		}
	}
	return now
}

// finished is called when a device is done with a Call: its copies follow, unless they were in the
// device's queue.
func (m *machine) finished(c *call, at time.Duration) {
	c.served = true
	if c.copies > 0 && !m.queue(c.home) {
		m.work.Start(at, len(m.devices), c.home.id, c.copies, 1, 0)
		return
	}
	m.done(c, at)
}

// queue is whether a stream's device works first in, first out.
func (m *machine) queue(x *exec) bool { return m.devices[x.device()].Servers > 0 }

// done ends a Call that the device is done with. Where its results are not there yet, time
// waits for them: what computes must not outlive the Call.
func (m *machine) done(c *call, at time.Duration) {
	if c.computed {
		m.end(c, at)
		return
	}
	c.owed = true
	m.owed++
	m.stands = at
}

// ready gives the device of a stream the first Call of it, where nothing is left to wait
// for; a queue gets those behind it too.
func (m *machine) ready(x *exec, at time.Duration) {
	for c := x.first; c != nil; c = c.next {
		switch {
		case c.begun:
		case c.before != nil && c.before.pending:
			return
		case c == x.first && c.before != nil && c.before.err != nil:
			c.err = c.before.err
			m.end(c, at) // which goes on with the next
			return
		case c == x.first && m.lost[x.device()]:
			c.err = lostError(x.home.device)
			m.end(c, at)
			return
		case c.before != nil && c.before.err != nil, m.lost[x.device()]:
			return // until those in front have ended
		default:
			m.give(c, at)
		}
		if !m.queue(x) {
			return
		}
	}
}

// give gives the device a Call.
func (m *machine) give(c *call, at time.Duration) {
	x, service := c.home, c.home.home.header.Service
	if m.queue(x) {
		service += c.copies
	}
	c.begun = true
	m.work.Start(at, x.device(), x.id, service, 1, 0)
	x.changed.Signal()
}

// end ends the first Call of a stream, and begins what has waited for it.
func (m *machine) end(c *call, at time.Duration) {
	c.pending = false
	c.ended.Broadcast()
	x := c.home
	x.first = c.next
	if c.next = nil; x.first == nil {
		x.last = nil
	}
	m.ready(x, at)
	for _, other := range m.streams {
		if other != nil && other.first != nil && (other.first.before == c || m.queue(other)) {
			m.ready(other, at)
		}
	}
}

// results notes that those of a Call are there, so that time may go on.
func (m *machine) results(c *call, err error) {
	m.catchUp() // they may have been due for a while
	c.computed = true
	if c.err == nil { // else the device was lost
		c.err = err
	}
	if c.owed {
		if m.owed--; m.owed == 0 {
			m.behind = m.passed() - m.stands
		}
		m.end(c, m.stands)
	}
	m.arm(m.catchUp())
}

// stood is for how long time has stood still. It takes the lock.
func (m *machine) stood() time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.arm(m.catchUp())
	if m.owed > 0 {
		return m.passed() - m.stands
	}
	return m.behind
}

// arm sets the timer to the next end.
func (m *machine) arm(now time.Duration) {
	next := m.work.Next()
	switch {
	case next == des.Never || m.owed > 0:
	case m.timer == nil:
		m.timer = m.clock.AfterFunc(next-now, m.tick)
	default:
		m.timer.Reset(next - now)
	}
}

// tick is the timer's. It takes the lock.
func (m *machine) tick() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.arm(m.catchUp())
}

// lose ends a device. It takes the lock.
func (m *machine) lose(device int, id accel.DeviceID) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.catchUp()
	m.lost[device] = true
	for _, x := range m.streams {
		if x == nil || x.device() != device {
			continue
		}
		for c := x.first; c != nil && c.begun; c = c.next {
			c.err = lostError(id) // also where it only copies any more
		}
	}
	for _, stream := range m.work.Drop(now, device, nil) {
		c := m.streams[stream].served()
		c.served = true
		m.done(c, now)
	}
	m.arm(now)
}

func lostError(d accel.DeviceID) error {
	return fmt.Errorf("running on %s, a simulated device: %w", d, accel.ErrDeviceLost)
}

// stop ends the timer. It takes the lock.
func (m *machine) stop() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.timer != nil {
		m.timer.Stop()
	}
}
