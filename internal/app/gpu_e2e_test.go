//go:build e2e && cgo && linux

package app

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"testing"

	"braid/accel"
	"braid/accel/plan"
	"braid/cuda"
	"braid/cuda/cudatest"
	"braid/internal/testdata"
)

// withCUDA opens ONNX Runtime and TensorRT. The environment of the test prevails
// over given; engines are quick to build, and kept for the test alone unless
// $BRAID_CACHE_DIR says where.
func withCUDA(t *testing.T, given map[string]string) *runtimes {
	t.Helper()
	quick := map[string]string{"BRAID_ORT_LIB": testdata.ORT(t), "BRAID_TENSORRT_LEVEL": "0", "BRAID_CACHE_DIR": t.TempDir()}
	env := *silent
	env.Getenv = func(name string) string { return first(given[name], os.Getenv(name), quick[name]) }
	var err error
	if env.Exe, err = os.Executable(); err != nil {
		t.Fatal(err)
	}
	rt, err := openRuntime(&env, "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := rt.Close(); err != nil {
			t.Error(err)
		}
	})
	both, ok := rt.(*runtimes)
	if !ok {
		t.Fatalf("opened %T", rt)
	}
	if _, err := both.trt.get(); errors.Is(err, cuda.ErrMissing) {
		t.Skipf("no GPU to run on: %v", err)
	} else if err != nil {
		t.Fatal(err)
	}
	return both
}

// onGPU opens the real library, or skips where there is no GPU to run on.
func onGPU(t *testing.T) *runtimes {
	t.Helper()
	return withCUDA(t, nil)
}

// onStandIn opens the stand-in, so that what runs on a GPU is tried where there is
// none.
func onStandIn(t *testing.T) *runtimes {
	t.Helper()
	return withCUDA(t, map[string]string{"BRAID_CUDA_LIB": cudatest.New(t).Path})
}

// onGPU0 is a plan of gpu:0 alone, with two streams for each segment.
func onGPU0(at []string, precision plan.Precision) plan.Plan {
	p := plan.Default()
	p.Precision, p.InFlight = precision, 4
	for _, until := range append(slices.Clip(at), "") {
		p.Segments = append(p.Segments, plan.Segment{Until: until, Devices: []plan.Placement{{ID: accel.DeviceID("gpu:0")}}, Streams: 2})
	}
	return p
}

// onTwoGPUs is a plan whose segments are on gpu:0 and gpu:1 in turn, with two streams for each.
func onTwoGPUs(at []string, precision plan.Precision) plan.Plan {
	p := onGPU0(at, precision)
	for i := range p.Segments {
		p.Segments[i].Devices[0].ID = accel.DeviceID(fmt.Sprintf("gpu:%d", i%2))
	}
	return p
}

// TestOnlyTensorRTServes: with --backend trt its devices are all there are, and the host's memory beside them.
func TestOnlyTensorRTServes(t *testing.T) {
	r := onStandIn(t)
	r.only = "trt"
	list, err := r.Devices(t.Context())
	if err != nil || len(list) == 0 {
		t.Fatalf("%v, %v", list, err)
	}
	for _, d := range list {
		if d.Backend != "trt" {
			t.Errorf("%s is %s's", d.ID, d.Backend)
		}
	}
	for _, d := range []accel.DeviceID{host, "gpu:0"} {
		m, err := r.Alloc(d, []accel.TensorDesc{{Name: "x", Type: accel.Float32, Shape: []int64{4}}})
		if err != nil {
			t.Errorf("memory of %s: %v", d, err)
			continue
		}
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	}
}
