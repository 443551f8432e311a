package doctor

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
)

const good, bad, av = "gstreamer1.0-plugins-good", "gstreamer1.0-plugins-bad", "gstreamer1.0-libav"

// healthy is a machine on which every check is ok.
func healthy() Deps {
	return Deps{
		GStreamer:  func() (string, error) { return "1.22.0", nil },
		HasElement: func(string) bool { return true },
		Needs: []Need{
			{"filesrc", core, "recordings", Fail},
			{"rtspsrc", good, "RTSP cameras", Warn},
			{"tsdemux", bad, "transport streams", Warn},
			{"h264parse", bad, "H.264", Fail},
			{"avdec_h264", av, "decoding H.264 on the CPU", Fail},
			{"avdec_h265", av, "decoding H.265 on the CPU", Warn},
		},
		Getenv:       func(string) string { return "" },
		Exists:       func(string) bool { return true },
		ONNXRuntime:  func() (string, string, error) { return "1.27.0", "/lib/ort.so", nil },
		OpenVINO:     func() (string, []string, error) { return "2026.4.1", []string{"cpu/openvino"}, nil },
		HasIntel:     func() Intel { return Intel{} },
		TensorRT:     func() (string, error) { return "", errors.New("libnvinfer.so.8 is missing") },
		HasGPU:       func() bool { return false },
		ONNXWanted:   "1.27.0",
		Dirs:         []Dir{{"cache", "/c"}, {"state", "/s"}},
		Writable:     func(string) error { return nil },
		Ports:        []Port{{"NATS", "127.0.0.1:4222"}},
		Listen:       func(context.Context, string) error { return nil },
		NATS:         Server{URL: "nats://u:secret@host:4222", JetStream: true},
		Probe:        func(context.Context, string) (bool, error) { return true, nil },
		Cores:        func() int { return 2 },
		Memory:       func() (int64, int64, error) { return 8 << 30, 4 << 30, nil },
		VideoDevices: func() []string { return []string{"/dev/video0"} },
		OpenVideo:    func(string) error { return nil },
	}
}

func TestHealthy(t *testing.T) {
	results := Run(t.Context(), Checks(healthy()))
	var names []string
	for _, r := range results {
		names = append(names, r.Name)
		if r.Status != OK || r.Fix != "" || r.Detail == "" {
			t.Errorf("%+v, want ok with a detail and nothing to mend", r)
		}
	}
	want := []string{
		"GStreamer", core, good, bad, av, "hardware decoders", "ONNX Runtime", "OpenVINO", "TensorRT",
		"cache folder", "state folder", "NATS port", "NATS server", "CPU", "memory", "v4l2 cameras",
	}
	if !slices.Equal(names, want) {
		t.Errorf("checks %q, want %q", names, want)
	}
	if got := Worst(results); got != OK {
		t.Errorf("worst %s, want ok", got)
	}
}

func TestFindings(t *testing.T) {
	errBoom := errors.New("boom")
	without := func(elements ...string) func(string) bool {
		return func(e string) bool { return !slices.Contains(elements, e) }
	}
	tests := []struct {
		name   string
		change func(d *Deps)
		check  string
		status Status
		detail string // part of it
		fix    string // part of it
	}{
		{"built without GStreamer", func(d *Deps) { d.GStreamer = nil }, "GStreamer", Warn, "built without", "bin/braid"},
		{"GStreamer fails", func(d *Deps) { d.GStreamer = func() (string, error) { return "", errBoom } }, "GStreamer", Fail, "boom", "apt-get install"},
		{"GStreamer is old", func(d *Deps) { d.GStreamer = func() (string, error) { return "1.18.4", nil } }, "GStreamer", Fail, "too old", "1.20"},
		{"GStreamer of the next major", func(d *Deps) { d.GStreamer = func() (string, error) { return "GStreamer 2.0.1", nil } }, "GStreamer", OK, "2.0.1", ""},
		{"version unreadable", func(d *Deps) { d.GStreamer = func() (string, error) { return "git", nil } }, "GStreamer", OK, "git", ""},
		{"a needed element", func(d *Deps) { d.HasElement = without("avdec_h264", "avdec_h265") }, av, Fail, "avdec_h264 (decoding H.264", "install -y gstreamer1.0-libav"},
		{"an element of some inputs", func(d *Deps) { d.HasElement = without("rtspsrc") }, good, Warn, "missing rtspsrc (RTSP", good},
		{"a failure outweighs a warning", func(d *Deps) { d.HasElement = without("tsdemux", "h264parse") }, bad, Fail, "tsdemux", bad},
		{"needs of one's own", func(d *Deps) { d.Needs = []Need{{"x", "p", "y", Fail}}; d.HasElement = without("x") }, "p", Fail, "x (y)", "p"},
		{"a hardware decoder", func(d *Deps) { d.HasElement = without("nvv4l2decoder", "nvh264dec") }, "hardware decoders", OK, "vah264dec", ""},
		{"no hardware decoder", func(d *Deps) { d.HasElement = without(hardwareDecoders...) }, "hardware decoders", OK, "the CPU decodes", ""},
		{"plugin path", func(d *Deps) {
			d.Getenv = func(k string) string { return map[string]string{"GST_PLUGIN_PATH": "/a:/b"}[k] }
		}, "GST_PLUGIN_PATH", OK, "/a:/b", ""},
		{"plugin path is gone", func(d *Deps) {
			d.Getenv = func(k string) string { return map[string]string{"GST_PLUGIN_SYSTEM_PATH": "/a::/b"}[k] }
			d.Exists = func(p string) bool { return p != "/b" }
		}, "GST_PLUGIN_SYSTEM_PATH", Warn, "/b does not exist", "unset GST_PLUGIN_SYSTEM_PATH"},
		{"no ONNX Runtime", func(d *Deps) { d.ONNXRuntime = func() (string, string, error) { return "", "", errBoom } }, "ONNX Runtime", Fail, "boom", "BRAID_ORT_LIB"},
		{"another ONNX Runtime", func(d *Deps) { d.ONNXWanted = "1.28.0" }, "ONNX Runtime", Warn, "1.27.0 at /lib/ort.so, tested with 1.28.0", "make setup"},
		{"no OpenVINO", func(d *Deps) { d.OpenVINO = func() (string, []string, error) { return "", nil, errBoom } }, "OpenVINO", Warn, "boom", "make setup"},
		{"no driver for a GPU", func(d *Deps) { d.HasIntel = func() Intel { return Intel{GPU: true} } }, "OpenVINO", Warn, "2026.4.1 for cpu/openvino, not for the Intel GPU", "intel-opencl-icd"},
		{"no driver for an NPU", func(d *Deps) { d.HasIntel = func() Intel { return Intel{NPU: true} } }, "OpenVINO", Warn, "not for the Intel NPU", "docs/intel.md"},
		{"all of Intel's", func(d *Deps) {
			d.HasIntel = func() Intel { return Intel{true, true} }
			d.OpenVINO = func() (string, []string, error) {
				return "2026.4.1", []string{"cpu/openvino", "gpu:0/openvino", "npu:0/openvino"}, nil
			}
		}, "OpenVINO", OK, "2026.4.1 for cpu/openvino, gpu:0/openvino, npu:0/openvino", ""},
		{"no TensorRT beside a GPU", func(d *Deps) { d.HasGPU = func() bool { return true } }, "TensorRT", Warn, "libnvinfer", "make cuda"},
		{"no TensorRT, no GPU", func(d *Deps) { d.HasGPU = func() bool { return false } }, "TensorRT", OK, "no NVIDIA device", ""},
		{"TensorRT", func(d *Deps) { d.TensorRT = func() (string, error) { return "8.6.1 with CUDA 12.4", nil } }, "TensorRT", OK, "8.6.1", ""},
		{"simulated devices", func(d *Deps) { d.Simulated = func() (string, error) { return "sim:x (dla) of box", nil } }, "simulated devices", OK, "sim:x", ""},
		{"broken file of them", func(d *Deps) { d.Simulated = func() (string, error) { return "", errBoom } }, "simulated devices", Fail, "boom", "BRAID_SIM"},
		{"folder not writable", func(d *Deps) {
			d.Writable = func(p string) error {
				if p == "/s" {
					return errBoom
				}
				return nil
			}
		}, "state folder", Fail, "boom", "mkdir -p /s"},
		{"port taken", func(d *Deps) { d.Listen = func(context.Context, string) error { return errBoom } }, "NATS port", Fail, "boom", "127.0.0.1:4222"},
		{"NATS without JetStream", func(d *Deps) { d.Probe = func(context.Context, string) (bool, error) { return false, nil } }, "NATS server", Fail, "nats://host:4222 has no JetStream", "--jetstream"},
		{"JetStream not wanted", func(d *Deps) {
			d.NATS.JetStream = false
			d.Probe = func(context.Context, string) (bool, error) { return false, nil }
		}, "NATS server", OK, "nats://host:4222", ""},
		{"NATS away", func(d *Deps) {
			d.Probe = func(_ context.Context, url string) (bool, error) {
				return false, errors.New("dialling " + url + " with secret: refused")
			}
		}, "NATS server", Fail, "dialling nats://host:4222 with …: refused", "embedded"},
		{"one core", func(d *Deps) { d.Cores = func() int { return 1 } }, "CPU", Warn, "1 core", "two cores"},
		{"memory is low", func(d *Deps) { d.Memory = func() (int64, int64, error) { return 2 << 30, 1 << 29, nil } }, "memory", Warn, "0.5 of 2.0 GiB", "in_flight"},
		{"memory unknown", func(d *Deps) { d.Memory = func() (int64, int64, error) { return 0, 0, errBoom } }, "memory", Warn, "boom", ""},
		{"camera forbidden", func(d *Deps) { d.OpenVideo = func(string) error { return errBoom } }, "v4l2 cameras", Warn, "boom", "usermod"},
		{"no camera", func(d *Deps) { d.VideoDevices = func() []string { return nil } }, "v4l2 cameras", OK, "none", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := healthy()
			tt.change(&d)
			results := Run(t.Context(), Checks(d))
			i := slices.IndexFunc(results, func(r Result) bool { return r.Name == tt.check })
			if i < 0 {
				t.Fatalf("no check %q", tt.check)
			}
			r := results[i]
			if r.Status != tt.status || !strings.Contains(r.Detail, tt.detail) || !strings.Contains(r.Fix, tt.fix) || tt.fix == "" && r.Fix != "" {
				t.Errorf("%+v, want %s, %q, %q", r, tt.status, tt.detail, tt.fix)
			}
			if strings.Contains(r.Detail+r.Fix, "secret") {
				t.Errorf("%+v shows the password", r)
			}
			if got := Worst(results); got != tt.status {
				t.Errorf("worst %s, want %s: %+v", got, tt.status, results)
			}
		})
	}
}

func TestNothingToLookWith(t *testing.T) {
	results := Run(t.Context(), Checks(Deps{}))
	if len(results) != 1 || results[0].Name != "GStreamer" || results[0].Status != Warn {
		t.Errorf("%+v, want only that GStreamer was left out", results)
	}
}

func TestRunEndsWithContext(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	checks := []Check{
		{"first", func(context.Context) Result { cancel(errors.New("interrupted")); return Result{Status: Fail} }},
		{"second", func(context.Context) Result { t.Error("checked after the end"); return Result{} }},
	}
	want := []Result{{Name: "first", Status: Fail}, {Name: "second", Status: Warn, Detail: "not checked: interrupted"}}
	if got := Run(ctx, checks); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestRunBoundsACheck(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hung := Check{"hung", func(ctx context.Context) Result {
			<-ctx.Done()
			return Result{Status: Fail, Detail: ctx.Err().Error()}
		}}
		got := Run(t.Context(), []Check{hung})
		if got[0].Detail != context.DeadlineExceeded.Error() {
			t.Errorf("got %+v, want a deadline", got)
		}
	})
}

func TestWritable(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		path string
		ok   bool
	}{{dir, true}, {filepath.Join(dir, "a", "b"), true}, {file, false}, {filepath.Join(file, "a"), false}}
	for _, tt := range tests {
		if err := Writable(tt.path); (err == nil) != tt.ok {
			t.Errorf("Writable(%s) = %v, want ok=%t", tt.path, err, tt.ok)
		}
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 1 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestListen(t *testing.T) {
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if err := Listen(t.Context(), l.Addr().String()); err == nil {
		t.Error("a port that is taken counts as free")
	}
	if err := Listen(t.Context(), "127.0.0.1:0"); err != nil {
		t.Errorf("a free port: %v", err)
	}
}

func TestSystem(t *testing.T) {
	d := System()
	if d.Cores() < 1 {
		t.Error("no cores")
	}
	if !d.Exists(t.TempDir()) || d.Exists(filepath.Join(t.TempDir(), "none")) {
		t.Error("Exists tells a folder from none")
	}
	for _, dev := range d.VideoDevices() {
		if !strings.HasPrefix(dev, "/dev/video") {
			t.Errorf("video device %s", dev)
		}
	}
	if err := d.OpenVideo(filepath.Join(t.TempDir(), "video9")); err == nil {
		t.Error("a camera that is not there opens")
	}
}
