//go:build e2e

package ort

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"braid/accel"
	"braid/accel/hostcpu"
)

// coresOf is what Linux says of a thread of this process, such as 0-1.
func coresOf(t testing.TB, thread string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("/proc/self/task", thread, "status"))
	if err != nil {
		return "" // it has ended
	}
	for line := range strings.Lines(string(data)) {
		if v, ok := strings.CutPrefix(line, "Cpus_allowed_list:"); ok {
			return strings.TrimSpace(v)
		}
	}
	t.Fatalf("thread %s has no list of cores", thread)
	return ""
}

func threads(t testing.TB) (out []string) {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/task")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		out = append(out, e.Name())
	}
	return out
}

// The session's own threads stay on the given core all the time, the thread that
// calls Start while that runs.
func TestCoresHoldAllThreads(t *testing.T) {
	var all unix.CPUSet
	if err := unix.SchedGetaffinity(0, &all); err != nil {
		t.Fatal(err)
	}
	if all.Count() < 2 {
		t.Skip("one core: nothing to choose")
	}
	core := 0
	for !all.IsSet(core) {
		core++
	}
	b, s := open(t), yoloxNano(t)
	t.Cleanup(func() { closed(t, b) })
	before := threads(t)
	e := load(t, b, s, accel.LoadOptions{Threads: 3, Cores: []int{core}})
	t.Cleanup(func() { closed(t, e) })
	c := calls(t, b, e, s, 1)[0]
	want, own := fmt.Sprint(core), 0
	for _, thread := range threads(t) {
		if !slices.Contains(before, thread) && coresOf(t, thread) == want {
			own++
		}
	}
	if own != 2 {
		t.Errorf("%d new threads stay on core %s, want the session's own 2", own, want)
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	self := fmt.Sprint(unix.Gettid())
	stop, seen := make(chan struct{}), make(chan bool)
	go func() {
		for {
			select {
			case <-stop:
				seen <- false
				return
			default:
			}
			if coresOf(t, self) == want {
				seen <- true
				return
			}
		}
	}()
	running := false
	for range 100 {
		if _, err := c.Start(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
		select {
		case running = <-seen:
		default:
			continue
		}
		break
	}
	if close(stop); !running {
		running = <-seen
	}
	if !running {
		t.Errorf("the thread that ran Start was never seen on core %s alone", want)
	}
	if got := coresOf(t, self); got != hostcpu.List(&all) {
		t.Errorf("after Start its thread may use %s, want %s again", got, hostcpu.List(&all))
	}
}

// TestThreadsOfThisProcess lets the process use five cores: a session without a number
// of threads has as many, however many the machine has.
func TestThreadsOfThisProcess(t *testing.T) {
	b, s := open(t), yoloxNano(t)
	t.Cleanup(func() { closed(t, b) })
	closed(t, load(t, b, s, accel.LoadOptions{Threads: 1})) // Go's threads that this needs
	defer debug.SetGCPercent(debug.SetGCPercent(-1))        // a collection would need more
	was := runtime.GOMAXPROCS(5)
	defer runtime.GOMAXPROCS(was)
	before := threads(t)
	e := load(t, b, s, accel.LoadOptions{})
	t.Cleanup(func() { closed(t, e) })
	own := 0
	for _, thread := range threads(t) {
		if !slices.Contains(before, thread) {
			own++
		}
	}
	if own < 4 || own > 6 {
		t.Errorf("%d new threads, want the session's own 4", own)
	}
}
