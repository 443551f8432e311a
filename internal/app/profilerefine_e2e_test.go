//go:build e2e && cgo && linux

package app

import (
	"encoding/json"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"braid/accel/network/testnet"
	"braid/accel/plan"
	"braid/cuda/cudatest"
	"braid/internal/testdata"
)

// TestMeasureBeginsWithParts: on GPUs that the host plays, plan --measure measures the parts of plans before it runs any, and
// leaves the kept profile as it is.
func TestMeasureBeginsWithParts(t *testing.T) {
	dir := t.TempDir()
	model := filepath.Join(dir, "chain.onnx")
	if err := os.WriteFile(model, testnet.Chain(t, 6, 8, 1), 0o600); err != nil {
		t.Fatal(err)
	}
	given := map[string]string{"BRAID_CUDA_LIB": cudatest.New(t).Path, "BRAID_ORT_LIB": testdata.ORT(t), "BRAID_CACHE_DIR": dir}
	var out, log strings.Builder
	env := &Env{Getenv: func(name string) string { return given[name] }, JSON: true, Out: &out, Err: &log, Log: slog.New(slog.NewTextHandler(&log, nil))}
	ref, err := profileRef(nil, model)
	if err != nil {
		t.Fatal(err)
	}
	rt, err := openRuntime(env, "trt")
	if err != nil {
		t.Fatal(err)
	}
	devices, err := rt.Devices(t.Context())
	if err == nil {
		err = rt.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	p := cutApart()
	p.Model, p.Machine = ref, machineKey(devices)
	p.Units = slices.DeleteFunc(p.Units, func(u plan.Unit) bool { return u.At == "conv_4" }) // one cut, so that there are few plans
	end := &p.Units[len(p.Units)-1]
	end.MS, end.Why = 0, "not for gpu:1" // so that the best plan has a cut
	file := profilePath(env, ref, p.Machine, false)
	if err := writeProfile(p, file); err != nil {
		t.Fatal(err)
	}
	kept, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	o := PlanOptions{Choice: Choice{Model: model, Backend: "trt"}, MaxDrop: MaxDrop, Measure: 3, Duration: 10 * time.Millisecond}
	if err := PlanChoose(t.Context(), env, o); err != nil {
		t.Fatalf("%v; said: %s", err, log.String())
	}
	if len(partsMeasured(log.String())) == 0 {
		t.Errorf("said: %s", log.String())
	}
	var report struct {
		Candidates []struct {
			Plan string
			FPS  float64
		}
		Measured []struct {
			Plan      string
			Predicted float64 `json:"predicted_fps"`
		}
	}
	if err := json.Unmarshal([]byte(out.String()), &report); err != nil || len(report.Measured) == 0 {
		t.Fatalf("%v in %s", err, out.String())
	}
	for _, row := range report.Measured {
		for _, k := range report.Candidates {
			if k.Plan == row.Plan && math.Abs(row.Predicted/k.FPS-1) > 0.02 {
				t.Errorf("%s is expected to make %v frames/s where it is chosen, and %v where it is measured", k.Plan, k.FPS, row.Predicted)
			}
		}
	}
	if is, err := os.ReadFile(file); err != nil || string(is) != string(kept) {
		t.Errorf("the kept profile is now %s: %v", is, err)
	}
}
