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
func (m *machine) serve(x *exec) error {
	if m.lost[x.device()] {
		return lostError(x.home.device)
	}
	now := m.catchUp()
	x.serving, x.failed = true, nil
	m.work.Start(now, x.device(), x.id, x.home.service, x.home.share)
	m.arm(now)
	return nil
}

// catchUp ends all work that is due, each piece when it was due, however late the
// timer comes, and gives the time. The lock is held.
func (m *machine) catchUp() time.Duration {
	now := m.clock.Now().Sub(m.begin)
	for at := m.work.Next(); at <= now; at = m.work.Next() {
		for {
			f, ok := m.work.Finish(at)
			if !ok {
				break
			}
			m.streams[f.ID].served(nil)
		}
	}
	return now
}

// arm sets the timer to the next end. The lock is held.
func (m *machine) arm(now time.Duration) {
	next := m.work.Next()
	switch {
	case next == des.Never:
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
