package app

import (
	"fmt"

	"braid/accel/hostcpu"
)

// fits refuses a plan whose tensors would not fit into the memory that is free
// now. Where the system does not tell, everything fits.
func fits(bytes int64, frames int) error {
	_, free, err := hostcpu.Memory()
	if err != nil || bytes <= free {
		return nil //nolint:nilerr // see above
	}
	return as(ErrEnvironment, fmt.Errorf("the plan's %d frames in flight need %d MiB of tensors, %d MiB are free: lower in_flight", frames, bytes>>20, free>>20))
}
