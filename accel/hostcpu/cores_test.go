package hostcpu

import (
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// allowed are the cores that the calling thread may use.
func allowed(t testing.TB) unix.CPUSet {
	t.Helper()
	var s unix.CPUSet
	if err := unix.SchedGetaffinity(0, &s); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestPin(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	before := allowed(t)
	core := 0
	for !before.IsSet(core) {
		core++
	}
	p, err := NewPin([]int{core})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.On(); err != nil {
		t.Fatal(err)
	}
	if s := allowed(t); s.Count() != 1 || !s.IsSet(core) {
		t.Errorf("pinned to %d it may use %s", core, List(&s))
	}
	if err := p.Off(); err != nil {
		t.Fatal(err)
	}
	if s := allowed(t); s != before {
		t.Errorf("afterwards it may use %s, before it was %s", List(&s), List(&before))
	}
}

func TestPinRefuses(t *testing.T) {
	all := allowed(t)
	for _, cores := range [][]int{{-1}, {1023}, {5000}} {
		if _, err := NewPin(cores); err == nil || !strings.Contains(err.Error(), List(&all)) {
			t.Errorf("cores %v: error %v, want one that says %s", cores, err, List(&all))
		}
	}
	if p, err := NewPin(nil); p != nil || err != nil || p.On() != nil || p.Off() != nil {
		t.Errorf("no cores are %v, %v", p, err)
	}
}

func TestCores(t *testing.T) {
	all := allowed(t)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(all.Count())) // a container may have a quota
	var s unix.CPUSet
	for _, c := range Cores() {
		s.Set(c)
	}
	if s != all {
		t.Errorf("cores %v, want %s", Cores(), List(&all))
	}
}

func TestList(t *testing.T) {
	for want, cores := range map[string][]int{"": nil, "0": {0}, "0-3,8": {8, 0, 1, 2, 3}, "1,3,1022-1023": {1, 3, 1023, 1022}} {
		var s unix.CPUSet
		for _, c := range cores {
			s.Set(c)
		}
		if got := List(&s); got != want {
			t.Errorf("cores %v are %q, want %q", cores, got, want)
		}
	}
}

// BenchmarkPin is what cores cost a run: two system calls, and a thread's move.
func BenchmarkPin(b *testing.B) {
	p, err := NewPin([]int{0})
	if err != nil {
		b.Fatal(err)
	}
	for range b.N {
		if err := p.On(); err != nil {
			b.Fatal(err)
		}
		if err := p.Off(); err != nil {
			b.Fatal(err)
		}
	}
}

// TestCoresOfALimit: with a limit of time no core is the process's own.
func TestCoresOfALimit(t *testing.T) {
	all := Cores()
	if len(all) < 2 {
		t.Skip("one core")
	}
	was := runtime.GOMAXPROCS(len(all) - 1)
	defer runtime.GOMAXPROCS(was)
	if got := Cores(); got != nil {
		t.Errorf("%d of %d cores at once, and they are %v", len(all)-1, len(all), got)
	}
}
