//go:build cgo && linux

package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"braid/accel"
	"braid/accel/network"
	"braid/accel/network/testnet"
	"braid/accel/openvino"
	"braid/accel/plan"
	"braid/accel/sim"
	"braid/accel/trt"
	"braid/cuda"
	"braid/cuda/cudatest"
	"braid/internal/frame"
	"braid/stages"
)

// rig is a network, and two GPUs that the stand-in plays beside a CPU that Go plays.
type rig struct {
	*testing.T
	*verifier
	gpus *cudatest.Fake
}

// newRig has the right answers to three inputs. When the test ends it closes all,
// which fails where anything is left open, and looks for goroutines that are left.
func newRig(t *testing.T) *rig {
	before := goleak.IgnoreCurrent()
	t.Cleanup(func() { goleak.VerifyNone(t, before) })
	gpus, silence := cudatest.New(t), slog.New(slog.DiscardHandler)
	declared := &sim.File{Name: "two", Cores: 1, Source: "a test", Devices: []sim.Device{
		{ID: "sim:x", Kind: sim.GPU, Speed: 1e-3, StreamsGain: []float64{1, 1.5}}, {ID: "sim:y", Kind: sim.DLA, Speed: 1e-3, FIFO: true},
	}, Transfer: sim.Transfer{MS: 0.05}}
	rt := &runtimes{cpu: &goCPU{}, declared: declared}
	rt.sim.open = func() (*sim.Backend, error) {
		return openSimulated(&Env{Log: silence}, declared, rt.cpu)
	}
	rt.openvino.open = func() (*openvino.Backend, error) { return nil, openvino.ErrUnavailable }
	rt.trt.open = func() (*trt.Backend, error) {
		lib, err := cuda.Open(gpus.Path)
		if err != nil {
			return nil, err
		}
		return trt.Open(lib, trt.Options{Log: silence})
	}
	t.Cleanup(func() {
		if err := rt.Close(); err != nil {
			t.Error(err)
		}
	})
	n, err := network.Parse(testnet.Chain(t, 4, 8, 1))
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{t, &verifier{rt: rt, net: n, log: silence}, gpus}
	if err := r.prepare(t.Context(), nil, 1, 3); err != nil {
		t.Fatal(err)
	}
	return r
}

// placements are plans of the network, by what the segments run on.
var placements = []string{"gpu:0", "gpu:0 gpu:0", "gpu:0 gpu:0 gpu:0", "gpu:0 cpu gpu:0", "gpu:0 gpu:1 gpu:0", "cpu gpu:1 gpu:0", "gpu:0,gpu:1 gpu:0 cpu", "gpu:0 gpu:1,cpu"}

// declaredPlacements are plans with devices that are declared.
var declaredPlacements = []string{"sim:x", "sim:x sim:x", "sim:x sim:y sim:x", "sim:x,cpu sim:y cpu", "cpu sim:x,sim:y cpu", "sim:x sim:y,cpu", "sim:x cpu gpu:0"}

// planOver is a plan of that many segments, each on devices with commas between them
// and with two streams on each.
func planOver(text string) plan.Plan {
	p := plan.Default()
	p.InFlight = 8
	for i, devices := range strings.Fields(text) {
		s := plan.Segment{Until: fmt.Sprintf("conv_%d", i), Streams: 2}
		for d := range strings.SplitSeq(devices, ",") {
			s.Devices = append(s.Devices, plan.Placement{ID: accel.DeviceID(d)})
		}
		p.Segments = append(p.Segments, s)
	}
	p.Segments[len(p.Segments)-1].Until = ""
	return p
}

// trip is frames on their way through a plan's graph, and what became of them.
type trip struct {
	*planRun
	pipe     *pipeline
	failures []error
}

// assembled sets a plan up for so many frames.
func (r *rig) assembled(p plan.Plan, frames int) (*trip, error) {
	run := &planRun{verifier: r.verifier, frames: frames, pool: frame.NewPool(p.InFlight+1, frame.Heap)}
	pipe, err := assemble(r.Context(), r.rt, r.net, p, r.log, run.ends)
	return &trip{run, pipe, nil}, err
}

// drive runs the frames and takes the graph down again. Whatever happens every Job
// is idle then, every frame is accounted for, those that came out without an error
// are right and in order, and all closes.
func (r *rig) drive(t *trip) error {
	r.Helper()
	err := t.pipe.run(r.Context(), t, func(_ context.Context, j *stages.Job) error {
		t.done++
		if j.Seq != uint64(t.done) {
			r.Errorf("frame %d came out at place %d", j.Seq, t.done)
		}
		if j.Err == nil {
			t.ledger.CountPublished()
		} else {
			t.failures = append(t.failures, j.Err)
			t.ledger.CountFailed(j.Failed)
		}
		return nil
	})
	if idle := t.pipe.graph.Idle(); idle != t.pipe.plan.InFlight {
		r.Errorf("%d of %d jobs are idle", idle, t.pipe.plan.InFlight)
	}
	if n := t.ledger.Counts(); n.InFlight != 0 {
		r.Errorf("frames are not accounted for: %+v", n)
	}
	if !t.worst.within(toleranceFP32) {
		r.Errorf("a frame that passes for good is wrong: %+v", t.worst)
	}
	if closing := errors.Join(t.pipe.Close(), t.pool.Close()); closing != nil {
		r.Errorf("closing: %v", closing)
	}
	return err
}

// good runs frames through a plan of which none fails.
func (r *rig) good(p plan.Plan) {
	r.Helper()
	t, err := r.assembled(p, 24)
	if err != nil {
		r.Fatal(err)
	}
	if err := r.drive(t); err != nil || t.done != 24 || t.failures != nil {
		r.Errorf("%d frames, %v, %v", t.done, err, t.failures)
	}
}

// TestEndOfBuilds reaches TensorRT, which keeps what builds have in common until then.
func TestEndOfBuilds(t *testing.T) {
	r := newRig(t)
	run, err := r.assembled(planOver("gpu:0 gpu:1 gpu:0"), 0)
	if err != nil {
		t.Fatal(err)
	}
	defer run.pipe.Close()
	if n := r.openBuilders(); n != 2 {
		t.Errorf("%d builders are open, not one of each GPU", n)
	}
	var log strings.Builder
	env := &Env{Log: slog.New(slog.NewTextHandler(&log, nil))}
	r.gpus.Fail("builder_close", 1, cuda.ErrInternal)
	if endBuilds(env, r.rt); r.openBuilders() > 1 || !strings.Contains(log.String(), "still loaded") {
		t.Errorf("%d builders are open, log %q", r.openBuilders(), log.String())
	}
}

// openBuilders is how many builders of engines are open, by what the stand-in was called for.
func (r *rig) openBuilders() (n int) {
	for _, c := range r.gpus.Calls() {
		if strings.HasPrefix(c, "builder_new") {
			n++
		}
		if strings.HasPrefix(c, "builder_close") {
			n--
		}
	}
	return n
}
