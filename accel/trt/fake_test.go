//go:build cgo && linux

package trt

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"braid/accel"
	"braid/accel/acceltest"
	"braid/accel/network"
	"braid/cuda"
	"braid/cuda/cudatest"
)

var update = flag.Bool("update", false, "rewrite golden files")

// onFake opens the stand-in as a Backend, which its caller closes.
func onFake(t testing.TB, f *cudatest.Fake) *Backend {
	t.Helper()
	lib, err := cuda.Open(f.Path)
	if err != nil {
		t.Fatal(err)
	}
	return backend(t, lib, DefaultLevel)
}

func TestSuite(t *testing.T) {
	open := func(t *testing.T) accel.Backend { return onFake(t, cudatest.New(t)) }
	for _, c := range []struct {
		name   string
		device accel.DeviceID
		load   accel.LoadOptions
	}{
		{"gpu:0 as a graph", "gpu:0", accel.LoadOptions{}},
		{"gpu:1 kernel by kernel, spinning", "gpu:1", accel.LoadOptions{Eager: true, Spin: true}},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := suite(open, c.device, "fp32", c.load, 1e-5)
			h.Stand = "the stand-in evaluates in Go: TestStartAllocatesNothing looks at Start alone"
			acceltest.Run(t, h)
		})
	}
}

// TestStartAllocatesNothing starts runs that wait, so that only Start is counted.
func TestStartAllocatesNothing(t *testing.T) {
	f := cudatest.New(t)
	b := onFake(t, f)
	t.Cleanup(func() { must(t, b.Close()) })
	x, a, y := tensor("x", 3, accel.Float32, ""), tensor("a", 5, accel.Float32, ""), tensor("y", 4, accel.Float32, "")
	on := bound(t, b, map[accel.DeviceID][]accel.TensorDesc{"cpu": {x, y}, "gpu:0": {x, a, y}})
	on.SetRoute("a", []accel.DeviceID{"gpu:0"}, []accel.DeviceID{"gpu:0"})
	first := ready(t, b, conv(t, x, a), "gpu:0", accel.BuildOptions{}, on)
	second := ready(t, b, conv(t, a, y), "gpu:0", accel.BuildOptions{}, on)
	open := make(chan struct{})
	f.Evaluate(func([]byte, map[string][]float32, map[string][]float32) error { <-open; return nil })
	ctx := t.Context()
	var last accel.Event
	if n := testing.AllocsPerRun(50, func() {
		after, err := first.Start(ctx, accel.Done)
		if err == nil {
			last, err = second.Start(ctx, after)
		}
		if err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("two Starts allocate %v times", n)
	}
	close(open)
	must(t, last.Wait(ctx))
}

// conv is a convolution and its activation from x to y, both of a type and layout.
func conv(t testing.TB, x, y accel.TensorDesc) *accel.Segment {
	t.Helper()
	b := network.NewBuilder("conv", 13)
	plain := func(d accel.TensorDesc) accel.TensorDesc {
		return accel.TensorDesc{Name: d.Name, Type: accel.Float32, Shape: d.Shape}
	}
	b.Input(plain(x))
	weights := make([]float32, y.Shape[1]*x.Shape[1])
	for i := range weights {
		weights[i] = float32(i%5) / 4
	}
	b.Floats(y.Name+".w", []int64{y.Shape[1], x.Shape[1], 1, 1}, weights)
	b.Node("Conv", []string{x.Name, y.Name + ".w"}, []string{y.Name + ".c"}, network.AttrInts("kernel_shape", 1, 1))
	b.Node("Relu", []string{y.Name + ".c"}, []string{y.Name})
	b.Output(plain(y))
	data, err := b.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return &accel.Segment{Name: "infer of " + y.Name, ONNX: data, Inputs: []accel.TensorDesc{x}, Outputs: []accel.TensorDesc{y}, Layers: 2}
}

func tensor(name string, channels int64, typ accel.DType, l accel.Layout) accel.TensorDesc {
	return accel.TensorDesc{Name: name, Type: typ, Shape: []int64{1, channels, 4, 4}, Layout: l}
}

// TestBuilderCalls has the exact calls that a plan of a GPU and both DLA cores
// makes: what JEDI does on a Jetson.
func TestBuilderCalls(t *testing.T) {
	f := cudatest.New(t)
	b := onFake(t, f)
	t.Cleanup(func() { must(t, b.Close()) })
	full, half := accel.Float32, accel.Float16
	for _, c := range []struct {
		segment  *accel.Segment
		device   accel.DeviceID
		fallback bool
	}{
		{conv(t, tensor("images", 3, full, accel.Linear), tensor("a", 16, half, accel.CHW16)), "gpu:0", false},
		{conv(t, tensor("a", 16, half, accel.CHW16), tensor("b", 32, half, accel.CHW16)), "dla:0", false},
		{conv(t, tensor("b", 32, half, accel.CHW16), tensor("c", 16, full, accel.Linear)), "dla:1", true},
	} {
		if _, err := b.Build(t.Context(), c.segment, c.device, accel.BuildOptions{Precision: "fp16", Fallback: c.fallback}); err != nil {
			t.Fatal(err)
		}
	}
	golden(t, "builder.golden", strings.Join(f.Calls(), "\n")+"\n")
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		must(t, os.MkdirAll("testdata", 0o755))
		must(t, os.WriteFile(path, []byte(got), 0o644))
	}
	want, err := os.ReadFile(path)
	must(t, err)
	if got != string(want) {
		t.Errorf("%s differs (-update rewrites it):\n%s", path, got)
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// ready loads a Segment and binds it; everything is closed when the test ends.
func ready(t *testing.T, b *Backend, s *accel.Segment, d accel.DeviceID, o accel.BuildOptions, on *accel.Bindings) accel.Call {
	t.Helper()
	return readyWith(t, b, s, d, o, accel.LoadOptions{}, on)
}

func readyWith(t *testing.T, b *Backend, s *accel.Segment, d accel.DeviceID, o accel.BuildOptions, load accel.LoadOptions, on *accel.Bindings) accel.Call {
	t.Helper()
	blob, err := b.Build(t.Context(), s, d, o)
	must(t, err)
	e, err := b.Load(t.Context(), blob, d, load)
	must(t, err)
	t.Cleanup(func() { must(t, e.Close()) })
	x, err := e.NewExec()
	must(t, err)
	t.Cleanup(func() { must(t, x.Close()) })
	c, err := x.Bind(on)
	must(t, err)
	t.Cleanup(func() { must(t, c.Close()) })
	return c
}

// TestHandOver takes a tensor along a GPU, its two DLA cores and another GPU: in
// half precision and DLA's layout, through no host and with no wait there.
func TestHandOver(t *testing.T) {
	f := cudatest.New(t)
	b := onFake(t, f)
	t.Cleanup(func() { must(t, b.Close()) })
	x, y := tensor("x", 3, accel.Float32, accel.Linear), tensor("y", 4, accel.Float32, accel.Linear)
	a, c, d := tensor("a", 5, accel.Float16, accel.CHW16), tensor("c", 6, accel.Float16, accel.CHW16), tensor("d", 7, accel.Float16, accel.CHW16)
	on := bound(t, b, map[accel.DeviceID][]accel.TensorDesc{"cpu": {x, y}, "gpu:0": {x, a, c, d}, "gpu:1": {d, y}})
	on.SetRoute("x", []accel.DeviceID{"cpu"}, []accel.DeviceID{"gpu:0"})
	on.SetRoute("y", []accel.DeviceID{"gpu:1"}, []accel.DeviceID{"cpu"})
	on.SetRoute("d", []accel.DeviceID{"gpu:0"}, []accel.DeviceID{"gpu:1"})
	half := accel.BuildOptions{Precision: "fp16"}
	calls := []accel.Call{
		ready(t, b, conv(t, x, a), "gpu:0", half, on),
		ready(t, b, conv(t, a, c), "dla:0", half, on),
		ready(t, b, conv(t, c, d), "dla:1", half, on),
		ready(t, b, conv(t, d, y), "gpu:1", half, on),
	}
	in, _ := on.Tensor("x", host)
	before := f.Counts()
	for round := range 3 {
		for i := range in.Float32s() {
			in.Float32s()[i] = float32((i+round)%3) / 4
		}
		var after accel.Event
		for _, c := range calls {
			var err error
			after, err = c.Start(t.Context(), after)
			must(t, err)
		}
		must(t, after.Wait(t.Context()))
		out, _ := on.Tensor("y", host)
		want := chained(in.Float32s(), 3, 5, 6, 7, 4)
		for i, v := range out.Float32s() {
			if v != want[i] {
				t.Fatalf("round %d: y[%d] is %v, want %v", round, i, v, want[i])
			}
		}
	}
	if b.HostWaits() != 0 {
		t.Errorf("%d waits on the host", b.HostWaits())
	}
	if got := f.Counts(); got.Between.Count-before.Between.Count != 3 || got.ToHost.Count-before.ToHost.Count != 3 || got.ToDevice.Count-before.ToDevice.Count != 3 {
		t.Errorf("copies before %+v, after %+v", before, got)
	}
}

// chained is what convolutions of conv make of x, one after the other.
func chained(x []float32, channels ...int) []float32 {
	for k := 1; k < len(channels); k++ {
		from, to := channels[k-1], channels[k]
		y := make([]float32, to*16)
		for o := range to {
			for cell := range 16 {
				for i := range from {
					y[o*16+cell] += float32((o*from+i)%5) / 4 * x[i*16+cell]
				}
			}
		}
		x = y
	}
	return x
}

// bound allocates tensors in memories.
func bound(t *testing.T, b *Backend, need map[accel.DeviceID][]accel.TensorDesc) *accel.Bindings {
	t.Helper()
	var mem []accel.Memory
	for _, d := range []accel.DeviceID{"cpu", "gpu:0", "gpu:1"} {
		if len(need[d]) > 0 {
			m, err := b.Alloc(d, need[d])
			must(t, err)
			mem = append(mem, m)
		}
	}
	on := accel.NewBindings(0, mem...)
	t.Cleanup(func() { must(t, on.Close()) })
	return on
}

// TestUnequalReplicas has a tensor written now by one device, now by another, now
// by the host: the reader fetches it from where it is.
func TestUnequalReplicas(t *testing.T) {
	b := onFake(t, cudatest.New(t))
	t.Cleanup(func() { must(t, b.Close()) })
	x, a, y := tensor("x", 3, accel.Float32, ""), tensor("a", 5, accel.Float32, ""), tensor("y", 4, accel.Float32, "")
	on := bound(t, b, map[accel.DeviceID][]accel.TensorDesc{"cpu": {x, a, y}, "gpu:0": {x, a}, "gpu:1": {x, a, y}})
	on.SetRoute("x", []accel.DeviceID{"cpu"}, []accel.DeviceID{"gpu:0", "gpu:1"})
	on.SetRoute("a", []accel.DeviceID{"cpu", "gpu:0", "gpu:1"}, []accel.DeviceID{"gpu:1"})
	on.SetRoute("y", []accel.DeviceID{"gpu:1"}, []accel.DeviceID{"cpu"})
	first := map[accel.DeviceID]accel.Call{
		"gpu:0": ready(t, b, conv(t, x, a), "gpu:0", accel.BuildOptions{}, on),
		"gpu:1": ready(t, b, conv(t, x, a), "gpu:1", accel.BuildOptions{}, on),
	}
	second := ready(t, b, conv(t, a, y), "gpu:1", accel.BuildOptions{}, on)
	in, _ := on.Tensor("x", host)
	middle, _ := on.Tensor("a", host)
	out, _ := on.Tensor("y", host)
	for round, by := range []accel.DeviceID{"gpu:0", "cpu", "gpu:1", "gpu:0", "gpu:1", "cpu"} {
		for i := range in.Float32s() {
			in.Float32s()[i] = float32((i+7*round)%4) / 4
		}
		var after accel.Event
		if by == host {
			copy(middle.Float32s(), chained(in.Float32s(), 3, 5))
			on.Route("a").At = host
		} else {
			var err error
			after, err = first[by].Start(t.Context(), nil)
			must(t, err)
		}
		after, err := second.Start(t.Context(), after)
		must(t, err)
		must(t, after.Wait(t.Context()))
		want := chained(in.Float32s(), 3, 5, 4)
		for i, v := range out.Float32s() {
			if v != want[i] {
				t.Fatalf("written by %s: y[%d] is %v, want %v", by, i, v, want[i])
			}
		}
	}
}

// TestFailures are failures of the device while frames run: they end as errors of
// the right kind, and all can still be closed.
func TestFailures(t *testing.T) {
	x, y := tensor("x", 3, accel.Float32, ""), tensor("y", 4, accel.Float32, "")
	for _, c := range []struct {
		entry string
		fault error
		lost  bool
	}{
		{"call_start", cuda.ErrOutOfMemory, false},
		{"call_start", cuda.ErrDeviceLost, true},
		{"call_wait", cuda.ErrDeviceLost, true},
		{"call_wait", cuda.ErrInternal, false},
	} {
		t.Run(c.entry+" "+c.fault.Error(), func(t *testing.T) {
			f := cudatest.New(t)
			b := onFake(t, f)
			t.Cleanup(func() { must(t, b.Close()) })
			on := bound(t, b, map[accel.DeviceID][]accel.TensorDesc{"cpu": {x, y}, "gpu:0": {x, y}})
			call := ready(t, b, conv(t, x, y), "gpu:0", accel.BuildOptions{}, on)
			f.Fail(c.entry, 1, c.fault)
			after, err := call.Start(t.Context(), nil)
			if err == nil {
				err = after.Wait(t.Context())
			}
			if !errors.Is(err, c.fault) || errors.Is(err, accel.ErrDeviceLost) != c.lost || !strings.Contains(err.Error(), "gpu:0") || c.lost && !strings.Contains(err.Error(), "start braid again") {
				t.Errorf("error %v", err)
			}
		})
	}
}

func TestOutOfMemory(t *testing.T) {
	f := cudatest.New(t)
	f.Configure(cudatest.Machine{GPUs: 1, Memory: 1 << 20})
	b := onFake(t, f)
	t.Cleanup(func() { must(t, b.Close()) })
	large := accel.TensorDesc{Name: "a", Type: accel.Float32, Shape: []int64{1 << 20}}
	if _, err := b.Alloc("gpu:0", []accel.TensorDesc{large}); !errors.Is(err, cuda.ErrOutOfMemory) || !strings.Contains(err.Error(), "gpu:0") {
		t.Errorf("error %v", err)
	}
}

func TestSupports(t *testing.T) {
	b := onFake(t, cudatest.New(t))
	t.Cleanup(func() { must(t, b.Close()) })
	half := func(name string) accel.TensorDesc { return tensor(name, 16, accel.Float16, accel.CHW16) }
	full := func(name string) accel.TensorDesc { return tensor(name, 16, accel.Float32, "") }
	for _, c := range []struct {
		name     string
		segment  *accel.Segment
		device   accel.DeviceID
		options  accel.BuildOptions
		says     string
		supports bool
	}{
		{"gpu", conv(t, full("x"), full("y")), "gpu:1", accel.BuildOptions{}, "", true},
		{"no such gpu", conv(t, full("x"), full("y")), "gpu:2", accel.BuildOptions{}, "there is no gpu:2: this machine has 2 GPUs", false},
		{"no such core", conv(t, half("x"), half("y")), "dla:2", accel.BuildOptions{Precision: "fp16"}, "there is no dla:2", false},
		{"another runtime", conv(t, full("x"), full("y")), "gpu:0/ort", accel.BuildOptions{}, "gpu:0/ort", false},
		{"dla", conv(t, half("x"), half("y")), "dla:0", accel.BuildOptions{Precision: "fp16"}, "", true},
		{"dla in fp32", conv(t, half("x"), half("y")), "dla:0", accel.BuildOptions{Fallback: true}, "fp16 and int8", false},
		{"dla of the network's input", conv(t, full("x"), half("y")), "dla:0", accel.BuildOptions{Precision: "fp16"}, `tensor "x" is float32`, false},
		{"dla with help", conv(t, full("x"), half("y")), "dla:0", accel.BuildOptions{Precision: "fp16", Fallback: true}, "", true},
	} {
		err := b.Supports(c.segment, c.device, c.options)
		if (err == nil) != c.supports || err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want one that says %q", c.name, err, c.says)
		}
	}
}

func TestBlob(t *testing.T) {
	h := header{Segment: "a", Device: "gpu", TensorRT: "8.6.1", Inputs: []accel.TensorDesc{tensor("x", 1, 1, "")}, Outputs: []accel.TensorDesc{tensor("y", 1, 1, accel.CHW16)}}
	blob, err := pack(h, []byte("engine\n"))
	must(t, err)
	got, engine, err := unpack(blob)
	if err != nil || string(engine) != "engine\n" || got.Outputs[0].Layout != accel.CHW16 {
		t.Errorf("got %+v %q %v", got, engine, err)
	}
}

func FuzzUnpack(f *testing.F) {
	blob, err := pack(header{Inputs: []accel.TensorDesc{{}}, Outputs: []accel.TensorDesc{{}}}, []byte("e"))
	must(f, err)
	f.Add(blob)
	f.Add([]byte(magic + "{}\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if h, engine, err := unpack(data); err == nil && (len(engine) == 0 || len(h.Inputs) == 0 || !bytes.HasSuffix(data, engine)) {
			t.Errorf("accepted %+v", h)
		}
	})
}

func TestInspector(t *testing.T) {
	for _, c := range []struct {
		text string
		want layout
	}{
		{`{"Layers":[{"Name":"conv_1","LayerType":"CaskConvolution"},{"Name":"Reformatting CopyNode for Input","LayerType":"Reformat"},{"Name":"{ForeignNode[a...b]}","LayerType":"DLA"}],"Bindings":["x"]}`, layout{3, 1, 1}},
		{`{"Layers":["conv_1","Reformatting CopyNode for Output","{ForeignNode[a...b]}"]}`, layout{3, 1, 1}},
		{`{"Layers":[{"Name":"{ForeignNode[a...b]}","LayerType":"Myelin"}]}`, layout{1, 0, 0}},
	} {
		if got, err := readLayout([]byte(c.text)); err != nil || got != c.want {
			t.Errorf("got %+v, %v, want %+v", got, err, c.want)
		}
	}
	if _, err := readLayout([]byte("{")); err == nil {
		t.Error("broken JSON was read")
	}
}

func TestCancelled(t *testing.T) {
	b := onFake(t, cudatest.New(t))
	t.Cleanup(func() { must(t, b.Close()) })
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := b.Build(ctx, conv(t, tensor("x", 1, 1, ""), tensor("y", 1, 1, "")), "gpu:0", accel.BuildOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}
