package sim

import "time"

// Clock is the time in which simulated devices serve. In a testing/synctest bubble
// the time package's own clock is virtual; elsewhere it makes them take as long as
// the real devices would, see Backend.Stood.
type Clock interface {
	Now() time.Time
	AfterFunc(d time.Duration, f func()) Timer
}

// Timer calls its function once for each Reset, in a goroutine of its own. It is
// time.Timer's part.
type Timer interface {
	Reset(d time.Duration) bool
	Stop() bool
}

// SystemClock is the time package's.
type SystemClock struct{}

// Now is time.Now.
func (SystemClock) Now() time.Time { return time.Now() }

// AfterFunc is time.AfterFunc.
func (SystemClock) AfterFunc(d time.Duration, f func()) Timer { return time.AfterFunc(d, f) }
