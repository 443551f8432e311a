//go:build cgo && linux

package cuda_test

import (
	"bytes"
	"os"
	"sync"
	"syscall"
	"testing"

	"braid/cuda"
	"braid/cuda/cudatest"
)

func TestMemory(t *testing.T) {
	r := newRig(t)
	p := r.device(1, 1000)
	host, q := r.host(1000)
	if p%256 != 0 || q%256 != 0 {
		t.Errorf("addresses %#x and %#x are not aligned", p, q)
	}
	if len(host) != 1000 || !bytes.Equal(host, make([]byte, 1000)) || !bytes.Equal(r.Peek(p, 1000), host) {
		t.Error("memory is not zeroed")
	}
	check(t, r.FreeDevice(0, 0))
	check(t, r.FreeHost(0))
}

// TestDeviceMemoryIsNotTheHosts lets the kernel read for the host, which tells a
// fault where a read in Go would end the test.
func TestDeviceMemoryIsNotTheHosts(t *testing.T) {
	r := newRig(t)
	_, host := r.host(16)
	from, to, err := os.Pipe()
	check(t, err)
	defer from.Close()
	defer to.Close()
	for p, want := range map[cuda.Address]syscall.Errno{r.device(0, 16): syscall.EFAULT, host: 0} {
		if _, _, errno := syscall.Syscall(syscall.SYS_WRITE, to.Fd(), uintptr(p), 16); errno != want {
			t.Errorf("reading at %#x: %v, want %v", p, errno, want)
		}
	}
}

func TestMemoryRefuses(t *testing.T) {
	r := newRig(t)
	p := r.device(0, 16)
	for _, bytes := range []int64{0, -1} {
		_, err := r.AllocDevice(0, bytes)
		refused(t, err, cuda.ErrInvalid, "there must be some")
		_, _, err = r.AllocHost(bytes)
		refused(t, err, cuda.ErrInvalid, "there must be some")
	}
	for _, gpu := range []int{-1, 2, 99} {
		_, err := r.AllocDevice(gpu, 16)
		refused(t, err, cuda.ErrInvalid, "there is no GPU")
	}
	refused(t, r.FreeDevice(1, p), cuda.ErrInvalid, "no memory of this GPU")
	refused(t, r.FreeDevice(0, p+8), cuda.ErrInvalid, "no memory")
	refused(t, r.FreeHost(p), cuda.ErrInvalid, "no memory of the host")
	_, err := r.AllocDevice(0, 1<<30)
	refused(t, err, cuda.ErrOutOfMemory, "allocating 1073741824 bytes on gpu:0")
	_, _, err = r.AllocHost(1 << 50)
	refused(t, err, cuda.ErrOutOfMemory, "1125899906842624")
}

func TestPeer(t *testing.T) {
	f := cudatest.New(t)
	l := f.Open()
	if direct, err := l.Peer(0, 1); err != nil || !direct {
		t.Errorf("direct %v (%v)", direct, err)
	}
	_, err := l.Peer(0, 2)
	refused(t, err, cuda.ErrInvalid, "GPU 2")
	f.Configure(cudatest.Machine{GPUs: 2, Memory: 1 << 20})
	if direct, err := l.Peer(0, 1); err != nil || direct {
		t.Errorf("direct %v (%v)", direct, err)
	}
}

// TestMemoryAtOnce allocates from many goroutines.
func TestMemoryAtOnce(t *testing.T) {
	r := newRig(t)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for range 50 {
				p, err := r.AllocDevice(i%2, 64)
				if err == nil {
					err = r.FreeDevice(i%2, p)
				}
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}
