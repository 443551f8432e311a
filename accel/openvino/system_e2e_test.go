//go:build e2e

package openvino

import (
	"log/slog"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"braid/accel"
	"braid/accel/enginecache"
	"braid/internal/testdata"
)

func TestOneLibraryForTheProcess(t *testing.T) {
	first, second := open(t), open(t)
	if _, err := Open(fake(t), Options{Log: slog.New(slog.DiscardHandler)}); err == nil || !strings.Contains(err.Error(), "already uses "+testdata.OpenVINO(t)) {
		t.Errorf("another file: error %v, want one about two libraries", err)
	}
	closed(t, first, first)
	s := relu(t, 2, 3)
	closed(t, engineOf(t, second, s, accel.LoadOptions{Threads: 1}))
	if _, err := first.Alloc(cpu, s.Inputs); err == nil || !strings.Contains(err.Error(), errClosed.Error()) {
		t.Errorf("Alloc of a closed backend: %v", err)
	}
	if err := first.Supports(s, cpu, accel.BuildOptions{}); err == nil {
		t.Error("a closed backend supports a segment")
	}
	closed(t, second)
}

func TestCloseOutOfOrder(t *testing.T) {
	b, s := open(t), relu(t, 2, 3)
	e := engineOf(t, b, s, accel.LoadOptions{Threads: 1})
	x, err := e.NewExec()
	if err != nil {
		t.Fatal(err)
	}
	m, err := b.Alloc(cpu, slices.Concat(s.Inputs, s.Outputs))
	if err != nil {
		t.Fatal(err)
	}
	job := accel.NewBindings(0, m)
	c, err := x.Bind(job)
	if err != nil {
		t.Fatal(err)
	}
	for _, parent := range []interface{ Close() error }{b, e, x} {
		if err := parent.Close(); err == nil || !strings.Contains(err.Error(), "still open") {
			t.Errorf("closing %T first: error %v", parent, err)
		}
	}
	closed(t, c, x, e, job, b)
	if _, err := e.NewExec(); err == nil {
		t.Error("a closed engine makes an exec")
	}
	if _, err := x.Bind(job); err == nil {
		t.Error("a closed exec binds")
	}
	if _, err := c.Start(t.Context(), nil); err == nil {
		t.Error("a closed call starts")
	}
}

// TestNothingOfGoIsKept: the ONNX bytes and the blob are the caller's again behind Build
// and Load, although OpenVINO goes on reading what it has loaded.
func TestNothingOfGoIsKept(t *testing.T) {
	b, s := open(t), yoloxNano(t)
	t.Cleanup(func() { closed(t, b) })
	s.ONNX = slices.Clone(s.ONNX)
	blob := build(t, b, s)
	clear(s.ONNX)
	e, err := b.Load(t.Context(), blob, cpu, accel.LoadOptions{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closed(t, e) })
	c := callsOf(t, b, e.(*engine), s, 1)[0]
	start(t, c)
	y, _ := c.bindings.Tensor("output", host)
	want := slices.Clone(y.Float32s())
	clear(blob)
	runtime.GC()
	clear(y.Float32s())
	start(t, c)
	if !slices.Equal(y.Float32s(), want) {
		t.Error("the results changed with the blob's memory")
	}
}

// TestKeptNetworks: a second start loads what the first has compiled, and an Engine
// takes only what was made for it.
func TestKeptNetworks(t *testing.T) {
	dir := t.TempDir()
	compile := func() []byte {
		b := open(t)
		b.options.Cache = &enginecache.Cache{Dir: dir}
		defer closed(t, b)
		return build(t, b, relu(t, 2, 3))
	}
	first := compile()
	// Compiling again gives other bytes where the header's version is another's.
	if second := compile(); &first[0] == &second[0] || !slices.Equal(first, second) {
		t.Error("the second start did not find the network of the first")
	}
	h, exported, err := unpack(first)
	if err != nil {
		t.Fatal(err)
	}
	b := open(t)
	t.Cleanup(func() { closed(t, b) })
	for says, change := range map[string]func(*header){
		"built by OpenVINO 2024.0.0, this is": func(h *header) { h.Version = "2024.0.0" },
		"built for a GPU":                     func(h *header) { h.Device = "GPU" },
	} {
		other := h
		change(&other)
		blob, err := pack(other, exported)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := b.Load(t.Context(), blob, cpu, accel.LoadOptions{}); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("error %v, want one that says %q", err, says)
		}
	}
	garbage, err := pack(h, []byte("whole, but no network"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.Load(t.Context(), garbage, cpu, accel.LoadOptions{}); err == nil || strings.Contains(err.Error(), "\n") {
		t.Errorf("garbage: %v, want one line", err)
	}
}

// TestRefusals: each names what it is about, in one line.
func TestRefusals(t *testing.T) {
	b, s := open(t), relu(t, 2, 3)
	t.Cleanup(func() { closed(t, b) })
	wrong := *s
	wrong.Outputs = []accel.TensorDesc{{Name: "y", Type: accel.Float32, Shape: []int64{3, 2}}}
	_, shape := b.Build(t.Context(), &wrong, cpu, accel.BuildOptions{})
	wrong.Outputs = []accel.TensorDesc{{Name: "z", Type: accel.Float32, Shape: []int64{2, 3}}}
	_, missing := b.Build(t.Context(), &wrong, cpu, accel.BuildOptions{})
	_, half := b.Build(t.Context(), s, cpu, accel.BuildOptions{Precision: "fp3"})
	_, negative := b.Load(t.Context(), build(t, b, s), cpu, accel.LoadOptions{Threads: -1})
	wrong = *s
	wrong.ONNX = []byte("no network")
	for says, err := range map[string]error{
		`tensor "y": the network has float32 [2 3], the segment says float32 [3 2]`: shape,
		`tensor "z": the network does not have it`:                                  missing,
		"not fp3":                     half,
		"-1 threads":                  negative,
		"OpenVINO cannot read it: Un": b.Supports(&wrong, cpu, accel.BuildOptions{}),
		"serves cpu/openvino":         b.Supports(s, "gpu:0", accel.BuildOptions{}),
	} {
		if err == nil || !strings.Contains(err.Error(), says) || strings.Contains(err.Error(), "\n") {
			t.Errorf("error %v, want one line that says %q", err, says)
		}
	}
}

// TestSettingsReach: an imported network has the settings that it was loaded with.
func TestSettingsReach(t *testing.T) {
	b, s := open(t), relu(t, 2, 3)
	t.Cleanup(func() { closed(t, b) })
	for _, threads := range []int{1, 2} {
		e := engineOf(t, b, s, accel.LoadOptions{Threads: threads})
		for key, want := range map[string]string{
			"INFERENCE_NUM_THREADS": map[int]string{1: "1", 2: "2"}[threads], "NUM_STREAMS": "1", "ENABLE_CPU_PINNING": "NO", "INFERENCE_PRECISION_HINT": "f32",
		} {
			if got, err := e.spare.get(key); err != nil || got != want {
				t.Errorf("%d threads: %s is %q, %v, want %q", threads, key, got, err, want)
			}
		}
		closed(t, e)
	}
}

// signalStack is Linux's stack_t.
type signalStack struct {
	at    uintptr
	flags int32
	size  uintptr
}

// TestSignalStackStays: OpenVINO's CPU plugin leaves a thread with a signal stack that it
// unmaps later; the next signal that Go sends there would end the process.
func TestSignalStackStays(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	stack := func() (s signalStack) {
		if _, _, errno := unix.RawSyscall(unix.SYS_SIGALTSTACK, 0, uintptr(unsafe.Pointer(&s)), 0); errno != 0 {
			t.Fatal(errno)
		}
		return s
	}
	before := stack()
	b, s := open(t), relu(t, 2, 3)
	if stack() != before {
		t.Error("opening changed it")
	}
	blob := build(t, b, s)
	if stack() != before {
		t.Error("building changed it")
	}
	e, err := b.Load(t.Context(), blob, cpu, accel.LoadOptions{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	if stack() != before {
		t.Error("loading changed it")
	}
	var elsewhere sync.WaitGroup
	elsewhere.Go(func() { closed(t, e, b) })
	elsewhere.Wait()
	if stack() != before {
		t.Error("closing on another thread changed it")
	}
}

// TestTimeLayers: nearly all of the time is of layers that the network has.
func TestTimeLayers(t *testing.T) {
	b, s := open(t), yoloxNano(t)
	t.Cleanup(func() { closed(t, b) })
	e := engineOf(t, b, s, accel.LoadOptions{Threads: 1})
	t.Cleanup(func() { closed(t, e) })
	c := callsOf(t, b, e, s, 1)[0]
	known, all := int64(0), int64(0)
	for range 2 {
		times, err := c.TimeLayers(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range times {
			all += int64(l.Time)
			if node, number, ok := strings.Cut(l.Name, "_"); ok && strings.Contains("Conv Slice Concat Add MaxPool Resize Reshape Transpose Mul Sigmoid Exp Cast", node) && strings.Trim(number, "0123456789") == "" {
				known += int64(l.Time)
			}
		}
	}
	if all == 0 || known*100 < all*95 {
		t.Errorf("%d of %d ns are of nodes", known, all)
	}
	start(t, c) // goes on as before
}
