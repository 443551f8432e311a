//go:build cgo && linux

package cuda_test

import (
	"slices"
	"testing"

	"braid/accel"
	"braid/accel/network"
	"braid/cuda"
)

// TestBuilder sets all that can be set, and looks at what arrived.
func TestBuilder(t *testing.T) {
	r := newRig(t)
	b, err := r.NewBuilder(1)
	check(t, err)
	defer b.Close()
	check(t, b.Parse(double(t, 3, 2, 2)))
	check(t, b.Flag(cuda.FlagFP16, true))
	check(t, b.Flag(cuda.FlagTF32, false))
	check(t, b.DLA(1))
	check(t, b.GPU())
	check(t, b.Pool(cuda.PoolDLASRAM, 1<<20))
	check(t, b.Level(3))
	check(t, b.IO("x", cuda.Float16, cuda.CHW16))
	check(t, b.Range("s", 2.5))
	layers, err := b.Layers()
	check(t, err)
	if want := `[{"layer":"s","type":"Add","dla":true},{"layer":"y","type":"Relu","dla":true}]`; string(layers) != want {
		t.Errorf("layers %s, want %s", layers, want)
	}
	blob, err := b.Build()
	check(t, err)
	timings, err := b.Timings()
	check(t, err)
	want := []string{
		"builder_new gpu=1", "parse", "flag fp16=1", "flag tf32=0", "device dla=1", "device gpu", "pool dla_sram=1048576",
		"level 3", "io x float16 chw16", "range s 2.5", "layers", "build", "timings",
	}
	if got := r.Calls(); !slices.Equal(got, want) {
		t.Errorf("calls\n%q, want\n%q", got, want)
	}
	r.Reset()
	if got := r.Calls(); got != nil {
		t.Errorf("calls after Reset: %q", got)
	}
	check(t, r.builder(double(t, 3, 2, 2)).TimingCache(timings))

	e, err := r.Load(0, cuda.NoDLA, blob)
	check(t, err)
	defer e.Close()
	tensors, err := e.Tensors()
	check(t, err)
	x := cuda.Tensor{Name: "x", Input: true, Type: cuda.Float16, Format: cuda.CHW16, Shape: []int64{1, 3, 2, 2}, Bytes: 16 * 4 * 2}
	y := cuda.Tensor{Name: "y", Type: cuda.Float32, Format: cuda.Linear, Shape: []int64{1, 3, 2, 2}, Bytes: 12 * 4}
	if len(tensors) != 2 || !same(tensors[0], x) || !same(tensors[1], y) {
		t.Errorf("tensors %+v, want %+v and %+v", tensors, x, y)
	}
	if bytes, err := e.Memory(); err != nil || bytes != x.Bytes+y.Bytes {
		t.Errorf("memory %d (%v)", bytes, err)
	}
	text, err := e.Inspect()
	check(t, err)
	if want := `{"Layers":[{"Name":"s","LayerType":"Add","Device":"GPU"},{"Name":"y","LayerType":"Relu","Device":"GPU"}],"Bindings":["x","y"]}`; string(text) != want {
		t.Errorf("inspected %s, want %s", text, want)
	}
}

func same(a, b cuda.Tensor) bool {
	shapes := slices.Equal(a.Shape, b.Shape)
	a.Shape, b.Shape = nil, nil
	return shapes && a.Name == b.Name && a.Input == b.Input && a.Type == b.Type && a.Format == b.Format && a.Bytes == b.Bytes
}

func TestBuilderRefuses(t *testing.T) {
	r := newRig(t)
	_, err := r.NewBuilder(2)
	refused(t, err, cuda.ErrInvalid, "making a builder on gpu:2: there is no GPU 2")
	empty, err := r.NewBuilder(0)
	check(t, err)
	defer empty.Close()
	refused(t, empty.Flag(cuda.FlagFP16, true), cuda.ErrInvalid, "nothing is parsed")
	_, err = empty.Timings()
	refused(t, err, cuda.ErrInvalid, "nothing is built")

	onnx := double(t, 3, 2, 2)
	for name, data := range map[string][]byte{"nothing": nil, "text": []byte("this is no network"), "half": onnx[:len(onnx)/2], "zeros": make([]byte, 64)} {
		t.Run(name, func(t *testing.T) { refused(t, empty.Parse(data), cuda.ErrInvalid, "parsing a network") })
	}
	b := r.builder(onnx)
	refused(t, b.Parse(onnx), cuda.ErrInvalid, "already")
	refused(t, b.Flag(17, true), cuda.ErrInvalid, "no flag 17")
	refused(t, b.DLA(-1), cuda.ErrInvalid, "from 0")
	refused(t, b.DLA(2), cuda.ErrInvalid, "no DLA core 2")
	refused(t, b.Pool(9, 1), cuda.ErrInvalid, "no pool 9")
	refused(t, b.Pool(cuda.PoolWorkspace, -1), cuda.ErrInvalid, "fewer than 0")
	refused(t, b.Level(6), cuda.ErrInvalid, "level 6")
	refused(t, b.IO("z", cuda.Float32, cuda.Linear), cuda.ErrInvalid, `"z"`)
	refused(t, b.IO("x", cuda.Int64, cuda.Linear), cuda.ErrUnsupported, `"x"`)
	refused(t, b.IO("x", cuda.Float32, cuda.CHW16), cuda.ErrUnsupported, "FP16")
	refused(t, b.IO("x", cuda.Float32, cuda.OtherFormat), cuda.ErrInvalid, "format -1")
	refused(t, b.Range("z", 1), cuda.ErrInvalid, `"z"`)
	refused(t, b.Range("x", 0), cuda.ErrInvalid, "above 0")
	refused(t, b.TimingCache([]byte("foreign")), cuda.ErrInvalid, "another device")
	check(t, b.Flag(cuda.FlagFP16, false)) // the builder goes on
	if _, err := b.Build(); err != nil {
		t.Fatal(err)
	}
	_, err = b.Build()
	refused(t, err, cuda.ErrInvalid, "already")
	check(t, b.Close())
	refused(t, b.GPU(), cuda.ErrInvalid, "closed")
	_, err = b.Layers()
	refused(t, err, cuda.ErrInvalid, "closed")
}

// odd is a network of one node of an operator.
func odd(t *testing.T, op string, dim int64) []byte {
	b := network.NewBuilder("odd", 13)
	b.Input(accel.TensorDesc{Name: "x", Type: accel.Float32, Shape: []int64{1, 1, 2, dim}})
	b.Node(op, []string{"x"}, []string{"y"})
	b.Output(accel.TensorDesc{Name: "y", Type: accel.Float32, Shape: []int64{1, 1, 2, 2}})
	onnx, err := b.Bytes()
	check(t, err)
	return onnx
}

func TestBuildRefuses(t *testing.T) {
	r := newRig(t)
	b, err := r.NewBuilder(0)
	check(t, err)
	defer b.Close()
	refused(t, b.Parse(odd(t, "NoSuchOperator", 2)), cuda.ErrUnsupported, "NoSuchOperator")
	refused(t, b.Parse(odd(t, "Relu", -1)), cuda.ErrInvalid, `dimension 3 of tensor "x" is not fixed`)
	for name, c := range map[string]struct {
		set      func(*cuda.Builder) error
		sentinel error
		word     string
	}{
		"DLA in FP32":      {func(b *cuda.Builder) error { return b.DLA(0) }, cuda.ErrUnsupported, "FP16 and INT8"},
		"FP16 that is off": {func(b *cuda.Builder) error { return b.IO("x", cuda.Float16, cuda.Linear) }, cuda.ErrInvalid, `"x"`},
		"INT8, no range":   {func(b *cuda.Builder) error { return b.IO("x", cuda.Int8, cuda.CHW32) }, cuda.ErrInvalid, "no range"},
		"DLA's format": {
			func(b *cuda.Builder) error {
				check(t, b.Flag(cuda.FlagFP16, true))
				return b.IO("x", cuda.Float16, cuda.DLALinear)
			}, cuda.ErrUnsupported, "for the GPU",
		},
		"layer off the DLA": {
			func(b *cuda.Builder) error { check(t, b.Flag(cuda.FlagFP16, true)); return b.DLA(0) }, cuda.ErrUnsupported, "layer y (Identity)",
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := r.builder(odd(t, "Identity", 2))
			check(t, c.set(b))
			_, err := b.Build()
			refused(t, err, c.sentinel, c.word)
		})
	}
	b = r.builder(odd(t, "Identity", 2))
	check(t, b.Flag(cuda.FlagFP16, true))
	check(t, b.Flag(cuda.FlagGPUFallback, true))
	check(t, b.DLA(0))
	_, err = b.Build()
	check(t, err)
}

func TestLoadRefuses(t *testing.T) {
	r := newRig(t)
	blob, err := r.builder(double(t, 1, 2, 2)).Build()
	check(t, err)
	broken := slices.Clone(blob)
	broken[len(broken)-1] ^= 1
	for name, data := range map[string][]byte{"nothing": nil, "text": []byte("no engine"), "half": blob[:len(blob)-9], "broken": broken} {
		t.Run(name, func(t *testing.T) {
			_, err := r.Load(0, cuda.NoDLA, data)
			refused(t, err, cuda.ErrInvalid, "engine")
		})
	}
	_, err = r.Load(3, cuda.NoDLA, blob)
	refused(t, err, cuda.ErrInvalid, "GPU 3")
	_, err = r.Load(0, 0, blob)
	refused(t, err, cuda.ErrInvalid, "for the GPU")
	_, err = r.Load(0, 7, blob)
	refused(t, err, cuda.ErrInvalid, "DLA core 7")
	r.Fail("engine_load", 1, cuda.ErrOutOfMemory)
	_, err = r.Load(0, cuda.NoDLA, blob)
	refused(t, err, cuda.ErrOutOfMemory, "loading an engine on gpu:0")
}
