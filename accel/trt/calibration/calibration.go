// Package calibration reads and writes TensorRT's calibration cache, the text in
// which a builder finds the dynamic ranges of a network's tensors: a first line
// that names the version and the calibrator, then for each tensor its name and,
// in hexadecimal, the bits of the float32 scale, the range by 127. It calibrates
// nothing.
//
// The format is as NVIDIA shows it in the text of its sample sampleINT8 and writes
// it in Deep-Learning-Accelerator-SW (tools/qdq-translator).
package calibration

import (
	"bytes"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
)

// algorithm is the calibrator that a DLA asks for (NvInfer.h, IInt8EntropyCalibrator2).
const algorithm = "EntropyCalibration2"

// Cache writes the ranges, sorted by name, for a TensorRT version as the library
// reports it: 8601 is 8.6.1, 100700 is 10.7.0. TensorRT reads a cache of its own
// version. An error names a tensor that cannot stand in it.
func Cache(version int, ranges map[string]float32) ([]byte, error) {
	var out bytes.Buffer
	fmt.Fprintf(&out, "TRT-%d-%s\n", version, algorithm)
	for _, name := range slices.Sorted(maps.Keys(ranges)) {
		scale := ranges[name] / 127
		if !good(scale) {
			return nil, fmt.Errorf("writing a calibration cache: tensor %q has the range %g", name, ranges[name])
		}
		if name == "" || strings.ContainsAny(name, "\r\n") {
			return nil, fmt.Errorf("writing a calibration cache: a tensor is called %q", name)
		}
		fmt.Fprintf(&out, "%s: %08x\n", name, math.Float32bits(scale))
	}
	return out.Bytes(), nil
}

func good(scale float32) bool { return scale > 0 && !math.IsInf(float64(scale), 0) }

// Parse reads a cache: the version that wrote it and the ranges by tensor. An
// error names the line.
func Parse(cache []byte) (version int, ranges map[string]float32, err error) {
	lines := strings.Split(strings.TrimSuffix(string(cache), "\n"), "\n")
	fail := func(i int, format string, args ...any) (int, map[string]float32, error) {
		return 0, nil, fmt.Errorf("reading a calibration cache: line %d: %s", i+1, fmt.Sprintf(format, args...))
	}
	head, ours := strings.CutSuffix(lines[0], "-"+algorithm)
	digits, trt := strings.CutPrefix(head, "TRT-")
	version, err = strconv.Atoi(digits)
	if !ours || !trt || err != nil || version < 0 {
		return fail(0, "%.80q is not the head of one made by %s", lines[0], algorithm)
	}
	ranges = map[string]float32{}
	for i, line := range lines[1:] {
		at := strings.LastIndex(line, ": ") // a name may have one of its own
		if at < 1 {
			return fail(i+1, "want a tensor's name, a colon and a scale, not %.80q", line)
		}
		bits, err := strconv.ParseUint(line[at+2:], 16, 32)
		scale := math.Float32frombits(uint32(bits))
		if err != nil || !good(scale) {
			return fail(i+1, "%.80q is no scale", line[at+2:])
		}
		if _, twice := ranges[line[:at]]; twice {
			return fail(i+1, "tensor %.80q is there twice", line[:at])
		}
		ranges[line[:at]] = scale * 127
	}
	return version, ranges, nil
}
