//go:build cgo && linux

package trt

import (
	"errors"
	"strings"
	"testing"

	"braid/accel"
	"braid/cuda"
	"braid/cuda/cudatest"
)

// openBuilders is how many builders are open, by what the stand-in was called for.
func openBuilders(f *cudatest.Fake) (n int) {
	for _, c := range f.Calls() {
		switch {
		case strings.HasPrefix(c, "builder_new"):
			n++
		case strings.HasPrefix(c, "builder_close"):
			n--
		}
	}
	return n
}

// TestBuildersAreKept holds one of each GPU that has built open, until EndBuilds or Close.
func TestBuildersAreKept(t *testing.T) {
	f := cudatest.New(t)
	b := onFake(t, f)
	build := func(d accel.DeviceID) {
		t.Helper()
		_, err := b.Build(t.Context(), conv(t, tensor("x", 3, accel.Float32, ""), tensor("y", 4, accel.Float32, "")), d, accel.BuildOptions{Precision: "fp16", Fallback: true})
		must(t, err)
	}
	want := func(n int, when string) {
		t.Helper()
		if got := openBuilders(f); got != n {
			t.Errorf("%s %d builders are open, not %d:\n%s", when, got, n, strings.Join(f.Calls(), "\n"))
		}
	}
	must(t, accel.EndBuilds(b))
	want(0, "at first")
	build("gpu:0")
	build("gpu:0")
	build("dla:1")
	want(1, "behind builds of a GPU and a DLA of it")
	build("gpu:1")
	want(2, "behind one of another GPU")
	must(t, accel.EndBuilds(b))
	want(0, "behind the end of builds")
	build("gpu:1")
	want(1, "behind another build")
	must(t, b.Close())
	want(0, "closed")
	must(t, b.EndBuilds())
	if _, err := b.Build(t.Context(), conv(t, tensor("x", 3, accel.Float32, ""), tensor("y", 4, accel.Float32, "")), "gpu:0", accel.BuildOptions{}); !errors.Is(err, errClosed) {
		t.Errorf("a build of a closed backend: %v", err)
	}
}

// TestAllocWithABuilder: a builder that is open makes room for tensors, once.
func TestAllocWithABuilder(t *testing.T) {
	f := cudatest.New(t)
	b := onFake(t, f)
	t.Cleanup(func() { must(t, b.Close()) })
	s := conv(t, tensor("x", 3, accel.Float32, ""), tensor("y", 4, accel.Float32, ""))
	for entry, d := range map[string]accel.DeviceID{"alloc_device": "gpu:0", "alloc_host": host} {
		_, err := b.Build(t.Context(), s, "gpu:0", accel.BuildOptions{})
		must(t, err)
		f.Fail(entry, 1, cuda.ErrOutOfMemory)
		f.Fail("builder_close", 1, cuda.ErrInternal) // nobody needs to know
		m, err := b.Alloc(d, s.Inputs)
		must(t, err)
		must(t, m.Close())
		if b.builders != nil {
			t.Errorf("%s: a builder is kept", entry)
		}
		f.Fail(entry, 1, cuda.ErrOutOfMemory)
		if _, err := b.Alloc(d, s.Inputs); !errors.Is(err, cuda.ErrOutOfMemory) {
			t.Errorf("%s without a builder: %v", entry, err)
		}
	}
}

// TestBuildWithoutAKeptBuilder goes on where there is no room for one; of a lost device there is nothing to close.
func TestBuildWithoutAKeptBuilder(t *testing.T) {
	f := cudatest.New(t)
	b := onFake(t, f)
	t.Cleanup(func() { must(t, b.Close()) })
	s := conv(t, tensor("x", 3, accel.Float32, ""), tensor("y", 4, accel.Float32, ""))
	f.Fail("builder_new", 2, cuda.ErrOutOfMemory)
	_, err := b.Build(t.Context(), s, "gpu:0", accel.BuildOptions{})
	must(t, err)
	if n := openBuilders(f); n != 0 {
		t.Errorf("%d builders are open", n)
	}
	_, err = b.Build(t.Context(), s, "gpu:0", accel.BuildOptions{})
	must(t, err)
	if n := openBuilders(f); n != 1 {
		t.Errorf("%d builders are open", n)
	}
	f.Fail("builder_close", 1, cuda.ErrDeviceLost)
	must(t, b.EndBuilds())
}
