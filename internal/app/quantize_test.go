package app

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"braid/accel"
)

// folder has files with their contents.
func folderOf(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestPicturesAreTakenAtEvenDistances(t *testing.T) {
	dir := folderOf(t, map[string]string{"a.jpg": "", "b.JPEG": "", "c.png": "", "d.jpg": "", "notes.txt": ""})
	for count, want := range map[int]string{1: "a.jpg", 2: "a.jpg c.png", 3: "a.jpg b.JPEG c.png", 9: "a.jpg b.JPEG c.png d.jpg"} {
		files, err := picturesIn(dir, count)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, f := range files {
			names = append(names, filepath.Base(f))
		}
		if got := strings.Join(names, " "); got != want {
			t.Errorf("%d pictures are %s, want %s", count, got, want)
		}
	}
	if _, err := picturesIn(folderOf(t, map[string]string{"notes.txt": ""}), 3); err == nil {
		t.Error("a folder without pictures was taken")
	}
}

// TestDisjoint goes by contents: a copy by another name is the same picture, another
// one by the same name is not.
func TestDisjoint(t *testing.T) {
	a, b := folderOf(t, map[string]string{"1.jpg": "one", "2.jpg": "two"}), folderOf(t, map[string]string{"1.jpg": "three", "x.jpg": "two"})
	in := func(dir string, names ...string) (paths []string) {
		for _, n := range names {
			paths = append(paths, filepath.Join(dir, n))
		}
		return paths
	}
	if err := disjoint(in(a, "1.jpg"), in(b, "1.jpg", "x.jpg")); err != nil {
		t.Error(err)
	}
	err := disjoint(in(a, "1.jpg", "2.jpg"), in(b, "1.jpg", "x.jpg"))
	if err == nil || !strings.Contains(err.Error(), filepath.Join(a, "2.jpg")) || !strings.Contains(err.Error(), filepath.Join(b, "x.jpg")) {
		t.Errorf("got %v, want both names", err)
	}
	if err := disjoint(in(a, "1.jpg"), in(b, "missing.jpg")); err == nil {
		t.Error("a missing picture was passed over")
	}
}

func TestQuantizeUsage(t *testing.T) {
	good := QuantizeOptions{Calibrate: "d", Count: 1, Out: filepath.Join(t.TempDir(), "m.onnx"), For: "ort", Ranges: "minmax", Percentile: 99}
	if err := good.validate(); err != nil {
		t.Fatal(err)
	}
	there := filepath.Join(folderOf(t, map[string]string{"m.yaml": ""}), "m.onnx")
	for want, change := range map[string]func(*QuantizeOptions){
		"give --calibrate DIR":    func(o *QuantizeOptions) { o.Calibrate = "" },
		"must end in .onnx":       func(o *QuantizeOptions) { o.Out = "m" },
		"--count 0":               func(o *QuantizeOptions) { o.Count = 0 },
		"--ranges best":           func(o *QuantizeOptions) { o.Ranges = "best" },
		"--percentile 40":         func(o *QuantizeOptions) { o.Percentile = 40 },
		"--weight-bits 4":         func(o *QuantizeOptions) { o.Bits = 4 },
		"--layer-error -1":        func(o *QuantizeOptions) { o.LayerError = -1 },
		"are for --evaluate DIR":  func(o *QuantizeOptions) { o.Classes = []string{"car"} },
		"m.yaml is there already": func(o *QuantizeOptions) { o.Out = there },
	} {
		o := good
		change(&o)
		if err := o.validate(); err == nil || ExitCode(err) != 2 || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q and exit code 2", err, want)
		}
	}
	good.For = "abacus"
	if _, err := good.options(); ExitCode(err) != 2 || !strings.Contains(err.Error(), "ort, openvino, trt") {
		t.Errorf("got %v", err)
	}
}

// TestDistance is the mean square of the change over the variance, and 0 for the same.
func TestDistance(t *testing.T) {
	out := func(v ...float32) []outputs {
		raw := make([]byte, 4*len(v))
		copy(accel.Tensor{TensorDesc: accel.TensorDesc{Type: accel.Float32}, Data: raw}.Float32s(), v)
		return []outputs{{"y": output{accel.Float32, raw}}}
	}
	if d := distance(out(1, 2, 3), out(1, 2, 3)); d != 0 {
		t.Errorf("the same are %g apart", d)
	}
	if d := distance(out(-1, 1), out(-1, 1.5)); d != 0.125 {
		t.Errorf("got %g, want 0.25 of a sum of squares of 2", d)
	}
}

func TestQuantile(t *testing.T) {
	v := []float64{5, 1, 3, 2, 4}
	if q := []float64{quantile(v, 0), quantile(v, 0.25), quantile(v, 0.5), quantile(v, 1)}; !slices.Equal(q, []float64{1, 2, 3, 5}) {
		t.Errorf("got %v", q)
	}
}

// TestQuantizeReportSays so where int8 is no gain, and nothing where it is one.
func TestQuantizeReportSays(t *testing.T) {
	worse := &scoreChange{FloatAP: 0.3, Int8AP: 0.2, Drop: 0.1, Worse: true}
	for _, c := range []struct {
		d    deviceResult
		want []string
	}{
		{deviceResult{Device: "cpu", FloatMS: 1, Int8MS: 2, Speedup: 0.5, Slower: true, Score: worse}, []string{"SLOWER", "2.00 times", "WORSE", "0.1000 lower"}},
		{deviceResult{Device: "cpu", FloatMS: 2, Int8MS: 1, Speedup: 2, Score: &scoreChange{FloatAP: 0.3, Int8AP: 0.3}}, nil},
		{deviceResult{Device: "gpu:0", Error: "no such layer"}, []string{"gpu:0: no such layer"}},
	} {
		var b strings.Builder
		c.d.say(&b)
		if got := b.String(); len(c.want) == 0 && got != "" || slices.ContainsFunc(c.want, func(w string) bool { return !strings.Contains(got, w) }) {
			t.Errorf("%+v says %q, want %q", c.d, got, c.want)
		}
	}
}
