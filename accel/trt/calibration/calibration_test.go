package calibration

import (
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestFormat holds the text to what TensorRT writes: these lines are of NVIDIA's
// own example.
func TestFormat(t *testing.T) {
	const want = "TRT-8601-EntropyCalibration2\nconv1: 3c88edfc\ndata: 3c008912\n"
	version, ranges, err := Parse([]byte(want))
	if err != nil || version != 8601 || math.Abs(float64(ranges["data"])-0.997) > 0.01 {
		t.Fatal(version, ranges, err)
	}
	if got, err := Cache(version, ranges); err != nil || string(got) != want {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestParseRefuses(t *testing.T) {
	const head = "TRT-8601-EntropyCalibration2\n"
	for _, tt := range []struct{ cache, want string }{
		{"", "line 1"},
		{"TRT-8601-MinMaxCalibration\n", "line 1"},
		{"TRT-x-EntropyCalibration2", "line 1"},
		{head + "a 3c88edfc", "line 2"},
		{head + ": 3c88edfc", "line 2"},
		{head + "a: 3c88edfc\nb: xyz", `line 3: "xyz" is no scale`},
		{head + "a: 7f800000", "no scale"},
		{head + "a: 00000000", "no scale"},
		{head + "a: bf800000", "no scale"},
		{head + "a: 3c88edfc\na: 3c88edfc", "twice"},
	} {
		if _, _, err := Parse([]byte(tt.cache)); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%q: %v, not %q", tt.cache, err, tt.want)
		}
	}
}

func TestCacheRefuses(t *testing.T) {
	for name, v := range map[string]float32{"a\nb": 1, "": 1, "zero": 0, "below": -1, "infinite": float32(math.Inf(1)), "none": float32(math.NaN())} {
		if got, err := Cache(8601, map[string]float32{name: v}); err == nil {
			t.Errorf("%q of %g became %q", name, v, got)
		}
	}
}

// TestThereAndBack: ranges come back but for the last bit, and in the same text.
func TestThereAndBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		names := rapid.StringOf(rapid.RuneFrom([]rune("ab:/ .é"))).Filter(func(s string) bool { return s != "" })
		want := rapid.MapOf(names, rapid.Float32Range(1e-6, 1e6)).Draw(t, "ranges")
		data, err := Cache(100700, want)
		if err != nil {
			t.Fatal(err)
		}
		version, got, err := Parse(data)
		if err != nil || version != 100700 || !slices.Equal(slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want))) {
			t.Fatalf("%d, %v, %v", version, got, err)
		}
		for name, v := range want {
			if math.Abs(float64(got[name]-v)) > 1e-6*float64(v) {
				t.Errorf("%q is %g, not %g", name, got[name], v)
			}
		}
	})
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("TRT-8601-EntropyCalibration2\na: 3c88edfc\n"))
	f.Add([]byte("TRT-8601-EntropyCalibration2\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		version, ranges, err := Parse(data)
		if err != nil {
			return
		}
		if _, err := Cache(version, ranges); err != nil && !strings.Contains(string(data), "\r") && !strings.Contains(err.Error(), "range +Inf") {
			t.Errorf("%q was read and cannot be written: %v", data, err)
		}
	})
}
