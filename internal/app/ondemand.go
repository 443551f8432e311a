package app

import (
	"sync"

	"braid/accel"
)

// onDemand is a runtime that is opened when one of its devices is first named. What
// failed once fails again.
type onDemand[B accel.Backend] struct {
	open func() (B, error)

	mu    sync.Mutex
	tried bool
	b     B // the zero value: not open
	err   error
}

// get opens the runtime at the first call.
func (o *onDemand[B]) get() (B, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.tried {
		o.tried = true
		o.b, o.err = o.open()
	}
	return o.b, o.err
}

// opened is the runtime, nil where it is not open.
func (o *onDemand[B]) opened() B {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b
}
