//go:build e2e

package ort

import (
	"bytes"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"google.golang.org/protobuf/proto"

	"braid/accel"
	"braid/accel/network"
	"braid/accel/network/onnxpb"
	"braid/internal/testdata"
)

// relu is a Segment y = max(x, 0) with a scalar, an unnamed shape and a dynamic
// one beside it, for Probe.
func relu(t testing.TB) *accel.Segment {
	t.Helper()
	x := accel.TensorDesc{Name: "x", Type: accel.Float32, Shape: []int64{2, 3}}
	y := accel.TensorDesc{Name: "y", Type: accel.Float32, Shape: []int64{2, 3}}
	b := network.NewBuilder("relu", 13)
	b.Input(x)
	b.Node("Relu", []string{"x"}, []string{"y"})
	b.Output(y)
	data, err := b.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return &accel.Segment{Name: "relu", ONNX: data, Inputs: []accel.TensorDesc{x}, Outputs: []accel.TensorDesc{y}}
}

// load builds and loads a Segment.
func load(t testing.TB, b *Backend, s *accel.Segment, o accel.LoadOptions) *engine {
	t.Helper()
	blob, err := b.Build(t.Context(), s, cpu, accel.BuildOptions{})
	if err != nil {
		t.Fatal(err)
	}
	e, err := b.Load(t.Context(), blob, cpu, o)
	if err != nil {
		t.Fatal(err)
	}
	return e.(*engine)
}

func job(t testing.TB, b *Backend, s *accel.Segment) *accel.Bindings {
	t.Helper()
	m, err := b.Alloc(cpu, slices.Concat(s.Inputs, s.Outputs))
	if err != nil {
		t.Fatal(err)
	}
	return accel.NewBindings(0, m)
}

type closer interface{ Close() error }

// closed closes in order and holds each to no error.
func closed(t testing.TB, list ...closer) {
	t.Helper()
	for _, c := range list {
		if err := c.Close(); err != nil {
			t.Errorf("closing %T: %v", c, err)
		}
	}
}

func TestOneLibraryForTheProcess(t *testing.T) {
	first, second := open(t), open(t)
	path := testdata.ORT(t)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	other := filepath.Join(t.TempDir(), "other.so")
	if err := os.WriteFile(other, data, 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(other, slog.New(slog.DiscardHandler)); err == nil || errors.Is(err, ErrUnavailable) {
		t.Errorf("another file: error %v, want one about two libraries", err)
	}
	closed(t, first, first)
	s := relu(t)
	closed(t, load(t, second, s, accel.LoadOptions{Threads: 1}), second)
	if _, err := first.Alloc(cpu, s.Inputs); !errors.Is(err, errClosed) {
		t.Errorf("Alloc of a closed backend: %v", err)
	}
	again, err := Open(other, slog.New(slog.DiscardHandler)) // the first one has ended
	if err != nil {
		t.Fatalf("opening another library afterwards: %v", err)
	}
	closed(t, load(t, again, s, accel.LoadOptions{Threads: 1}), again)
}

func TestOldLibrary(t *testing.T) {
	data, err := os.ReadFile(testdata.ORT(t))
	if err != nil {
		t.Fatal(err)
	}
	_, version, ok := bytes.Cut(data, []byte("VERS_1."))
	if !ok {
		t.Skip("the library states no version")
	}
	copy(version, "20") // shares data's memory
	old := filepath.Join(t.TempDir(), "libonnxruntime.so.1")
	if err := os.WriteFile(old, data, 0o755); err != nil {
		t.Fatal(err)
	}
	_, err = Open(old, slog.New(slog.DiscardHandler))
	if !errors.Is(err, ErrUnavailable) || !strings.Contains(err.Error(), "is too old, 1.24 or newer is needed") || !strings.Contains(err.Error(), old) {
		t.Errorf("error %v", err)
	}
}

func TestCloseOutOfOrder(t *testing.T) {
	for _, threads := range []int{1, 2} {
		b, s := open(t), relu(t)
		e, bindings := load(t, b, s, accel.LoadOptions{Threads: threads}), job(t, b, s)
		x, err := e.NewExec()
		if err != nil {
			t.Fatal(err)
		}
		c, err := x.Bind(bindings)
		if err != nil {
			t.Fatal(err)
		}
		for _, parent := range []closer{b, e, x} {
			if err := parent.Close(); err == nil || !strings.Contains(err.Error(), "still open") {
				t.Errorf("closing %T first: error %v", parent, err)
			}
		}
		if _, err := c.Start(t.Context(), nil); err != nil {
			t.Errorf("Start after the refused closes: %v", err)
		}
		closed(t, c, x, e)
		if _, err := c.Start(t.Context(), nil); !errors.Is(err, errClosed) {
			t.Errorf("Start of a closed call: %v", err)
		}
		if _, err := x.Bind(bindings); !errors.Is(err, errClosed) {
			t.Errorf("Bind of a closed exec: %v", err)
		}
		if _, err := e.NewExec(); !errors.Is(err, errClosed) {
			t.Errorf("NewExec of a closed engine: %v", err)
		}
		if err := b.Close(); err == nil {
			t.Error("closing the backend before the memory: no error")
		}
		closed(t, bindings, b)
	}
}

// TestSessions: Execs share a session where it has one thread, else each has one.
func TestSessions(t *testing.T) {
	b, s := open(t), relu(t)
	for threads, shared := range map[int]bool{1: true, 2: false, 0: false} {
		e := load(t, b, s, accel.LoadOptions{Threads: threads})
		first, err := e.NewExec()
		if err != nil {
			t.Fatal(err)
		}
		second, err := e.NewExec()
		if err != nil {
			t.Fatal(err)
		}
		if got := first.(*exec).session == second.(*exec).session; got != shared {
			t.Errorf("%d threads: shared session %v, want %v", threads, got, shared)
		}
		closed(t, first, second, e)
	}
	closed(t, b)
}

// TestSegmentThatLies: what the Segment says of its tensors is not what its ONNX
// bytes have. The first Bind finds out, at start.
func TestSegmentThatLies(t *testing.T) {
	b := open(t)
	for says, change := range map[string]func(*accel.Segment){
		"nosuch":  func(s *accel.Segment) { s.Inputs[0].Name = "nosuch" },
		"nowhere": func(s *accel.Segment) { s.Outputs[0].Name = "nowhere" },
		"x":       func(s *accel.Segment) { s.Inputs[0].Shape = []int64{3, 3} },
		"y":       func(s *accel.Segment) { s.Outputs[0].Shape = []int64{3, 3} },
		"float":   func(s *accel.Segment) { s.Inputs[0].Type = accel.Int32 },
	} {
		s := relu(t)
		change(s)
		e, bindings := load(t, b, s, accel.LoadOptions{Threads: 1}), job(t, b, s)
		x, err := e.NewExec()
		if err != nil {
			t.Fatal(err)
		}
		_, err = x.Bind(bindings)
		if err == nil || !strings.Contains(err.Error(), says) || strings.Contains(err.Error(), "\n") {
			t.Errorf("error %v, want a line that says %q", err, says)
		}
		closed(t, x, e, bindings)
	}
	closed(t, b)
}

func TestLoadRefusesOptions(t *testing.T) {
	b, s := open(t), relu(t)
	blob, err := b.Build(t.Context(), s, cpu, accel.BuildOptions{Precision: "fp32"})
	if err != nil {
		t.Fatal(err)
	}
	for says, o := range map[string]accel.LoadOptions{
		"negative": {Threads: -1},
		"core -1 is none that this process may use":   {Threads: 2, Cores: []int{-1}},
		"core 1000 is none that this process may use": {Cores: []int{0, 1000}},
	} {
		if _, err := b.Load(t.Context(), blob, cpu, o); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%+v: error %v, want one that says %q", o, err, says)
		}
	}
	if _, err := b.Build(t.Context(), s, cpu, accel.BuildOptions{Precision: "fp16"}); err == nil || !strings.Contains(err.Error(), "fp16") {
		t.Errorf("fp16: error %v", err)
	}
	closed(t, b)
}

// TestSharedFromManyGoroutines runs one session's Calls at once; its worth is
// in -race and in the results.
func TestSharedFromManyGoroutines(t *testing.T) {
	b, s := open(t), relu(t)
	e := load(t, b, s, accel.LoadOptions{Threads: 1})
	var group sync.WaitGroup
	for i := range 4 {
		group.Go(func() {
			x, err := e.NewExec()
			if err != nil {
				t.Error(err)
				return
			}
			bindings := job(t, b, s)
			c, err := x.Bind(bindings)
			if err != nil {
				t.Error(err)
				return
			}
			in, _ := bindings.Tensor("x", cpu)
			out, _ := bindings.Tensor("y", cpu)
			for k := range 100 {
				in.Float32s()[0] = float32(i*1000 + k)
				if _, err := c.Start(t.Context(), nil); err != nil || out.Float32s()[0] != in.Float32s()[0] {
					t.Errorf("goroutine %d, run %d: %v, error %v", i, k, out.Float32s()[0], err)
				}
			}
			closed(t, c, x, bindings)
		})
	}
	group.Wait()
	closed(t, e, b)
}

// withoutTypes is a network whose outputs have names only, as one has them that
// wants to know the rest.
func withoutTypes(t *testing.T, b *network.Builder) []byte {
	t.Helper()
	data, err := b.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	var m onnxpb.ModelProto
	if err := proto.Unmarshal(data, &m); err != nil {
		t.Fatal(err)
	}
	for _, o := range m.Graph.Output {
		o.Type = nil
	}
	if data, err = proto.Marshal(&m); err != nil {
		t.Fatal(err)
	}
	return data
}

func TestProbe(t *testing.T) {
	n := network.NewBuilder("probe", 13)
	n.Input(accel.TensorDesc{Name: "x", Type: accel.Float32, Shape: []int64{2, 3}})
	n.Node("Relu", []string{"x"}, []string{"known"})
	n.Node("Shape", []string{"x"}, []string{"shape"})
	n.Node("Gather", []string{"shape", n.Ints("one", nil, []int64{1})}, []string{"scalar"})
	n.Node("ReduceSum", []string{"x"}, []string{"sum"}, network.AttrInt("keepdims", 0))
	n.Node("NonZero", []string{"x"}, []string{"dynamic"})
	names := []string{"dynamic", "known", "scalar", "sum"}
	for _, name := range names {
		n.Output(accel.TensorDesc{Name: name, Type: accel.Float32})
	}
	data := withoutTypes(t, n)
	b := open(t)
	defer closed(t, b)
	got, err := b.Probe(t.Context(), data, names)
	want := []accel.TensorDesc{
		{Name: "dynamic", Type: accel.Int64, Shape: []int64{2, 0}},
		{Name: "known", Type: accel.Float32, Shape: []int64{2, 3}},
		{Name: "scalar", Type: accel.Int64},
		{Name: "sum", Type: accel.Float32},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("Probe() = %+v, %v", got, err)
	}
	if _, err := b.Probe(t.Context(), data, []string{"nothing"}); err == nil || !strings.Contains(err.Error(), `"nothing"`) {
		t.Errorf("an unknown tensor: %v", err)
	}
	if _, err := b.Probe(t.Context(), []byte("no network"), nil); err == nil || strings.Contains(err.Error(), "\n") {
		t.Errorf("no network: %v", err)
	}
}
