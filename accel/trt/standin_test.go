//go:build cgo && linux

package trt

import (
	"errors"
	"log/slog"
	"strings"
	"testing"

	"braid/accel"
	"braid/cuda"
	"braid/cuda/cudatest"
)

// TestStandIn holds what is said and asked of a stand-in; that it is slower shows on a
// GPU only.
func TestStandIn(t *testing.T) {
	lib := cudatest.New(t)
	list, err := ParseStandIns("gpu:1=6")
	must(t, err)
	open := func(list []StandIn) (*Backend, error) {
		l, err := cuda.Open(lib.Path)
		must(t, err)
		return Open(l, Options{Level: DefaultLevel, Log: slog.New(slog.DiscardHandler), StandIns: list})
	}
	b, err := open(list)
	must(t, err)
	t.Cleanup(func() { must(t, b.Close()) })
	devices, err := b.Devices(t.Context())
	must(t, err)
	if strings.HasPrefix(devices[0].Name, StandInPrefix) || !strings.HasPrefix(devices[1].Name, StandInPrefix+"x6 of ") || devices[0].FIFO || !devices[1].FIFO {
		t.Errorf("devices %+v", devices)
	}
	s := conv(t, tensor("x", 16, accel.Float32, ""), tensor("y", 16, accel.Float32, ""))
	must(t, b.Supports(s, "gpu:1", accel.BuildOptions{Precision: "fp16"}))
	if err := b.Supports(s, "gpu:1", accel.BuildOptions{Precision: "fp32"}); err == nil || !strings.Contains(err.Error(), "stand-in for a DLA") {
		t.Errorf("fp32: %v", err)
	}
	must(t, b.Supports(s, "gpu:0", accel.BuildOptions{Precision: "fp32"}))
	blob, err := b.Build(t.Context(), s, "gpu:1", accel.BuildOptions{Precision: "fp16"})
	must(t, err)
	e, err := b.Load(t.Context(), blob, "gpu:1", accel.LoadOptions{})
	must(t, err)
	x, err := e.NewExec()
	must(t, err)
	if err := x.(*exec).native.Stretch(2); err == nil || !strings.Contains(err.Error(), "stretched already") {
		t.Errorf("the exec was not stretched: %v", err)
	}
	must(t, errors.Join(x.Close(), e.Close()))
	if _, err := open([]StandIn{{GPU: 7, Factor: 2}}); err == nil || !strings.Contains(err.Error(), "gpu:7 cannot be a stand-in") {
		t.Errorf("a GPU that there is not: %v", err)
	}
	for _, text := range []string{"", "gpu:1", "gpu:1=", "gpu:1=0.5", "gpu:1=nan", "gpu:1=1e9", "dla:0=2", "gpu:-1=2", "gpu:x=2", "gpu:1=2,"} {
		if list, err := ParseStandIns(text); err == nil {
			t.Errorf("%q is %v", text, list)
		}
	}
}
