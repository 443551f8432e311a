//go:build cgo && linux

package app

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"braid/accel"
	"braid/accel/network"
	"braid/accel/network/testnet"
	"braid/accel/plan"
	"braid/accel/profile"
	"braid/accel/trt"
	"braid/cuda"
	"braid/cuda/cudatest"
)

// standIn is a chain of convolutions on two GPUs and a DLA that are played by the
// host.
func standIn(t *testing.T) (*subject, *cudatest.Fake) {
	t.Helper()
	f := cudatest.New(t)
	lib, err := cuda.Open(f.Path)
	if err != nil {
		t.Fatal(err)
	}
	b, err := trt.Open(lib, trt.Options{Level: trt.DefaultLevel, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { // fails where anything is still open
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	n, err := network.Parse(testnet.Chain(t, 6, 8, 1))
	if err != nil {
		t.Fatal(err)
	}
	env, _ := cachedIn(t)
	return &subject{env: env, runtime: b, network: n, ref: "chain"}, f
}

// briefly is a measurement of next to nothing.
func briefly(p plan.Precision) profile.Options {
	o := profile.Quick()
	o.Budget, o.Window, o.Streams, o.Precisions = 300*time.Millisecond, 2*time.Millisecond, []int{1, 2}, []plan.Precision{p}
	o.Copies = []int64{4 << 10, 64 << 10}
	return o
}

// TestProfileOfDevices measures what there is of devices, on the stand-in: its
// times mean nothing, but that they are there, for every unit, both ways of every
// copy and each pair of devices.
func TestProfileOfDevices(t *testing.T) {
	for _, c := range []struct {
		devices   []string
		precision plan.Precision
		ends      string // why the first and the last unit are refused
		streams   int
		ways      [][2]accel.DeviceID
	}{
		{[]string{"gpu:0", "gpu:1"}, plan.FP32, "", 4, [][2]accel.DeviceID{{"gpu:0", "gpu:1"}, {"gpu:1", "gpu:0"}, {"cpu", "gpu:0"}, {"gpu:0", "cpu"}, {"cpu", "gpu:1"}, {"gpu:1", "cpu"}}},
		{[]string{"dla:0", "dla:1"}, plan.FP16, "a DLA has no float32", 0, [][2]accel.DeviceID{{"cpu", "gpu:0"}, {"gpu:0", "cpu"}}},
	} {
		s, _ := standIn(t)
		p, err := s.measure(t.Context(), c.devices, briefly(c.precision))
		if err != nil {
			t.Fatal(err)
		}
		text, err := p.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := plan.ParseProfile(text, "p.yaml"); err != nil {
			t.Errorf("%v in\n%s", err, text)
		}
		order, units := p.BySeries()
		if len(order) != 2 || p.Machine == "" || p.Model != "chain" {
			t.Fatalf("series %v of %s on %s", order, p.Model, p.Machine)
		}
		for _, series := range order {
			sum, crossing := 0.0, int64(4*4*8*8)
			if series.Precision != plan.FP32 {
				crossing /= 2
			}
			for i, u := range units[series] {
				why := c.ends
				if i > 0 && u.At != "" {
					why = ""
				}
				if (u.Why == "") != (why == "") || !strings.Contains(u.Why, why) || u.At != "" && u.Bytes != crossing {
					t.Errorf("%s: unit %+v", series.Device, u)
				}
				sum += u.MS
			}
			if len(units[series]) < 4 || sum <= 0 || series.Precision != c.precision {
				t.Errorf("%v: %d units take %v ms", series, len(units[series]), sum)
			}
		}
		if len(p.Streams) != c.streams || len(p.Corun) != 1 || p.CPU != (plan.CPUTimes{}) {
			t.Errorf("streams %+v, corun %+v, CPU %+v", p.Streams, p.Corun, p.CPU)
		}
		ways := map[[2]accel.DeviceID]int{}
		for _, c := range p.Transfers {
			ways[[2]accel.DeviceID{c.From, c.To}]++
		}
		for _, w := range c.ways {
			if ways[w] != 2 || len(ways) != len(c.ways) {
				t.Errorf("copies %v, want two of %v", ways, w)
			}
		}
	}
}

// TestUnitsCopyNothing wants units to be timed without copies from and to the host,
// which are measured apart, and in the form in which tensors cross between devices.
func TestUnitsCopyNothing(t *testing.T) {
	s, f := standIn(t)
	if _, err := s.describe(t.Context()); err != nil {
		t.Fatal(err)
	}
	half := accel.TensorDesc{Name: "conv_2", Type: accel.Float16, Shape: []int64{1, 4, 8, 8}, Layout: accel.CHW16}
	full := accel.TensorDesc{Name: "conv_2", Type: accel.Float32, Shape: []int64{1, 4, 8, 8}}
	for _, c := range []struct {
		on    plan.Series
		want  accel.TensorDesc
		first int // segment that the device runs
	}{
		{plan.Series{Device: "dla:0", Precision: plan.FP16}, half, 1},
		{plan.Series{Device: "gpu:0", Precision: plan.FP32}, full, 0},
	} {
		cut, err := s.cut(t.Context(), []string{"conv_2", "conv_4"}, c.on)
		if err != nil {
			t.Fatal(err)
		}
		b, err := cut.Bind(0)
		if err != nil {
			t.Fatal(err)
		}
		if crossing, ok := b.Tensor("conv_2", "gpu:0"); !ok || !crossing.TensorDesc.Equal(c.want) || !cut.Segments[1].Inputs[0].Equal(c.want) {
			t.Errorf("%s: it crosses as %+v", c.on.Device, crossing.TensorDesc)
		}
		for _, name := range []string{"in", "conv_2", "conv_5"} {
			if _, ok := b.Tensor(name, host); ok {
				t.Errorf("%s: %s has a copy on the host", c.on.Device, name)
			}
		}
		f.Reset()
		for _, seg := range cut.Segments[c.first:2] {
			runOn(t, s.runtime, c.on, seg, b)
		}
		if n := f.Counts(); n.ToDevice.Count != 0 || n.ToHost.Count != 0 || n.Started != 2-c.first {
			t.Errorf("%s: %+v", c.on.Device, n)
		}
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	}
}

// runOn runs a segment once.
func runOn(t *testing.T, rt accel.Backend, on plan.Series, s *accel.Segment, b *accel.Bindings) {
	t.Helper()
	blob, err := rt.Build(t.Context(), s, on.Device, accel.BuildOptions{Precision: string(on.Precision)})
	if err != nil {
		t.Fatal(err)
	}
	e, err := rt.Load(t.Context(), blob, on.Device, accel.LoadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	x, err := e.NewExec()
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	if err := runOnce(t.Context(), x, b); err != nil {
		t.Fatal(err)
	}
}

// TestProfileOfFloatInInt8: a network without Q/DQ would run in another precision, and its times be those of int8.
func TestProfileOfFloatInInt8(t *testing.T) {
	s, _ := standIn(t)
	if _, err := s.measure(t.Context(), []string{"gpu:0"}, briefly(plan.INT8)); ExitCode(err) != 3 || !strings.Contains(err.Error(), "Q/DQ") {
		t.Errorf("exit %d, %v", ExitCode(err), err)
	}
}
