//go:build e2e

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"braid/internal/testdata"
)

// quantization is what model quantize -o json prints.
type quantization struct {
	File, Card, Model, For string
	Layers, Pictures       int
	Float                  []string
	Kept                   []struct {
		Layer string
		Error float64
	}
	Bytes   int64
	Devices []struct {
		Device, Error string
		FloatMS       float64 `json:"float_ms"`
		Int8MS        float64 `json:"int8_ms"`
		Speedup       float64
		Slower        bool
		Accuracy      *struct {
			Float float64 `json:"float_mAP"`
			Int8  float64 `json:"int8_mAP"`
			Drop  float64
			Worse bool
		}
	}
}

const streetClasses = "person,bicycle,car,motorcycle,bus,truck"

// TestQuantizeBraidNano: int8 of the shipped detector detects as well as float32 does,
// to a few hundredths of AP on 128 pictures, and is a model like any other.
func TestQuantizeBraidNano(t *testing.T) {
	t.Parallel()
	images, annotations := cocoVal(t)
	calibration := testdata.Path(t, "train/images")
	out := filepath.Join(t.TempDir(), "nano-int8.onnx")
	args := []string{"model", "quantize", "braid-nano", "--calibrate", calibration, "--count", "12", "--out", out}
	r := decode[quantization](t, mustRun(t, append(args, "--evaluate", images, "--annotations", annotations, "--classes", streetClasses, "-o", "json")...))
	if r.File != out || r.For != "ort" || r.Layers < 50 || r.Layers+len(r.Float) != 65 || r.Pictures != 12 || len(r.Devices) == 0 {
		t.Fatalf("got %+v", r)
	}
	for _, k := range r.Kept {
		if k.Error <= 0.03 {
			t.Errorf("layer %s with an error of %g was kept in float32", k.Layer, k.Error)
		}
	}
	if info, err := os.Stat(out); err != nil || info.Size() != r.Bytes || info.Size() > 3_913_516/2 {
		t.Errorf("%v bytes, want %d: less than half of float32's; %v", info.Size(), r.Bytes, err)
	}
	d := r.Devices[0]
	if d.Error != "" || d.FloatMS <= 0 || d.Int8MS <= 0 || d.Slower != (d.Speedup < 1) {
		t.Fatalf("device %+v", d)
	}
	if a := d.Accuracy; a == nil || a.Float < 0.29 || a.Drop > 0.03 || a.Worse != (a.Drop >= 5e-5) {
		t.Errorf("accuracy %+v", d.Accuracy)
	}
	if got := decode[evaluation](t, mustRun(t, "eval", "--model", r.Card, "--plan", "serial", "--images", images, "--annotations", annotations, "--classes", streetClasses, "-o", "json")); got.MAP != d.Accuracy.Int8 {
		t.Errorf("eval finds mAP %g, quantize found %g", got.MAP, d.Accuracy.Int8)
	}
	if r := braid(t, args...); r.code != 2 || !strings.Contains(r.stderr, "is there already") {
		t.Errorf("a second time: exit %d\n%s", r.code, r.stderr)
	}
}

// TestQuantizeForOthers: the forms of other runtimes load in ONNX Runtime too.
func TestQuantizeForOthers(t *testing.T) {
	t.Parallel()
	calibration := testdata.Path(t, "train/images")
	for _, runtime := range []string{"openvino", "trt"} {
		out := filepath.Join(t.TempDir(), runtime+".onnx")
		text := mustRun(t, "model", "quantize", "braid-nano", "--for", runtime, "--ranges", "entropy", "--layer-error", "0",
			"--calibrate", calibration, "--count", "4", "--float", "backbone.stem1", "--out", out).out
		if !strings.Contains(text, "in int8 for "+runtime+": 58 layers") || !strings.Contains(text, "float32 stay backbone.stem1, head8") || !strings.Contains(text, "\ncpu ") {
			t.Errorf("got\n%s", text)
		}
	}
}

// TestQuantizeRefuses what would flatter or mislead, before it writes anything.
func TestQuantizeRefuses(t *testing.T) {
	images, annotations := cocoVal(t)
	out := filepath.Join(t.TempDir(), "m.onnx")
	for _, c := range []struct {
		name string
		args []string
		code int
		want string
	}{
		{"the same pictures", []string{"--calibrate", images, "--evaluate", images, "--annotations", annotations, "--classes", streetClasses}, 3, "is the evaluation picture"},
		{"classes that it has not", []string{"--calibrate", images, "--evaluate", images, "--annotations", annotations}, 3, "is not a label of the model"},
		{"no pictures", []string{"--calibrate", t.TempDir()}, 3, "has no .jpg"},
		{"unknown node", []string{"--calibrate", images, "--float", "nobody"}, 3, `no node "nobody"`},
		{"unknown runtime", []string{"--calibrate", images, "--for", "abacus"}, 2, "want one of ort, openvino, trt"},
		{"no output", []string{"--calibrate", images, "--out", ""}, 2, "give --calibrate DIR and --out FILE.onnx"},
	} {
		r := braid(t, append([]string{"model", "quantize", "braid-nano", "--out", out}, c.args...)...)
		if _, err := os.Stat(out); r.code != c.code || !strings.Contains(r.stderr, c.want) || err == nil {
			t.Errorf("%s: exit %d, want %d with %q; file: %v\n%s", c.name, r.code, c.code, c.want, err, r.stderr)
		}
	}
}
