//go:build e2e

package openvino

import (
	"log/slog"
	"path/filepath"
	"testing"

	"braid/accel"
	"braid/accel/acceltest"
	"braid/accel/enginecache"
	"braid/accel/hostcpu"
	"braid/internal/testdata"
)

// open opens the library; whoever calls it closes the Backend.
func open(t testing.TB) *Backend {
	t.Helper()
	b, err := Open(testdata.OpenVINO(t), Options{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// standIn is the CPU in the place of an NPU: what only other devices do, enqueue and
// wait later, runs there too.
func standIn(t testing.TB) *Backend {
	t.Helper()
	b := open(t)
	d := b.list[0]
	d.id = "npu:0/openvino"
	b.list = append(b.list, d)
	return b
}

func TestSuite(t *testing.T) {
	cached := func(t *testing.T) accel.Backend {
		b := open(t)
		b.options.Cache = &enginecache.Cache{Dir: t.TempDir()}
		return b
	}
	cores := hostcpu.Cores() // a container may lack core 0, or have a quota and so none of its own
	cores = cores[:min(1, len(cores))]
	plain := func(t *testing.T) accel.Backend { return open(t) }
	for _, c := range []struct {
		name   string
		open   func(t *testing.T) accel.Backend
		device accel.DeviceID
		load   accel.LoadOptions
	}{
		{"one thread", plain, "cpu/openvino", accel.LoadOptions{Threads: 1}},
		{"with a cache", cached, "cpu/openvino", accel.LoadOptions{Threads: 1}},
		{"two threads each", plain, "cpu/openvino", accel.LoadOptions{Threads: 2}},
		{"default threads", plain, "cpu/openvino", accel.LoadOptions{}},
		{"on given cores", plain, "cpu/openvino", accel.LoadOptions{Cores: cores}},
		{"a device that enqueues", func(t *testing.T) accel.Backend { return standIn(t) }, "npu:0/openvino", accel.LoadOptions{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if beside, _ := filepath.Glob(filepath.Join(filepath.Dir(testdata.OpenVINO(t)), "libtbbbind*")); c.load.Cores != nil && beside != nil {
				t.Skip("a library of the tester's own, which keeps no thread on given cores")
			}
			acceltest.Run(t, acceltest.Harness{Open: c.open, Device: c.device, Load: c.load})
		})
	}
}
