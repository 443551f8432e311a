package trt

import (
	"errors"
	"fmt"

	"braid/accel"
	"braid/cuda"
)

// explain adds to an error what there is to do about it, and makes that of a device
// that runs nothing more the graph's.
func explain(err error) error {
	switch {
	case errors.Is(err, cuda.ErrDeviceLost):
		return fmt.Errorf("%w: %w; start braid again, and where it comes back look for NVRM and Xid in the kernel's log (dmesg)", accel.ErrDeviceLost, err)
	case errors.Is(err, cuda.ErrOutOfMemory):
		return fmt.Errorf("%w; give the plan fewer streams or a smaller in_flight, or end what else uses the device", err)
	}
	return err
}

// closing is what a Close says of err. Of a lost device there is nothing to free any
// more, and those whose frames were on it have heard of it.
func closing(err error) error {
	if errors.Is(err, cuda.ErrDeviceLost) {
		return nil
	}
	return err
}
