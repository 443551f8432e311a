//go:build e2e

package main

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"braid/accel"
	"braid/accel/network"
	"braid/internal/card/cardtest"
	"braid/internal/testdata"
)

// TestBadInput wants one clear line that names the thing, the right exit code,
// and no password.
func TestBadInput(t *testing.T) {
	dir := t.TempDir()
	file := func(name string, content []byte) string {
		p := filepath.Join(dir, name)
		if err := os.WriteFile(p, content, 0o600); err != nil {
			t.Fatal(err)
		}
		return p
	}
	model, err := os.ReadFile(testdata.Path(t, "models/yolox_nano.onnx"))
	if err != nil {
		t.Fatal(err)
	}
	clip, err := os.ReadFile(testdata.Path(t, "videos/udacity_solidWhiteRight.mp4"))
	if err != nil {
		t.Fatal(err)
	}
	const head = "input: {width: 416, height: 416}\nhead: {kind: yolox}\n"
	out := filepath.Join(dir, "out.jsonl")
	video := file("ok.mp4", clip)
	taken := listener(t)
	file("short.onnx", model[:len(model)/2])
	file("text.onnx", []byte("hello"))
	file("full.onnx", model)
	file("odd.onnx", oddNetwork(t))

	for _, c := range []struct {
		name string
		args []string
		code int
		want []string // parts of the last line of stderr
	}{
		{"unknown command", []string{"bacth"}, 2, []string{"bacth", "batch"}},
		{"unknown flag", []string{"batch", "x", "--modle", "y"}, 2, []string{"modle"}},
		{"no input", []string{"batch", "--model", "ball"}, 2, []string{"INPUT"}},
		{"no place for results", []string{"batch", video, "--model", "ball"}, 2, []string{"--out"}},
		{"copies of nothing", []string{"bench", "--model", "ball", "--copies", "2"}, 2, []string{"--copies", "--input"}},
		{"bench without its input", []string{"bench", "--model", "ball", "--input", filepath.Join(dir, "gone.mp4")}, 4, []string{"gone.mp4", "not found"}},
		{"unknown model", []string{"batch", video, "--model", "bal", "--out", out}, 3, []string{"bal", "ball"}},
		{"no model", []string{"batch", video, "--out", out}, 3, []string{"--model"}},
		{"model without card", []string{"batch", video, "--model", filepath.Join(dir, "full.onnx"), "--out", out}, 3, []string{"full.onnx", "full.yaml"}},
		{"truncated model", []string{"batch", video, "--model", file("short.yaml", []byte("name: short\nfile: short.onnx\n"+head)), "--out", out}, 3, []string{"short", "truncated"}},
		{"model that is none", []string{"batch", video, "--model", file("text.yaml", []byte("name: text\nfile: text.onnx\n"+head)), "--out", out}, 3, []string{"text"}},
		{"card does not fit the graph", []string{"batch", video, "--model", file("misfit.yaml", []byte("name: misfit\nfile: full.onnx\nlabels: [a, b]\n"+head)), "--out", out}, 3, []string{"3549", "85"}},
		{"card of another input", []string{"batch", video, "--model", file("size.yaml", []byte("name: size\nfile: full.onnx\n"+strings.Replace(head, "416", "320", 1))), "--out", out}, 3, []string{"416", "320"}},
		{"unknown operator", []string{"batch", video, "--model", file("odd.yaml", []byte("name: odd\nfile: odd.onnx\n"+head)), "--out", out}, 3, []string{"Frobnicate"}},
		{"card with unknown key", []string{"batch", video, "--model", file("key.yaml", []byte("name: key\nfile: full.onnx\ninptu: {}\n"+head)), "--out", out}, 3, []string{"key.yaml:3", "inptu", "input"}},
		{"missing video", []string{"batch", filepath.Join(dir, "no.mp4"), "--model", "ball", "--out", out}, 1, []string{"no.mp4"}},
		{"empty video", []string{"batch", file("empty.mp4", nil), "--model", "ball", "--out", out}, 1, []string{"empty.mp4", "empty"}},
		{"text as video", []string{"batch", file("text.mp4", []byte("hello\n")), "--model", "ball", "--out", out}, 1, []string{"text.mp4"}},
		{"truncated video", []string{"batch", file("cut.mp4", clip[:len(clip)/3]), "--model", "ball", "--out", out}, 1, []string{"cut.mp4"}},
		{"folder without pictures", []string{"batch", t.TempDir(), "--model", "ball", "--out", out}, 1, []string{"no"}},
		{"results into a folder", []string{"batch", video, "--model", "ball", "--out", dir}, 2, []string{"directory"}},
		{"results over the input", []string{"batch", video, "--model", "ball", "--out", video}, 2, []string{"overwrite"}},
		{"two models", []string{"model", "inspect", "a", "b"}, 2, []string{"one argument"}},
		{"watch for a score that cannot be", []string{"watch", "--min-score", "3"}, 2, []string{"min-score"}},
		{"missing plan", []string{"batch", video, "--model", "ball", "--plan", "no.yaml", "--out", out}, 3, []string{"no.yaml"}},
		{"plan with unknown cut", []string{"batch", video, "--model", "ball", "--out", out, "--plan", file("cut.yaml", []byte("version: 1\nsegments:\n  - {until: nowhere, devices: [cpu]}\n  - {devices: [cpu]}\n"))}, 3, []string{"nowhere"}},
		{"plan of another model", []string{"batch", video, "--model", "ball", "--out", out, "--plan", file("other.yaml", []byte("version: 1\nmodel: other\nsegments:\n  - {devices: [cpu]}\n"))}, 3, []string{"other", "ball"}},
		{"plan for an absent device", []string{"batch", video, "--model", "ball", "--out", out, "--plan", file("gpu.yaml", []byte("version: 1\nsegments:\n  - {devices: [gpu:0]}\n"))}, 4, []string{"gpu:0"}},
		{"unknown backend", []string{"batch", video, "--model", "ball", "--backend", "cuda", "--out", out}, 3, []string{"cuda", "ort"}},
		{"missing configuration", []string{"run", "-c", "no.yaml"}, 3, []string{"no.yaml"}},
		{"unknown key", []string{"run", "-c", file("typo.yaml", []byte("model: ball\ncameras:\n  - {name: a, url: 'test:', polcy: block}\n"))}, 3, []string{"typo.yaml:3", "polcy", "policy"}},
		{"unknown class", []string{"run", "-c", file("class.yaml", []byte("model: ball\ncameras:\n  - {name: a, url: 'test:', classes: [cat]}\n"))}, 3, []string{"cat"}},
		{"port in use", []string{"run", "-c", "configs/demo.yaml", "--set", "nats.listen=" + taken}, 4, []string{taken, "nats.listen"}},
		{"unknown cut", []string{"model", "cut", "ball", "--at", "nowhere", "--out", dir}, 3, []string{"nowhere"}},
		{"nothing to verify", []string{"model", "verify", "ball"}, 2, []string{"--at"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := braid(t, c.args...)
			if r.code != c.code {
				t.Errorf("exit %d, want %d", r.code, c.code)
			}
			said := lastLines(r.stderr)
			for _, part := range c.want {
				if !strings.Contains(said, part) {
					t.Errorf("the message does not say %q", part)
				}
			}
			if strings.Contains(r.stderr, "panic") || strings.Contains(r.stderr, "goroutine") {
				t.Error("it panicked")
			}
			if t.Failed() {
				t.Logf("stderr:\n%s", r.stderr)
			}
		})
	}
}

// oddNetwork has an operator that no runtime knows.
func oddNetwork(t *testing.T) []byte {
	t.Helper()
	b := network.NewBuilder("odd", 13)
	x := b.Input(accel.TensorDesc{Name: "x", Type: accel.Float32, Shape: []int64{1, 3, 416, 416}})
	b.Node("Frobnicate", []string{x}, []string{"y"})
	b.Output(accel.TensorDesc{Name: "y", Type: accel.Float32, Shape: []int64{1, 3549, 6}})
	data, err := b.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// lastLines is what was said from the program's own error on.
func lastLines(stderr string) string {
	if i := strings.LastIndex(stderr, "braid: "); i >= 0 {
		return stderr[i:]
	}
	return ""
}

// listener takes a port for the time of the test.
func listener(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l.Addr().String()
}

// TestMissingLibrary names the library and the mend.
func TestMissingLibrary(t *testing.T) {
	cmd := command(t, "devices")
	cmd.Env = append(cmd.Env, "BRAID_ORT_LIB=/nowhere/libonnxruntime.so")
	r := finish(t, cmd)
	if r.code != 4 || !strings.Contains(r.stderr, "/nowhere/libonnxruntime.so") || !strings.Contains(r.stderr, "make setup") {
		t.Errorf("exit %d:\n%s", r.code, r.stderr)
	}
}

// TestABadInputDoesNotStopTheNext runs a missing, a truncated and a good input.
func TestABadInputDoesNotStopTheNext(t *testing.T) {
	photo := testdata.Path(t, "images/well-known/dog.jpg")
	out := filepath.Join(t.TempDir(), "x.jsonl")
	r := braid(t, "batch", "no-such.mp4", photo, "--model", cardtest.YOLOXNano(t, threshold), "--out", out)
	if r.code != 1 || !strings.Contains(r.stderr, "no-such.mp4") {
		t.Errorf("exit %d:\n%s", r.code, r.stderr)
	}
	if n := len(frames(t, out)); n != 1 {
		t.Errorf("%d frames of the good input, want 1", n)
	}
}

// TestPasswordsAreNeverPrinted runs a camera that cannot be reached.
func TestPasswordsAreNeverPrinted(t *testing.T) {
	for _, c := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"batch", "rtsp://user:s3cret@127.0.0.1:1/x", "--model", "ball", "--out", "-", "--log-level", "debug"}, 130, "source in trouble"},
		{[]string{"batch", "test:?frames=1&live=false", "--model", "ball", "--nats", "nats://user:s3cret@127.0.0.1:1", "--log-level", "debug", "--max-frames", "1"}, 130, "NATS is away"},
		{[]string{"config", "print", "--set", "cameras.a.url=rtsp://u:s3cret@h/x", "--set", "model=ball"}, 0, ""},
	} {
		r := interrupted(t, command(t, c.args...), c.says)
		if r.code != c.code || strings.Contains(r.out+r.stderr, "s3cret") || !strings.Contains(r.stderr, c.says) {
			t.Errorf("braid %v: exit %d, or it printed the password:\n%s%s", c.args, r.code, r.out, r.stderr)
		}
	}
}

// TestOpenVINOIsNotThere: what is missing is named, with the mend.
func TestOpenVINOIsNotThere(t *testing.T) {
	for _, c := range []struct{ device, lib, says string }{
		{"cpu/openvino", "/nowhere/libopenvino_c.so", "make setup"},
		{"gpu:7/openvino", testdata.OpenVINO(t), "docs/intel.md"},
		{"npu:0", testdata.OpenVINO(t), "npu:0"},
	} {
		p := writeFile(t, "plan.yaml", "version: 1\nsegments: [{devices: [\""+c.device+"\"]}]\n")
		cmd := command(t, "model", "verify", "ball", "--plan", p)
		cmd.Env = append(cmd.Env, "BRAID_OPENVINO_LIB="+c.lib)
		r := finish(t, cmd)
		if r.code != 4 || !strings.Contains(r.stderr, c.device) || !strings.Contains(r.stderr, c.says) || strings.Count(strings.TrimSpace(r.stderr), "\n") > 0 {
			t.Errorf("%s: exit %d:\n%s", c.device, r.code, r.stderr)
		}
	}
}
