//go:build cgo && linux

package cuda_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"braid/cuda"
	"braid/cuda/cudatest"
)

func TestOpen(t *testing.T) {
	r := newRig(t)
	v, err := r.Versions()
	check(t, err)
	if v.TensorRT.String() != "8.6.1" || v.CUDA.String() != "12.4" || v.Driver.String() != "12.6" {
		t.Errorf("versions %v", v)
	}
	devices, err := r.Devices()
	check(t, err)
	if len(devices) != 2 {
		t.Fatalf("%d GPUs, want 2", len(devices))
	}
	want := cuda.Device{
		Name: "Stand-in GPU", ComputeCapability: 87, Multiprocessors: 16, DLACores: 2,
		Memory: 1 << 30, UUID: "GPU-00000000-0000-0000-0000-000000000001",
	}
	if devices[1] != want {
		t.Errorf("GPU 1 is %+v, want %+v", devices[1], want)
	}
}

func TestOtherMachine(t *testing.T) {
	f := cudatest.New(t)
	f.Configure(cudatest.Machine{GPUs: 1, DLACores: 0, Memory: 4096, Integrated: true})
	devices, err := f.Open().Devices()
	check(t, err)
	if len(devices) != 1 || !devices[0].Integrated || devices[0].Memory != 4096 || devices[0].DLACores != 0 {
		t.Errorf("devices %+v", devices)
	}
}

func TestMachineFromEnvironment(t *testing.T) {
	t.Setenv("BRAID_CUDA_FAKE_GPUS", "3")
	t.Setenv("BRAID_CUDA_FAKE_DLAS", "1")
	devices, err := newRig(t).Devices()
	check(t, err)
	if len(devices) != 3 || devices[2].DLACores != 1 {
		t.Errorf("devices %+v", devices)
	}
}

func TestCloseTwice(t *testing.T) {
	f := cudatest.New(t)
	l := f.Open()
	check(t, l.Close())
	check(t, l.Close())
	check(t, (*cuda.Library)(nil).Close())
	_, err := l.Versions()
	refused(t, err, cuda.ErrInvalid, "closed")
	_, err = l.Devices()
	refused(t, err, cuda.ErrInvalid, "closed")
}

// library compiles a file of C to a shared library.
func library(t *testing.T, source string) string {
	t.Helper()
	cudatest.New(t) // skips where there is no compiler
	include, err := filepath.Abs("include")
	check(t, err)
	dir := t.TempDir()
	c, so := filepath.Join(dir, "odd.c"), filepath.Join(dir, "odd.so")
	check(t, os.WriteFile(c, []byte("#include \"braid_cuda.h\"\n"+source), 0o644))
	cc := os.Getenv("CC")
	if cc == "" {
		cc = "gcc"
	}
	if said, err := exec.CommandContext(t.Context(), cc, "-shared", "-fPIC", "-I", include, "-o", so, c).CombinedOutput(); err != nil {
		t.Fatalf("compiling: %v\n%s", err, said)
	}
	return so
}

func TestOpenRefuses(t *testing.T) {
	table := func(abi, size string) string {
		return "const braid_cuda_functions *braid_cuda_table(void) { static braid_cuda_functions t; t.abi = " + abi +
			"; t.size = " + size + "; return &t; }"
	}
	text := filepath.Join(t.TempDir(), "text.so")
	check(t, os.WriteFile(text, []byte("this is no library, but it is long enough to be read as one\n"), 0o644))
	for _, c := range []struct{ name, path, word string }{
		{"nothing there", filepath.Join(t.TempDir(), "none.so"), "no such file"},
		{"no library", text, "not a shared library"},
		{"another library", library(t, "int other;"), "not braid's library"},
		{"another ABI", library(t, table("99", "sizeof t")), "its ABI is 99 and this braid's is 5: run make cuda again"},
		{"another table", library(t, table("BRAID_CUDA_ABI", "8")), "has 8 bytes"},
		{"no table", library(t, "const braid_cuda_functions *braid_cuda_table(void) { return 0; }"), "make cuda"},
	} {
		t.Run(c.name, func(t *testing.T) {
			l, err := cuda.Open(c.path)
			refused(t, err, cuda.ErrMissing, c.word)
			refused(t, err, cuda.ErrMissing, c.path)
			if l != nil {
				t.Error("there is a library all the same")
			}
		})
	}
}

// TestOpenNamesWhatIsMissing opens a library that needs one that is not there.
func TestOpenNamesWhatIsMissing(t *testing.T) {
	cudatest.New(t)
	dir := t.TempDir()
	needed := filepath.Join(dir, "libnvinfer.so.8")
	empty := library(t, "int createInferBuilder_INTERNAL(void) { return 0; }")
	check(t, os.Rename(empty, needed))
	source, so := filepath.Join(dir, "door.c"), filepath.Join(dir, "door.so")
	check(t, os.WriteFile(source, []byte("int createInferBuilder_INTERNAL(void);\nint f(void) { return createInferBuilder_INTERNAL(); }\n"), 0o644))
	link := exec.CommandContext(t.Context(), "gcc", "-shared", "-fPIC", "-o", "door.so", "door.c", "libnvinfer.so.8")
	link.Dir = dir
	if said, err := link.CombinedOutput(); err != nil {
		t.Skipf("this compiler links otherwise: %v %s", err, said)
	}
	check(t, os.Remove(needed))
	_, err := cuda.Open(so)
	refused(t, err, cuda.ErrMissing, "libnvinfer.so.8 is missing (TensorRT: libnvinfer8)")
}

func TestOpenFails(t *testing.T) {
	f := cudatest.New(t)
	f.Fail("runtime_open", 1, cuda.ErrMissing)
	_, err := cuda.Open(f.Path)
	refused(t, err, cuda.ErrMissing, "runtime_open was told to fail")
}

// TestEveryCode goes through what an entry can come to.
func TestEveryCode(t *testing.T) {
	r := newRig(t)
	for _, sentinel := range []error{cuda.ErrInvalid, cuda.ErrUnsupported, cuda.ErrOutOfMemory, cuda.ErrDeviceLost, cuda.ErrMissing, cuda.ErrInternal} {
		r.Fail("versions", 2, sentinel)
		_, err := r.Versions()
		check(t, err)
		_, err = r.Versions()
		refused(t, err, sentinel, "told to fail")
		_, err = r.Versions()
		check(t, err)
	}
}

func TestLeaks(t *testing.T) {
	f := cudatest.New(t)
	l := f.Open()
	b, err := l.NewBuilder(1)
	check(t, err)
	p, err := l.AllocDevice(1, 100)
	check(t, err)
	_, q, err := l.AllocHost(28)
	check(t, err)
	refused(t, l.Close(), cuda.ErrInvalid, "still open: 1 builder, 2 allocations of 128 bytes")
	check(t, b.Close())
	check(t, l.FreeDevice(1, p))
	check(t, l.FreeHost(q))
	check(t, l.Close())
}
