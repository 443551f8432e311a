//go:build e2e

package sim

import (
	"log/slog"
	"testing"

	"braid/accel"
	"braid/accel/acceltest"
	"braid/accel/ort"
	"braid/internal/testdata"
)

// both closes a Backend and then the one that computes for it.
type both struct {
	*Backend
	cpu accel.Backend
}

func (b both) Close() error {
	if err := b.Backend.Close(); err != nil {
		return err
	}
	return b.cpu.Close()
}

// TestSuiteOnORT has ONNX Runtime compute.
func TestSuiteOnORT(t *testing.T) {
	acceltest.Run(t, acceltest.Harness{
		Device: "sim:g", Stand: "results that come for the first time are kept, which allocates: TestStartAllocatesNothing looks at the rest",
		Open: func(t *testing.T) accel.Backend {
			log := slog.New(slog.DiscardHandler)
			cpu, err := ort.Open(testdata.ORT(t), log)
			if err != nil {
				t.Fatal(err)
			}
			b, err := Open(Options{File: toy(t), CPU: cpu, Log: log})
			if err != nil {
				t.Fatal(err)
			}
			return both{b, cpu}
		},
	})
}
