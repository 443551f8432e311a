//go:build !cgo || !linux

package nvml

import "time"

// Library cannot be opened in this build.
type Library struct{}

// GPU cannot be found in this build.
type GPU struct{}

// New makes a Library without GPUs.
func New() *Library { return &Library{} }

// GPU finds none.
func (*Library) GPU(string) (GPU, bool) { return GPU{}, false }

// Close does nothing.
func (*Library) Close() error { return nil }

// Energy is not told.
func (GPU) Energy() (millijoules uint64, ok bool) { return 0, false }

// Busy is not told.
func (GPU) Busy(_, _ time.Time) (share float64, ok bool) { return 0, false }
