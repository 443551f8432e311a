//go:build e2e

package openvino

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"braid/accel"
	"braid/accel/hostcpu"
)

// ticks is what Linux says of a thread: the cores that it may use, such as 0-1, and the
// time that it has run, in hundredths of a second.
func ticks(t testing.TB, thread string) (cores string, ran int) {
	t.Helper()
	status, err1 := os.ReadFile(filepath.Join("/proc/self/task", thread, "status"))
	stat, err2 := os.ReadFile(filepath.Join("/proc/self/task", thread, "stat"))
	if err1 != nil || err2 != nil {
		return "", 0 // it has ended
	}
	for line := range strings.Lines(string(status)) {
		if v, ok := strings.CutPrefix(line, "Cpus_allowed_list:"); ok {
			cores = strings.TrimSpace(v)
		}
	}
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	user, err := strconv.Atoi(fields[11])
	if err != nil {
		t.Fatal(err)
	}
	return cores, user
}

// TestCoresHoldTheRun: the thread that calls Start does all the work, on the given core
// and on no other as long as it runs, and may go where it could before afterwards.
// OpenVINO's other networks keep their threads.
func TestCoresHoldTheRun(t *testing.T) {
	all := hostcpu.Cores()
	if len(all) < 2 {
		t.Skip("one core: nothing to choose")
	}
	b, s := open(t), yoloxNano(t)
	t.Cleanup(func() { closed(t, b) })
	core := all[len(all)-1]
	e, err := b.Load(t.Context(), build(t, b, s), cpu, accel.LoadOptions{Cores: []int{core}})
	if err != nil {
		if errors.Is(err, accel.ErrCores) {
			t.Skip(err) // a library of the tester's own
		}
		t.Fatal(err)
	}
	t.Cleanup(func() { closed(t, e) })
	c := callsOf(t, b, e.(*engine), s, 1)[0]
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	self := fmt.Sprint(unix.Gettid())
	before, begun := ticks(t, self)
	seen := make(chan map[string]int)
	stop := make(chan struct{})
	go func() { // by cores, the time that the thread ran while it had them
		found, last := map[string]int{}, 0
		for first := true; ; first = false {
			cores, ran := ticks(t, self)
			if !first {
				found[cores] += ran - last
			}
			last = ran
			select {
			case <-stop:
				seen <- found
				return
			default:
			}
		}
	}()
	for _, ran := ticks(t, self); ran < begun+60; _, ran = ticks(t, self) { // hundredths of a second at work, on a busy machine too
		start(t, c)
	}
	close(stop)
	found := <-seen
	want := strconv.Itoa(core)
	if found[want] < 20 {
		t.Errorf("on core %s alone the thread ran for %d hundredths of a second: %v", want, found[want], found)
	}
	for cores, ran := range found {
		if cores != want && ran*4 > found[want] { // between two runs, and where the two files disagree
			t.Errorf("on cores %s it ran for %d hundredths: %v", cores, ran, found)
		}
	}
	if after, _ := ticks(t, self); after != before {
		t.Errorf("afterwards its thread may use %s, want %s again", after, before)
	}
}

// TestCoresOfThreads: TBB's threads are all networks', and stay on no cores of one.
func TestCoresOfThreads(t *testing.T) {
	b, s := open(t), relu(t, 2, 3)
	t.Cleanup(func() { closed(t, b) })
	blob := build(t, b, s)
	for _, o := range []accel.LoadOptions{{Threads: 2, Cores: []int{0}}, {Cores: []int{0, 1}}} {
		if _, err := b.Load(t.Context(), blob, cpu, o); !errors.Is(err, accel.ErrCores) || !strings.Contains(err.Error(), "give it threads: 1, or no cores") {
			t.Errorf("%+v: %v", o, err)
		}
	}
	if _, err := b.Load(t.Context(), blob, cpu, accel.LoadOptions{Threads: 1, Cores: []int{5000}}); err == nil || !strings.Contains(err.Error(), "core 5000") {
		t.Errorf("a core that is not there: %v", err)
	}
}
