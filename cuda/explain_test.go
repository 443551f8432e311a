package cuda

import (
	"strings"
	"testing"
)

const door = "/opt/braid/lib/libbraid_cuda.so"

func TestExplain(t *testing.T) {
	missing := func(lib string) string {
		return lib + ": cannot open shared object file: No such file or directory"
	}
	for _, c := range []struct{ message, want string }{
		{missing("libnvinfer.so.8"), "libnvinfer.so.8 is missing (TensorRT: libnvinfer8)"},
		{missing("libnvinfer.so.10"), "libnvinfer.so.10 is missing (TensorRT: libnvinfer10)"},
		{missing("libnvinfer_plugin.so.10"), "libnvinfer_plugin.so.10 is missing (TensorRT: libnvinfer-plugin10)"},
		{missing("libnvonnxparser.so.8"), "libnvonnxparser.so.8 is missing (TensorRT: libnvonnxparsers8)"},
		{missing("libnvonnxparser.so.10"), "libnvonnxparser.so.10 is missing (TensorRT: libnvonnxparsers10)"},
		{missing("libcudart.so.12"), "libcudart.so.12 is missing (CUDA: cuda-cudart-12-x)"},
		{missing("libcudart.so.11.0"), "libcudart.so.11.0 is missing (CUDA: cuda-cudart-11-x)"},
		{missing("libcudart.so.13"), "libcudart.so.13 is missing (CUDA: cuda-cudart-13-x)"},
		{missing("libcuda.so.1"), "libcuda.so.1 is missing (the NVIDIA driver)"},
		{missing("libelse.so.3"), "libelse.so.3 is missing"},
		{missing(door), "no such file: make cuda builds it"},
		{door + ": invalid ELF header", "not a shared library"},
		{door + ": file too short", "not a shared library"},
		{door + ": undefined symbol: cudaMalloc", "undefined symbol: cudaMalloc"},
		{
			"/lib/libc.so.6: version `GLIBC_2.38' not found (required by " + door + ")",
			"built for a newer system, make cuda builds it for this one: /lib/libc.so.6: version `GLIBC_2.38' not found (required by " + door + ")",
		},
		{"two\nlines", "two lines"},
		{"", "the loader refuses it without a word"},
	} {
		if got := explain(c.message, door); got != c.want {
			t.Errorf("%q is explained as\n%q, want\n%q", c.message, got, c.want)
		}
	}
}

// FuzzExplain holds the explanation of any message to one line with some text.
func FuzzExplain(f *testing.F) {
	f.Add("libnvinfer.so.8: cannot open shared object file: No such file or directory")
	f.Add(door + ": invalid ELF header\n")
	f.Add("libnvinfer.so: cannot open shared object file")
	f.Fuzz(func(t *testing.T, message string) {
		got := explain(message, door)
		if got == "" && strings.TrimSpace(message) != door+":" || strings.ContainsAny(got, "\n\r") {
			t.Errorf("%q is explained as %q", message, got)
		}
	})
}

func TestVersions(t *testing.T) {
	for _, c := range []struct {
		got  interface{ String() string }
		want string
	}{
		{TensorRTVersion(8601), "8.6.1"},
		{TensorRTVersion(8510), "8.5.10"},
		{TensorRTVersion(100700), "10.7.0"},
		{TensorRTVersion(101303), "10.13.3"},
		{Version(12040), "12.4"},
		{Version(13000), "13.0"},
		{Version(11080), "11.8"},
	} {
		if got := c.got.String(); got != c.want {
			t.Errorf("version %d is %q, want %q", c.got, got, c.want)
		}
	}
}

func TestFailure(t *testing.T) {
	for code, want := range map[int]string{
		1: "doing it: odd", 2: "doing it: odd", 6: "doing it: odd", 0: "doing it: odd", 7: "doing it: odd", -3: "doing it: odd",
	} {
		if got := failure("doing it", code, " odd\n").Error(); got != want {
			t.Errorf("code %d: %q, want %q", code, got, want)
		}
	}
	if got := failure("doing it", 3, "").Error(); got != "doing it: out of memory" {
		t.Errorf("without a message: %q", got)
	}
	if strings.Count(abiHeader, "braid_cuda_table") == 0 {
		t.Error("the header is not embedded")
	}
}
