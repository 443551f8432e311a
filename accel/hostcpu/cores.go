package hostcpu

import (
	"fmt"
	"runtime"

	"golang.org/x/sys/unix"
)

// Pin keeps a thread of Go's on an engine's cores while that runs operators. It is
// set and taken back around each run, which costs two system calls. A goroutine
// that is bound to a thread for good would save them, but each hand-over to it then
// wakes that thread first, where any other runs on at once: see docs/plans.md for
// what was measured.
type Pin struct {
	cores, before unix.CPUSet
}

// NewPin is nil for no cores. It refuses cores that this process may not use:
// Linux would leave them out without a word.
func NewPin(cores []int) (*Pin, error) {
	if len(cores) == 0 {
		return nil, nil //nolint:nilnil // no cores: nothing to pin
	}
	p := &Pin{}
	if err := unix.SchedGetaffinity(0, &p.before); err != nil {
		return nil, fmt.Errorf("asking for the cores of this process: %w", err)
	}
	for _, c := range cores {
		if c < 0 || !p.before.IsSet(c) {
			return nil, fmt.Errorf("core %d is none that this process may use: it has %s", c, List(&p.before))
		}
		p.cores.Set(c)
	}
	return p, nil
}

// Cores are the cores that this process may use, ascending; none where Linux does
// not say, and where it may use fewer at once (a container's limit of time, GOMAXPROCS):
// which of them are free then changes, and none is anybody's.
func Cores() (cores []int) {
	var s unix.CPUSet
	if unix.SchedGetaffinity(0, &s) != nil {
		return nil
	}
	for c := range 64 * len(s) {
		if s.IsSet(c) {
			cores = append(cores, c)
		}
	}
	if runtime.GOMAXPROCS(0) < len(cores) {
		return nil
	}
	return cores
}

// List writes a set of cores as Linux does: 0-3,8.
func List(s *unix.CPUSet) string {
	var out []byte
	for c := 0; c < 64*len(s); c++ {
		if !s.IsSet(c) {
			continue
		}
		first := c
		for s.IsSet(c + 1) {
			c++
		}
		if out != nil {
			out = append(out, ',')
		}
		out = fmt.Append(out, first)
		if c > first {
			out = fmt.Appendf(out, "-%d", c)
		}
	}
	return string(out)
}

// On binds the caller to its thread and the thread to the cores, until Off. Of no
// cores, a nil Pin, both do nothing.
func (p *Pin) On() error {
	if p == nil {
		return nil
	}
	runtime.LockOSThread()
	if err := unix.SchedSetaffinity(0, &p.cores); err != nil {
		runtime.UnlockOSThread()
		return fmt.Errorf("keeping a thread on cores %s: %w", List(&p.cores), err)
	}
	return nil
}

// Off takes back what On did. Where that fails the goroutine stays bound to the
// thread, so that no other runs on it.
func (p *Pin) Off() error {
	if p == nil {
		return nil
	}
	if err := unix.SchedSetaffinity(0, &p.before); err != nil {
		return fmt.Errorf("letting a thread off cores %s: %w", List(&p.cores), err)
	}
	runtime.UnlockOSThread()
	return nil
}
