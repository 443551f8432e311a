package doctor

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// Deps is what the checks look at the machine with. A check whose function is
// nil, or whose list is empty, is left out of Checks, but for GStreamer: nil
// means a program built without it.
type Deps struct {
	GStreamer  func() (version string, err error)
	HasElement func(element string) bool
	Needs      []Need
	Getenv     func(key string) string // for GST_PLUGIN_PATH and its like
	Exists     func(path string) bool

	ONNXRuntime func() (version, path string, err error)
	ONNXWanted  string // "1.27.0": another version is a warning

	OpenVINO func() (version string, devices []string, err error) // devices as plans name them
	HasIntel func() Intel

	Simulated func() (devices string, err error) // those that a file declares

	TensorRT func() (version string, err error)
	HasGPU   func() bool // is there a device file of NVIDIA's driver

	Dirs     []Dir
	Writable func(dir string) error // can a file be made there, or the folder itself

	Ports  []Port
	Listen func(ctx context.Context, addr string) error // try to take addr, and let it go

	NATS  Server
	Probe func(ctx context.Context, url string) (jetStream bool, err error)

	Cores  func() int
	Memory func() (totalBytes, freeBytes int64, err error)

	VideoDevices func() []string // /dev/video0 …
	OpenVideo    func(path string) error
}

// Dir is a folder that braid writes to.
type Dir struct{ Name, Path string }

// Port is an address that braid will listen on.
type Port struct{ Name, Addr string }

// Server is a NATS server that messages are to be sent to. An empty URL means
// that there is none to check. JetStream is whether the configuration needs it.
type Server struct {
	URL       string
	JetStream bool
}

// The oldest GStreamer whose elements and caps the pipelines are written for.
const minMajor, minMinor = 1, 20

// lowMemory is less than what a large network and its frames take.
const lowMemory = 1 << 30

// Checks puts together what there is to check with d.
func Checks(d Deps) []Check {
	checks := []Check{{"GStreamer", d.gstreamer}}
	if d.GStreamer != nil && d.HasElement != nil {
		checks = append(checks, d.elements()...)
		checks = append(checks, Check{"hardware decoders", d.decoders})
	}
	if d.Getenv != nil && d.Exists != nil {
		checks = append(checks, d.pluginPaths()...)
	}
	if d.ONNXRuntime != nil {
		checks = append(checks, Check{"ONNX Runtime", d.onnxruntime})
	}
	if d.OpenVINO != nil && d.HasIntel != nil {
		checks = append(checks, Check{"OpenVINO", d.openvino})
	}
	if d.TensorRT != nil && d.HasGPU != nil {
		checks = append(checks, Check{"TensorRT", d.tensorrt})
	}
	if d.Simulated != nil {
		checks = append(checks, Check{"simulated devices", d.simulated})
	}
	if d.Writable != nil {
		for _, dir := range d.Dirs {
			checks = append(checks, Check{dir.Name + " folder", func(context.Context) Result { return d.dir(dir) }})
		}
	}
	if d.Listen != nil {
		for _, p := range d.Ports {
			checks = append(checks, Check{p.Name + " port", func(ctx context.Context) Result { return d.port(ctx, p) }})
		}
	}
	if d.Probe != nil && d.NATS.URL != "" {
		checks = append(checks, Check{"NATS server", d.nats})
	}
	if d.Cores != nil {
		checks = append(checks, Check{"CPU", d.cpu})
	}
	if d.Memory != nil {
		checks = append(checks, Check{"memory", d.memory})
	}
	if d.VideoDevices != nil && d.OpenVideo != nil {
		checks = append(checks, Check{"v4l2 cameras", d.video})
	}
	return checks
}

func (d Deps) gstreamer(context.Context) Result {
	if d.GStreamer == nil {
		return Result{
			Status: Warn, Detail: "this program was built without it: no cameras, no recordings",
			Fix: "use bin/braid, which `make build` makes beside it",
		}
	}
	version, err := d.GStreamer()
	if err != nil {
		return Result{Status: Fail, Detail: err.Error(), Fix: install(core, base)}
	}
	if tooOld(version) {
		return Result{
			Status: Fail, Detail: fmt.Sprintf("%s is too old", version),
			Fix: fmt.Sprintf("install GStreamer %d.%d or newer: Debian 12 and Ubuntu 22.04 have it", minMajor, minMinor),
		}
	}
	return Result{Status: OK, Detail: version}
}

// tooOld reports whether a version is older than the oldest that will do. One
// that cannot be read is not called old.
func tooOld(version string) bool {
	parts := strings.SplitN(strings.TrimPrefix(version, "GStreamer "), ".", 3)
	if len(parts) < 2 {
		return false
	}
	major, err1 := strconv.Atoi(parts[0])
	minor, err2 := strconv.Atoi(parts[1])
	return err1 == nil && err2 == nil && (major < minMajor || major == minMajor && minor < minMinor)
}

// elements makes one check for each package, since a package is what is missing
// and what is installed.
func (d Deps) elements() []Check {
	var order []string
	byPackage := map[string][]Need{}
	for _, n := range d.Needs {
		if byPackage[n.Package] == nil {
			order = append(order, n.Package)
		}
		byPackage[n.Package] = append(byPackage[n.Package], n)
	}
	checks := make([]Check, 0, len(order))
	for _, p := range order {
		checks = append(checks, Check{p, func(context.Context) Result { return d.elementsOf(p, byPackage[p]) }})
	}
	return checks
}

func (d Deps) elementsOf(pack string, needs []Need) Result {
	var missing []string
	status := OK
	for _, n := range needs {
		if d.HasElement(n.Element) {
			continue
		}
		missing = append(missing, fmt.Sprintf("%s (%s)", n.Element, n.Why))
		if n.Absent == Fail || status == OK {
			status = n.Absent
		}
	}
	if len(missing) == 0 {
		return Result{Status: OK, Detail: fmt.Sprintf("%d elements", len(needs))}
	}
	return Result{Status: status, Detail: "missing " + strings.Join(missing, ", "), Fix: install(pack)}
}

func (d Deps) decoders(context.Context) Result {
	var found []string
	for _, e := range hardwareDecoders {
		if d.HasElement(e) {
			found = append(found, e)
		}
	}
	if len(found) == 0 {
		return Result{Status: OK, Detail: "none: the CPU decodes"}
	}
	return Result{Status: OK, Detail: strings.Join(found, ", ")}
}

// pluginPaths looks at the variables that make GStreamer search elsewhere: one
// that names a folder that is gone explains why elements are missing.
func (d Deps) pluginPaths() []Check {
	var checks []Check
	for _, key := range []string{"GST_PLUGIN_PATH", "GST_PLUGIN_PATH_1_0", "GST_PLUGIN_SYSTEM_PATH", "GST_PLUGIN_SYSTEM_PATH_1_0"} {
		if value := d.Getenv(key); value != "" {
			checks = append(checks, Check{key, func(context.Context) Result { return d.pluginPath(key, value) }})
		}
	}
	return checks
}

func (d Deps) pluginPath(key, value string) Result {
	for dir := range strings.SplitSeq(value, ":") {
		if dir != "" && !d.Exists(dir) {
			return Result{Status: Warn, Detail: dir + " does not exist", Fix: "unset " + key + ", or correct it"}
		}
	}
	return Result{Status: OK, Detail: value}
}

func (d Deps) onnxruntime(context.Context) Result {
	version, path, err := d.ONNXRuntime()
	switch {
	case err != nil:
		return Result{Status: Fail, Detail: err.Error(), Fix: "make setup, or set BRAID_ORT_LIB to libonnxruntime.so"}
	case d.ONNXWanted != "" && version != d.ONNXWanted:
		return Result{
			Status: Warn, Detail: fmt.Sprintf("%s at %s, tested with %s", version, path, d.ONNXWanted),
			Fix: "make setup, and unset BRAID_ORT_LIB",
		}
	}
	return Result{Status: OK, Detail: version + " at " + path}
}

// tensorrt warns only where there is an NVIDIA GPU that is not used.
func (d Deps) tensorrt(context.Context) Result {
	version, err := d.TensorRT()
	switch {
	case err == nil:
		return Result{Status: OK, Detail: version}
	case !d.HasGPU():
		return Result{Status: OK, Detail: "not used: no NVIDIA device here"}
	}
	return Result{Status: Warn, Detail: err.Error(), Fix: "docs/nvidia.md says what to install; then make cuda"}
}

func (d Deps) simulated(context.Context) Result {
	devices, err := d.Simulated()
	if err != nil {
		return Result{Status: Fail, Detail: err.Error(), Fix: "mend the file (docs/simulation.md), or unset BRAID_SIM"}
	}
	return Result{Status: OK, Detail: devices}
}

func (d Deps) dir(dir Dir) Result {
	if err := d.Writable(dir.Path); err != nil {
		return Result{Status: Fail, Detail: err.Error(), Fix: "mkdir -p " + dir.Path + " && chown \"$USER\" " + dir.Path}
	}
	return Result{Status: OK, Detail: dir.Path}
}

func (d Deps) port(ctx context.Context, p Port) Result {
	if err := d.Listen(ctx, p.Addr); err != nil {
		return Result{Status: Fail, Detail: err.Error(), Fix: "end the program that holds " + p.Addr + ", or configure another address"}
	}
	return Result{Status: OK, Detail: p.Addr + " is free"}
}

func (d Deps) nats(ctx context.Context) Result {
	jetStream, err := d.Probe(ctx, d.NATS.URL)
	host := hosts(d.NATS.URL)
	switch {
	case err != nil:
		return Result{Status: Fail, Detail: host + ": " + hide(err.Error(), d.NATS.URL), Fix: "start a NATS server there, or use nats.url: embedded"}
	case d.NATS.JetStream && !jetStream:
		return Result{Status: Fail, Detail: host + " has no JetStream", Fix: "start it with --jetstream, or set nats.jetstream: false"}
	case jetStream:
		return Result{Status: OK, Detail: host + " with JetStream"}
	}
	return Result{Status: OK, Detail: host}
}

// hosts is a NATS URL, or several with commas between, without credentials.
func hosts(urls string) string {
	var names []string
	for s := range strings.SplitSeq(urls, ",") {
		u, err := url.Parse(strings.TrimSpace(s))
		if err != nil || u.Host == "" {
			names = append(names, "the configured server")
			continue
		}
		names = append(names, u.Scheme+"://"+u.Host)
	}
	return strings.Join(slices.Compact(names), ",")
}

// hide takes the URLs out of a client's error text, which may quote them with
// their credentials.
func hide(text, urls string) string {
	for s := range strings.SplitSeq(urls, ",") {
		s = strings.TrimSpace(s)
		text = strings.ReplaceAll(text, s, hosts(s))
		if u, err := url.Parse(s); err == nil && u.User != nil {
			if password, ok := u.User.Password(); ok && password != "" {
				text = strings.ReplaceAll(text, password, "…")
			}
		}
	}
	return text
}

func (d Deps) cpu(context.Context) Result {
	n := d.Cores()
	if n < 2 {
		return Result{Status: Warn, Detail: "1 core: decoding and inference take turns", Fix: "give the machine or container two cores or more"}
	}
	return Result{Status: OK, Detail: fmt.Sprintf("%d cores", n)}
}

func (d Deps) memory(context.Context) Result {
	total, free, err := d.Memory()
	if err != nil {
		return Result{Status: Warn, Detail: err.Error()}
	}
	detail := fmt.Sprintf("%.1f of %.1f GiB free", float64(free)/(1<<30), float64(total)/(1<<30))
	if free < lowMemory {
		return Result{Status: Warn, Detail: detail, Fix: "end other programs, give the container more, or choose a small network and a low in_flight"}
	}
	return Result{Status: OK, Detail: detail}
}

func (d Deps) video(context.Context) Result {
	devices := d.VideoDevices()
	if len(devices) == 0 {
		return Result{Status: OK, Detail: "none"}
	}
	for _, path := range devices {
		if err := d.OpenVideo(path); err != nil {
			return Result{Status: Warn, Detail: err.Error(), Fix: "sudo usermod -aG video \"$USER\", then log in again"}
		}
	}
	return Result{Status: OK, Detail: strings.Join(devices, ", ")}
}

func install(packages ...string) string {
	return "sudo apt-get install -y " + strings.Join(packages, " ")
}
