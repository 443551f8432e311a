package acceltest

import (
	"slices"
	"strings"

	"braid/accel"
)

// refused holds an error to be there, one line long, and to name what is wrong.
func (b *bench) refused(what string, err error, names string) {
	b.Helper()
	switch {
	case err == nil:
		b.Errorf("%s: no error", what)
	case strings.Contains(err.Error(), "\n"):
		b.Errorf("%s: error of several lines: %v", what, err)
	case !strings.Contains(err.Error(), names):
		b.Errorf("%s: error %q does not name %q", what, err, names)
	}
}

// load builds and loads what should not pass both.
func (b *bench) load(s *accel.Segment) error {
	blob, err := b.backend.Build(b.Context(), s, b.Device, b.Build)
	if err != nil {
		return err
	}
	return b.loadBlob(blob)
}

func (b *bench) loadBlob(blob []byte) error {
	e, err := b.backend.Load(b.Context(), blob, b.Device, b.Load)
	if err != nil {
		return err
	}
	return e.Close()
}

func testWrongDevice(b *bench) {
	const nowhere accel.DeviceID = "abacus:7"
	s, _ := simple(b)
	b.refused("Supports", b.backend.Supports(s, nowhere, b.Build), string(nowhere))
	_, err := b.backend.Build(b.Context(), s, nowhere, b.Build)
	b.refused("Build", err, string(nowhere))
	_, err = b.backend.Alloc(nowhere, s.Inputs)
	b.refused("Alloc", err, string(nowhere))
	blob, err := b.backend.Build(b.Context(), s, b.Device, b.Build)
	must(b, err)
	_, err = b.backend.Load(b.Context(), blob, nowhere, b.Load)
	b.refused("Load", err, string(nowhere))
}

func testWrongPrecision(b *bench) {
	s, _ := simple(b)
	_, err := b.backend.Build(b.Context(), s, b.Device, accel.BuildOptions{Precision: "fp3"})
	b.refused("Build", err, "fp3")
}

func testUnknownOperator(b *bench) {
	layers := []layer{reluLayer("x", "r"), {op: "NoSuchOperator", in: []string{"r"}, out: "y"}}
	s := build(b, "odd", layers, []accel.TensorDesc{desc("x", 1, 2, 2)}, []accel.TensorDesc{desc("y", 1, 2, 2)})
	b.refused("Build and Load", b.load(s), "NoSuchOperator")
}

func testBrokenBlob(b *bench) {
	s, _ := simple(b)
	blob, err := b.backend.Build(b.Context(), s, b.Device, b.Build)
	must(b, err)
	other := slices.Clone(blob)
	for i := range other[:min(16, len(other))] {
		other[i] ^= 0x55
	}
	for name, broken := range map[string][]byte{
		"nil": nil, "empty": {}, "text": []byte("this is no engine\n"),
		"first half": blob[:len(blob)/2], "last half": blob[len(blob)/2:], "changed": other,
	} {
		b.refused(name, b.loadBlob(broken), "")
	}
}

func testBrokenNetwork(b *bench) {
	s, _ := simple(b)
	for name, data := range map[string][]byte{"empty": nil, "text": []byte("no network"), "first half": s.ONNX[:len(s.ONNX)/2]} {
		broken := *s
		broken.ONNX = data
		b.refused(name, b.load(&broken), "")
	}
}

func testWrongBindings(b *bench) {
	s, layers := simple(b)
	e := b.engine(s)
	x, y := s.Inputs[0], s.Outputs[0]
	wrongType := y
	wrongType.Type = accel.Int32
	for _, c := range []struct {
		name    string
		tensors []accel.TensorDesc
		names   string
	}{
		{"no output", []accel.TensorDesc{x}, `"y"`},
		{"no input", []accel.TensorDesc{y, desc("X", 2, 6, 6)}, `"x"`},
		{"other shape of the input", []accel.TensorDesc{desc("x", 2, 6, 5), y}, `"x"`},
		{"larger output", []accel.TensorDesc{x, desc("y", 3, 6, 7)}, `"y"`},
		{"other rank", []accel.TensorDesc{x, {Name: "y", Type: accel.Float32, Shape: []int64{3, 6, 6}}}, `"y"`},
		{"other type of the same size", []accel.TensorDesc{x, wrongType}, `"y"`},
	} {
		exec := b.exec(e)
		call, err := exec.Bind(b.job(0, c.tensors...))
		b.refused(c.name, err, c.names)
		if err == nil {
			b.closeLater(call)
			continue
		}
		// The Exec is not harmed.
		job := b.job(1, x, y)
		right := b.bind(exec, job)
		values := b.fillInputs(job, s.Inputs, 5)
		b.run(right)
		evaluate(layers, values)
		b.compare(job, s.Outputs, values)
	}
}
