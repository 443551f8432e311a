package hostcpu

import (
	"context"
	"errors"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"

	"braid/accel"
)

// watcher is an Exec and its Call: it notes where it ran.
type watcher struct {
	t      *testing.T
	ran    unix.CPUSet
	fails  error
	closed int
}

func (w *watcher) Bind(*accel.Bindings) (accel.Call, error) { return w, w.fails }
func (w *watcher) Close() error                             { w.closed++; return nil }

func (w *watcher) Start(_ context.Context, after accel.Event) (accel.Event, error) {
	w.ran = allowed(w.t)
	if after != nil {
		w.t.Error("it is asked to wait on the core")
	}
	return accel.Done, w.fails
}

// before is an event that is waited for where the caller may run.
type before struct {
	t     *testing.T
	cores unix.CPUSet
	fails error
}

func (b before) Wait(context.Context) error {
	if s := allowed(b.t); s != b.cores {
		b.t.Errorf("it waits on %s", List(&s))
	}
	return b.fails
}

func TestKeep(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	all := allowed(t)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(all.Count())) // a container may have a quota
	cores := Cores()
	core := cores[len(cores)-1]
	w := &watcher{t: t}
	x, err := Keep(w, core)
	if err != nil {
		t.Fatal(err)
	}
	c, err := x.Bind(nil)
	if err != nil {
		t.Fatal(err)
	}
	oops := errors.New("oops")
	for _, fails := range []error{nil, oops} {
		w.fails, w.ran = fails, unix.CPUSet{}
		if _, err := c.Start(t.Context(), before{t, all, nil}); !errors.Is(err, fails) {
			t.Errorf("started: %v, want %v", err, fails)
		}
		if w.ran.Count() != 1 || !w.ran.IsSet(core) {
			t.Errorf("it ran on %s, want %d", List(&w.ran), core)
		}
		if s := allowed(t); s != all {
			t.Errorf("afterwards the thread may use %s", List(&s))
		}
	}
	w.ran = unix.CPUSet{}
	if _, err := c.Start(t.Context(), before{t, all, oops}); !errors.Is(err, oops) || w.ran.Count() != 0 {
		t.Errorf("behind what failed: %v, it ran on %s", err, List(&w.ran))
	}
	w.fails = nil
	taken := &keptCall{w, &Pin{before: all}} // of no core, as of one that was taken away
	if _, err := taken.Start(t.Context(), nil); err != nil || w.ran != all {
		t.Errorf("without its core: %v, it ran on %s", err, List(&w.ran))
	}
	w.fails = oops
	if _, err := x.Bind(nil); !errors.Is(err, oops) {
		t.Errorf("binding what fails: %v", err)
	}
	if err := errors.Join(c.Close(), x.Close()); err != nil || w.closed != 2 {
		t.Errorf("closing: %v, %d closed", err, w.closed)
	}
	if x, err := Keep(w, 5000); x != nil || err == nil || w.closed != 2 {
		t.Errorf("core 5000: %v, %v", x, err)
	}
}
