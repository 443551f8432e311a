//go:build cgo && linux

package cuda_test

import (
	"errors"
	"runtime"
	"sync"
	"testing"

	"braid/cuda"
	"braid/cuda/cudatest"
)

// TestCall runs one call with its copies, again and again.
func TestCall(t *testing.T) {
	r := newRig(t)
	in, p := r.host(24)
	out, q := r.host(24)
	s := r.stage(0)
	s.from(t, onHost(p))
	s.to(t, onHost(q))
	check(t, s.Ready(true))
	if c := r.Counts(); c != (cudatest.Counts{}) {
		t.Errorf("readying counts: %+v", c)
	}
	for i := range 3 {
		put(in, float32(i), 1, 2, 3, 4, -5)
		check(t, s.Start(nil, 0))
		check(t, s.Wait())
		equal(t, floats(out), 2*float32(i), 2, 4, 6, 8, 0)
	}
	equal(t, floats(r.Peek(s.y, 24)), 4, 2, 4, 6, 8, 0)
	c := r.Counts()
	if c.Started != 3 || c.Finished != 3 || c.ToDevice != (cudatest.Copied{Count: 3, Bytes: 72}) || c.ToHost != c.ToDevice {
		t.Errorf("counts %+v", c)
	}
}

// TestProfile runs a call layer by layer: what its graph gives comes out too.
func TestProfile(t *testing.T) {
	r := newRig(t)
	in, p := r.host(24)
	s := r.stage(0)
	s.from(t, onHost(p))
	_, err := s.Profile()
	refused(t, err, cuda.ErrInvalid, "the call is not ready")
	check(t, s.Ready(true))
	put(in, 1, 2, 3, 4, 5, -6)
	times, err := s.Profile()
	check(t, err)
	if want := `{"run_ms":3,"at_once":true,"layers":[{"layer":"s","ms":1.5},{"layer":"y","ms":2.5}]}`; string(times) != want {
		t.Errorf("times %s, want %s", times, want)
	}
	equal(t, floats(r.Peek(s.y, 24)), 2, 4, 6, 8, 10, 0)
}

// TestStretch asks for a stand-in; that it takes longer shows on a GPU only.
func TestStretch(t *testing.T) {
	r := newRig(t)
	x := r.exec(r.engine(0, double(t, 1, 2, 3)))
	refused(t, x.Stretch(0.5), cuda.ErrInvalid, "a run cannot take 0.5 times as long")
	check(t, x.Stretch(3))
	refused(t, x.Stretch(3), cuda.ErrInvalid, "this exec is stretched already")
}

// TestRank asks for execs of ranks; which is done first shows on a GPU only.
func TestRank(t *testing.T) {
	r := newRig(t)
	e := r.engine(0, double(t, 1, 2, 3))
	_, err := e.NewExec(-1)
	refused(t, err, cuda.ErrInvalid, "rank -1 is below 0")
	for rank := range 3 {
		x, err := e.NewExec(rank)
		check(t, err)
		r.closing(x)
	}
	if c := r.Counts(); c.Ranks != 3 {
		t.Errorf("counts %+v", c)
	}
}

// TestForgottenCopy shows that memory of the device is not the host's.
func TestForgottenCopy(t *testing.T) {
	r := newRig(t)
	in, p := r.host(24)
	out, q := r.host(24)
	s := r.stage(0)
	s.from(t, onHost(p))
	check(t, s.Ready(false))
	put(in, 1, 1, 1, 1, 1, 1)
	check(t, s.Start(nil, 0))
	check(t, s.Wait())
	equal(t, floats(out), 0, 0, 0, 0, 0, 0)
	_ = q
}

// TestZeroCopy binds page-locked memory itself.
func TestZeroCopy(t *testing.T) {
	r := newRig(t)
	in, p := r.host(24)
	out, q := r.host(24)
	c := r.call(r.exec(r.engine(1, double(t, 1, 2, 3))))
	check(t, c.Tensor("x", p))
	check(t, c.Tensor("y", q))
	check(t, c.Ready(false))
	put(in, 1, 2, 3, 4, 5, 6)
	check(t, c.Start(nil, 0))
	check(t, c.Wait())
	equal(t, floats(out), 2, 4, 6, 8, 10, 12)
}

// TestChain starts a call on GPU 1 behind one on GPU 0 while that one is held up:
// neither Start waits, and the host waits once.
func TestChain(t *testing.T) {
	for name, direct := range map[string]bool{"direct": true, "through the host": false} {
		t.Run(name, func(t *testing.T) {
			f := cudatest.New(t)
			f.Configure(cudatest.Machine{GPUs: 2, Memory: 1 << 20, Direct: direct})
			r := &rig{t, f, f.Open()}
			in, p := r.host(24)
			out, q := r.host(24)
			first, second := r.stage(0), r.stage(1)
			first.from(t, onHost(p))
			second.from(t, cuda.Place{GPU: 0, Address: first.y})
			second.to(t, onHost(q))
			check(t, first.Ready(false))
			check(t, second.Ready(false))
			put(in, 1, 2, 3, 4, 5, 6)
			goOn, runs := make(chan struct{}), make(chan struct{}, 2)
			f.Evaluate(func(onnx []byte, in, out map[string][]float32) error {
				runs <- struct{}{}
				<-goOn
				return cudatest.Run(onnx, in, out)
			})
			check(t, first.Start(nil, 0))
			check(t, second.Start(first.Call, 0))
			<-runs
			if len(runs) > 0 || r.Counts().Finished != 0 {
				t.Error("the second run did not wait for the first")
			}
			close(goOn)
			check(t, second.Wait())
			check(t, first.Wait())
			equal(t, floats(out), 4, 8, 12, 16, 20, 24)
			if c := r.Counts(); c.HostWaits > 1 || c.Between != (cudatest.Copied{Count: 1, Bytes: 24}) {
				t.Errorf("counts %+v", c)
			}
		})
	}
}

// TestHostWaits counts a Wait that has to wait, and not one that has not.
func TestHostWaits(t *testing.T) {
	r := newRig(t)
	s := r.stage(0)
	check(t, s.Ready(false))
	goOn := make(chan struct{})
	r.Evaluate(func([]byte, map[string][]float32, map[string][]float32) error { <-goOn; return nil })
	check(t, s.Start(nil, 0))
	ended := make(chan error)
	go func() { ended <- s.Wait() }()
	for r.HostWaits() == 0 {
		runtime.Gosched()
	}
	close(goOn)
	check(t, <-ended)
	check(t, s.Wait())
	if n := r.HostWaits(); n != 1 {
		t.Errorf("%d waits, want 1", n)
	}
}

func TestSpin(t *testing.T) {
	r := newRig(t)
	c, err := r.exec(r.engine(0, double(t, 1, 2, 3))).NewCall(true)
	check(t, err)
	_, p := r.host(24)
	check(t, c.Tensor("x", p))
	check(t, c.Tensor("y", p))
	check(t, c.Ready(false))
	check(t, c.Start(nil, 0))
	check(t, c.Wait())
	check(t, c.Close())
}

// TestStreamKeepsOrder starts more than once before it waits.
func TestStreamKeepsOrder(t *testing.T) {
	r := newRig(t)
	s := r.stage(0)
	check(t, s.Ready(false))
	for range 100 {
		check(t, s.Start(nil, 0))
	}
	check(t, s.Wait())
	if c := r.Counts(); c.Finished != 100 {
		t.Errorf("%d runs ended before Wait did, want 100", c.Finished)
	}
	goOn := make(chan struct{})
	r.Evaluate(func([]byte, map[string][]float32, map[string][]float32) error { <-goOn; return nil })
	var err error
	for n := 0; err == nil && n < 1000; n++ {
		err = s.Start(nil, 0)
	}
	refused(t, err, cuda.ErrInvalid, "wait in this stream already")
	close(goOn)
	check(t, s.Wait())
}

// TestManyExecs runs several execs of one engine, one goroutine each.
func TestManyExecs(t *testing.T) {
	r := newRig(t)
	e := r.engine(0, double(t, 1, 2, 3))
	var wg sync.WaitGroup
	for i := range 4 {
		in, p := r.host(24)
		out, q := r.host(24)
		c := r.call(r.exec(e))
		check(t, c.Tensor("x", p))
		check(t, c.Tensor("y", q))
		check(t, c.Ready(false))
		wg.Go(func() {
			for k := range 50 {
				put(in, float32(i), float32(k), 3, 4, 5, 6)
				if err := errors.Join(c.Start(nil, 0), c.Wait()); err != nil {
					t.Error(err)
					return
				}
				equal(t, floats(out), 2*float32(i), 2*float32(k), 6, 8, 10, 12)
			}
		})
	}
	wg.Wait()
}

// TestNoAllocation holds Start and Wait to none. The evaluator, which runs in
// this process, is replaced by one that needs nothing.
func TestNoAllocation(t *testing.T) {
	r := newRig(t)
	s := r.stage(0)
	check(t, s.Ready(true))
	goOn := make(chan struct{})
	r.Evaluate(func([]byte, map[string][]float32, map[string][]float32) error { <-goOn; return nil })
	var err error
	starts := testing.AllocsPerRun(100, func() {
		if e := s.Start(nil, 0); e != nil {
			err = e
		}
	})
	close(goOn)
	check(t, err)
	check(t, s.Wait())
	waits := testing.AllocsPerRun(100, func() {
		if e := s.Wait(); e != nil {
			err = e
		}
	})
	check(t, err)
	if starts != 0 || waits != 0 {
		t.Errorf("%v allocations in Start and %v in Wait, want none", starts, waits)
	}
}
