//go:build cgo && linux

package app

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"braid/accel"
	"braid/cuda"
)

// TestGraphsOnTheStandIn is what all other tests here start from.
func TestGraphsOnTheStandIn(t *testing.T) {
	for _, text := range placements {
		t.Run(text, func(t *testing.T) { newRig(t).good(planOver(text)) })
	}
}

// TestGraphIsNotSetUp lets a device fail while a graph is set up: it ends with one
// line that names the device and what to do, and leaves nothing. Where it was for
// want of memory the next graph may fit; where a builder of engines is still open, closing
// that makes room, and only the second failure counts.
func TestGraphIsNotSetUp(t *testing.T) {
	for _, c := range []struct {
		entry   string
		nth     []int
		builder bool // one is kept open by then
	}{
		{"builder_new", []int{1, 3}, false}, // the second one is kept, without which builds only take longer
		{"builder_build", []int{1, 2}, false},
		{"engine_load", []int{1, 2}, true}, // Load
		{"engine_inspect", []int{2}, false},
		{"exec_new", []int{1, 2, 4}, true}, // NewExec
		{"call_new", []int{1, 17}, true},
		{"call_copy", []int{3}, true},
		{"call_ready", []int{1, 9, 32}, true}, // Bind, which captures the graph
		{"alloc_device", []int{1, 8}, false},  // Alloc
		{"alloc_host", []int{1, 8}, false},
	} {
		for _, nth := range c.nth {
			for _, fault := range []error{cuda.ErrOutOfMemory, cuda.ErrDeviceLost} {
				t.Run(fmt.Sprintf("%s %d %v", c.entry, nth, fault), func(t *testing.T) {
					r := newRig(t)
					p := planOver("gpu:0 gpu:0 cpu")
					if err := r.rt.Supports(&accel.Segment{}, "gpu:0", accel.BuildOptions{}); err != nil { // opens TensorRT
						t.Fatal(err)
					}
					scarce := errors.Is(fault, cuda.ErrOutOfMemory)
					if scarce && c.builder {
						r.gpus.Fail(c.entry, nth+1, fault)
					}
					r.gpus.Fail(c.entry, nth, fault)
					_, err := r.assembled(p, 1)
					r.isOneLine(err, fault, 4)
					if scarce {
						r.good(p)
					}
				})
			}
		}
	}
}

// TestBuilderMakesRoom: what a graph has no memory for it gets of the builder that is still open.
func TestBuilderMakesRoom(t *testing.T) {
	for entry, nth := range map[string]int{"engine_load": 2, "exec_new": 3, "call_new": 17, "call_copy": 3, "call_ready": 9} {
		t.Run(entry, func(t *testing.T) {
			r := newRig(t)
			if err := r.rt.Supports(&accel.Segment{}, "gpu:0", accel.BuildOptions{}); err != nil {
				t.Fatal(err)
			}
			r.gpus.Fail(entry, nth, cuda.ErrOutOfMemory)
			r.good(planOver("gpu:0 gpu:0 cpu"))
			closed := 0
			for _, c := range r.gpus.Calls() {
				if c == "builder_close" {
					closed++
				}
			}
			if closed != 3 {
				t.Errorf("%d builders were closed, not those of both builds and one that was kept: %v", closed, r.gpus.Calls())
			}
		})
	}
}

// isOneLine holds an error to what a user is to see of it.
func (r *rig) isOneLine(err, fault error, code int) {
	r.Helper()
	if !errors.Is(err, fault) || errors.Is(err, accel.ErrDeviceLost) != errors.Is(fault, cuda.ErrDeviceLost) || ExitCode(err) != code {
		r.Fatalf("error %v with exit code %d, want one of %v with %d", err, ExitCode(err), fault, code)
	}
	mend := "start braid again"
	if errors.Is(fault, cuda.ErrOutOfMemory) {
		mend = "in_flight"
	}
	text := Message(err)
	if strings.Contains(text, "\n") || strings.Count(text, mend) != 1 || !strings.Contains(text, "gpu:") && !strings.Contains(text, "page-locked") {
		r.Errorf("error %q is not one line with the device and what to do", text)
	}
}

// TestOneFrameFails lets one enqueue, one run or one wait fail: that frame fails and
// no other does.
func TestOneFrameFails(t *testing.T) {
	for _, text := range placements {
		for _, entry := range []string{"call_start", "run", "call_wait"} {
			t.Run(text+" "+entry, func(t *testing.T) {
				r := newRig(t)
				trip, err := r.assembled(planOver(text), 60)
				if err != nil {
					t.Fatal(err)
				}
				r.gpus.Fail(entry, 20, cuda.ErrInternal)
				if err := r.drive(trip); err != nil {
					t.Fatal(err)
				}
				if entry == "call_wait" && len(trip.failures) == 0 && trip.done == 60 && strings.Contains(text, ",") {
					return // it was a wait that only paces: what the frame is waited for at its end told nothing
				}
				if len(trip.failures) != 1 || trip.done != 60 {
					t.Fatalf("%d frames came out, these failed: %v", trip.done, trip.failures)
				}
				if f := trip.failures[0]; !errors.Is(f, cuda.ErrInternal) || !strings.Contains(f.Error(), "on gpu:") {
					t.Errorf("the frame's error is %v", f)
				}
			})
		}
	}
}

// TestDeviceIsLost loses a device under the frames: the graph ends with one line
// that names the device and what to do.
func TestDeviceIsLost(t *testing.T) {
	for _, text := range placements {
		for _, entry := range []string{"call_start", "run", "call_wait"} {
			for _, nth := range []int{1, 25} {
				t.Run(fmt.Sprintf("%s %s %d", text, entry, nth), func(t *testing.T) {
					r := newRig(t)
					trip, err := r.assembled(planOver(text), 10_000)
					if err != nil {
						t.Fatal(err)
					}
					r.gpus.Fail(entry, nth, cuda.ErrDeviceLost)
					r.isOneLine(r.drive(trip), cuda.ErrDeviceLost, 1)
					if trip.done == 10_000 {
						t.Error("the graph went on to the end")
					}
					for _, f := range trip.failures {
						t.Errorf("a frame failed by itself: %v", f)
					}
				})
			}
		}
	}
}

// TestBenchEndsWithItsDevice is the same through braid bench's row.
func TestBenchEndsWithItsDevice(t *testing.T) {
	for fault, code := range map[error]int{cuda.ErrDeviceLost: 1, cuda.ErrOutOfMemory: 4} {
		t.Run(fault.Error(), func(t *testing.T) {
			r := newRig(t)
			b := &memoryCourse{verifier: r.verifier, inputs: r.samples[0].inputs}
			p := planOver("gpu:0 gpu:1")
			entry, nth := "exec_new", 3
			if code == 1 {
				entry, nth = "run", 4*p.InFlight+20 // behind those that warm up
			}
			r.gpus.Fail(entry, nth, fault)
			if code == 4 { // also with the room of the builder that is still open
				r.gpus.Fail(entry, nth+1, fault)
			}
			c, err := b.open(t.Context(), p)
			if err == nil {
				_, err = c.measure(t.Context(), &benchMeter{graph: c.graphOf().graph, gauges: newGauges(r.rt), duration: time.Hour})
				err = errors.Join(err, c.Close())
			}
			r.isOneLine(err, fault, code)
		})
	}
}
