package cuda

import (
	"path"
	"regexp"
	"strings"
)

// needed finds, in the loader's words, the library that it could not open.
var needed = regexp.MustCompile(`^(\S*?([^/\s]+\.so[.0-9]*)): cannot open shared object file`)

// packages say who brings a library, by its name; % stands for the major version
// of the file.
var packages = []struct{ file, bring string }{
	{"libnvinfer_plugin", "TensorRT: libnvinfer-plugin%"},
	{"libnvinfer", "TensorRT: libnvinfer%"},
	{"libnvonnxparser", "TensorRT: libnvonnxparsers%"},
	{"libcudart", "CUDA: cuda-cudart-%-x"},
	{"libcublas", "CUDA: libcublas-%-x"},
	{"libcublasLt", "CUDA: libcublas-%-x"},
	{"libcudla", "CUDA of a Jetson: libcudla-%-x"},
	{"libcudnn", "cuDNN: libcudnn%"},
	{"libnvdla_compiler", "the Jetson's system: nvidia-l4t-dla-compiler"},
	{"libcuda", "the NVIDIA driver"},
}

// explain makes one line of the loader's message about opening the library at
// path: what is missing and which package brings it.
func explain(message, path string) string {
	line := strings.Join(strings.Fields(message), " ")
	m := needed.FindStringSubmatch(line)
	switch {
	case m != nil && m[1] == path:
		return "no such file: make cuda builds it"
	case m != nil:
		return m[2] + " is missing" + origin(m[2])
	case strings.Contains(line, "GLIBC"): // GLIBC_2.38, GLIBCXX_3.4.32
		return "built for a newer system, make cuda builds it for this one: " + line
	case strings.HasSuffix(line, "invalid ELF header"), strings.HasSuffix(line, "file too short"):
		return "not a shared library"
	case line == "":
		return "the loader refuses it without a word"
	}
	return strings.TrimPrefix(line, path+": ")
}

// origin is " (…)" with the package that brings a library, or "".
func origin(file string) string {
	name, version, _ := strings.Cut(path.Base(file), ".so")
	major, _, _ := strings.Cut(strings.TrimPrefix(version, "."), ".")
	for _, p := range packages {
		if p.file == name {
			return " (" + strings.Replace(p.bring, "%", major, 1) + ")"
		}
	}
	return ""
}
