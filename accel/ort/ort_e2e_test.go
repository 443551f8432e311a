//go:build e2e

package ort

import (
	"log/slog"
	"testing"

	"braid/accel"
	"braid/accel/acceltest"
	"braid/accel/hostcpu"
	"braid/internal/testdata"
)

// open opens the library; whoever calls it closes the Backend.
func open(t testing.TB) *Backend {
	t.Helper()
	b, err := Open(testdata.ORT(t), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestSuite(t *testing.T) {
	cores := hostcpu.Cores() // a container may lack core 0, or have a quota and so none of its own
	cores = cores[:min(1, len(cores))]
	for _, c := range []struct {
		name   string
		device accel.DeviceID
		load   accel.LoadOptions
	}{
		{"one shared session", "cpu", accel.LoadOptions{Threads: 1}},
		{"two threads each", "cpu", accel.LoadOptions{Threads: 2}},
		{"default threads", "cpu", accel.LoadOptions{}},
		{"spinning on given cores", "cpu", accel.LoadOptions{Threads: 2, Spin: true, Cores: cores}},
	} {
		t.Run(c.name, func(t *testing.T) {
			acceltest.Run(t, acceltest.Harness{
				Open:   func(t *testing.T) accel.Backend { return open(t) },
				Device: c.device,
				Load:   c.load,
			})
		})
	}
}
