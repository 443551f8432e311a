package sim

import (
	"fmt"
	"sync"
	"time"

	"braid/accel"
	"braid/accel/sim/des"
)

// machine is the devices at work, in the time of a clock. All Calls and streams of
// a Backend share its lock.
type machine struct {
	mu      sync.Mutex
	clock   Clock
	begin   time.Time
	devices []des.Device // by index: as the streams see them
	work    *des.Processors
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
	return &machine{clock: clock, begin: clock.Now(), devices: devices, work: des.NewProcessors(devices), lost: make([]bool, len(devices))}
}

// enter gives a stream an id.
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

// serve gives the device of a stream its work. await tells when that is done. The
// lock is held.
func (m *machine) serve(x *exec, took time.Duration) error {
	if m.lost[x.device()] {
		return lostError(x.home.device)
	}
	now := m.catchUp()
	x.serving, x.computing, x.failed = true, true, nil
	m.work.Start(now, x.device(), x.id, took, 1)
	m.arm(now)
	return nil
}

// passed is the clock's time since the beginning.
func (m *machine) passed() time.Duration { return m.clock.Now().Sub(m.begin) }

// now is the time of the devices. The lock is held.
func (m *machine) now() time.Duration {
	if m.owed > 0 {
		return m.stands
	}
	return m.passed() - m.behind
}

// catchUp ends all work that is due, each piece when it was due, however late the
// timer comes, up to now or to where time has to stand still, and gives the time. The
// lock is held.
func (m *machine) catchUp() time.Duration {
	now := m.now()
	for at := m.work.Next(); at <= now; at = m.work.Next() {
		m.finish(at)
		if m.owed > 0 {
			m.stands = at
			return at
		}
	}
	return now
}

// finish ends all work that is due at a time.
func (m *machine) finish(at time.Duration) {
	for {
		f, ok := m.work.Finish(at)
		if !ok {
			return
		}
		x := m.streams[f.ID]
		x.served(nil)
		if x.owed {
			m.owed++
		}
	}
}

// computed notes that a stream's results are there, so that time may go on. The lock is
// held.
func (m *machine) computed(x *exec) {
	m.arm(m.catchUp()) // they may have been due for a while
	x.computing = false
	if !x.owed {
		return
	}
	x.owed = false
	if m.owed--; m.owed == 0 {
		m.behind = m.passed() - m.stands
		m.arm(m.catchUp())
	}
}

// stood is for how long time has stood still.
func (m *machine) stood() time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.arm(m.catchUp())
	if m.owed > 0 {
		return m.passed() - m.stands
	}
	return m.behind
}

// arm sets the timer to the next end. The lock is held.
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

func (m *machine) tick() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.arm(m.catchUp())
}

// lose ends a device.
func (m *machine) lose(device int, id accel.DeviceID) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.catchUp()
	m.lost[device] = true
	for _, stream := range m.work.Drop(now, device, nil) {
		m.streams[stream].served(lostError(id))
	}
	m.arm(now)
}

func lostError(d accel.DeviceID) error {
	return fmt.Errorf("running on %s, a simulated device: %w", d, accel.ErrDeviceLost)
}

// stop ends the timer.
func (m *machine) stop() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.timer != nil {
		m.timer.Stop()
	}
}
