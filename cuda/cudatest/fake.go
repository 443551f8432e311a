//go:build cgo && linux

package cudatest

// #cgo LDFLAGS: -ldl
// #include "door.h"
import "C"

import (
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"unsafe"

	"braid/cuda"
)

// Fake is one stand-in: a library file of its own, with its own devices, so that
// tests may run beside each other.
type Fake struct {
	Path string // of the library, for cuda.Open or $BRAID_CUDA_LIB

	t     testing.TB
	door  C.door
	owner uint64

	mu        sync.Mutex
	evaluator Evaluator
	networks  map[uint64]*graph
}

// Machine is what a stand-in plays.
type Machine struct {
	GPUs       int   // at most 8
	DLACores   int   // of each GPU
	Memory     int64 // bytes of each GPU
	Direct     bool  // GPUs reach each other's memory
	Integrated bool
}

// New makes a stand-in for one test: two GPUs of 1 GiB, with two DLA cores each,
// that reach each other's memory. Without a C compiler the test is skipped.
func New(t testing.TB) *Fake {
	t.Helper()
	// The loader gives each file its own variables.
	f := &Fake{Path: filepath.Join(t.TempDir(), "libbraid_cuda.so"), t: t, networks: map[uint64]*graph{}}
	copyFile(t, compiled(t), f.Path)
	name := C.CString(f.Path)
	defer C.free(unsafe.Pointer(name))
	var room [512]C.char
	if C.door_open(&f.door, name, &room[0], C.size_t(len(room))) == 0 {
		t.Fatalf("opening the CUDA stand-in: %s", C.GoString(&room[0]))
	}
	f.owner = register(f)
	C.door_evaluator(&f.door, C.uint64_t(f.owner))
	t.Cleanup(func() { unregister(f.owner) })
	return f
}

// Open opens the library. When the test ends it closes it, and fails where
// something is still open.
func (f *Fake) Open() *cuda.Library {
	f.t.Helper()
	l, err := cuda.Open(f.Path)
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() {
		if err := l.Close(); err != nil {
			f.t.Error(err)
		}
	})
	return l
}

// Configure plays another machine. It comes before Open.
func (f *Fake) Configure(m Machine) {
	machine := C.braid_cuda_fake_machine{
		gpus: C.int32_t(m.GPUs), dla_cores: C.int32_t(m.DLACores), memory: C.uint64_t(m.Memory),
		direct: flag(m.Direct), integrated: flag(m.Integrated),
	}
	C.door_configure(&f.door, &machine)
}

func flag(b bool) C.int32_t {
	if b {
		return 1
	}
	return 0
}

// Calls are the builder calls that succeeded, a line each: "builder_new gpu=0",
// "parse", "flag fp16=1", "device dla=1", "pool dla_sram=1048576", "level 3",
// "io images float16 chw16", "range images 2.5", "build" …
func (f *Fake) Calls() []string {
	text := strings.TrimSuffix(C.GoString(C.door_calls(&f.door)), "\n")
	if text == "" {
		return nil
	}
	return strings.Split(text, "\n")
}

// codes are the sentinels in the order of the ABI's numbers.
var codes = []error{
	nil, cuda.ErrInvalid, cuda.ErrUnsupported, cuda.ErrOutOfMemory, cuda.ErrDeviceLost, cuda.ErrMissing, cuda.ErrInternal,
}

// Fail makes the nth call from now (1: the next) of an entry of the ABI fail,
// with one of cuda's sentinels. Entry "run" is a run on the device: it fails
// behind Start, and Wait tells. A lost device stays lost until Reset.
func (f *Fake) Fail(entry string, nth int, sentinel error) {
	f.t.Helper()
	code := slices.Index(codes, sentinel)
	if code <= 0 {
		f.t.Fatalf("%v is no sentinel of package cuda", sentinel)
	}
	name := C.CString(entry)
	defer C.free(unsafe.Pointer(name))
	if C.door_fail(&f.door, name, C.int32_t(nth), C.int32_t(code)) != 0 {
		f.t.Fatal("the CUDA stand-in keeps no more failures")
	}
}

// Copied counts copies.
type Copied struct{ Count, Bytes int }

// Counts is what was done since the start or the last Reset, without what Ready does.
type Counts struct {
	HostWaits         int // Waits that had to wait
	Started, Finished int // runs
	Ranks             int // of all Execs, added up
	ToDevice, ToHost  Copied
	Within            Copied // within a GPU
	Between           Copied // between GPUs
	Host              Copied // from host to host
}

// Counts tells what was done.
func (f *Fake) Counts() Counts {
	var c C.braid_cuda_fake_counters
	C.door_count(&f.door, &c)
	copied := func(n C.braid_cuda_fake_copied) Copied { return Copied{int(n.count), int(n.bytes)} }
	return Counts{
		HostWaits: int(c.host_waits), Started: int(c.started), Finished: int(c.finished), Ranks: int(c.ranks),
		ToDevice: copied(c.to_device), ToHost: copied(c.to_host),
		Within: copied(c.within), Between: copied(c.between), Host: copied(c.host),
	}
}

// HostWaits counts the Waits that had to wait.
func (f *Fake) HostWaits() int { return int(C.door_host_waits(&f.door)) }

// Peek is what lies in memory that the host cannot see.
func (f *Fake) Peek(p cuda.Address, bytes int) []byte {
	f.t.Helper()
	if bytes == 0 {
		return nil
	}
	to := make([]byte, bytes)
	if C.door_peek(&f.door, C.uintptr_t(p), unsafe.Pointer(&to[0]), C.uint64_t(bytes)) != 0 {
		f.t.Fatalf("there are no %d bytes at %#x", bytes, p)
	}
	return to
}

// Reset forgets calls, failures, lost devices and counts.
func (f *Fake) Reset() { C.door_reset(&f.door) }

// Evaluate replaces what computes networks; nil is Run again.
func (f *Fake) Evaluate(e Evaluator) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.evaluator = e
}
