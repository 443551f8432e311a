package video

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"braid/internal/gst"
	"braid/source"
)

const (
	defaultLatency = 200 * time.Millisecond
	fileStart      = 30 * time.Second // a large file on a slow disk may have its index at the end
)

// decode plays only what leads to pictures: sound is neither decoded nor waited
// for.
func (c Config) decode() string {
	return fmt.Sprintf(`decodebin expose-all-streams=false force-sw-decoders=%t caps="video/x-raw(ANY)"`, c.Software)
}

// plan is what a Config means: the pipeline, and how its frames are to be taken.
type plan struct {
	options gst.Options
	live    bool
	endless bool   // the end of the stream is an error
	launch  bool   // of gst: whether it is endless GStreamer knows, of a pipeline that plays
	aged    bool   // the pipeline's clock says when a frame was captured
	file    string // of file: and plain paths
	device  string // of v4l2:
	host    string // HOST:PORT of a network camera

	transport string // of rtsp:
	clock     string // Config.Clock
	frames    int64  // how many there will be, 0 where unknown
	loop      bool
}

var schemes = map[string]func(Config, string) (plan, error){
	"file": parseFile, "rtsp": parseRTSP, "rtsps": parseRTSP, "http": parseHTTP, "https": parseHTTP,
	"v4l2": parseV4L2, "test": parseTest, "gst": parseLaunch,
}

var schemeOf = regexp.MustCompile(`^([a-zA-Z][a-zA-Z0-9+.-]+):`)

// parse decides what to run. It touches nothing but the file system, and only
// to tell a path from a URL.
func parse(cfg Config) (plan, error) {
	if err := checkConfig(cfg); err != nil {
		return plan{}, err
	}
	p, err := parseURL(cfg)
	if err != nil {
		return plan{}, err
	}
	if cfg.Loop && p.file == "" && p.frames == 0 {
		return plan{}, errors.New("loop is for files")
	}
	p.clock = cfg.Clock
	if cfg.Clock == "wall" && !p.live {
		p.live, p.options.Sync, p.aged = true, true, true
	}
	p.loop = cfg.Loop
	p.options.Threads = max(cfg.Threads, 1)
	p.options.Rotate = cfg.Rotate
	if !p.live || p.file != "" { // a live source's silence is its supervisor's to judge
		p.options.Start = fileStart
	}
	return p, nil
}

func checkConfig(cfg Config) error {
	switch {
	case cfg.URL == "":
		return errors.New("no URL")
	case !slices.Contains([]string{"", "wall", "rtcp", "pts"}, cfg.Clock):
		return fmt.Errorf("clock %q is unknown: wall, rtcp, pts or nothing", cfg.Clock)
	case !slices.Contains([]string{"", "tcp", "udp"}, cfg.Transport):
		return fmt.Errorf("transport %q is unknown: tcp or udp", cfg.Transport)
	case cfg.Latency < 0 || cfg.Threads < 0:
		return errors.New("latency and threads must not be negative")
	case cfg.Rotate%90 != 0 || cfg.Rotate < 0 || cfg.Rotate > 270:
		return fmt.Errorf("rotate %d: want 0, 90, 180 or 270", cfg.Rotate)
	}
	return nil
}

func parseURL(cfg Config) (plan, error) {
	m := schemeOf.FindStringSubmatch(cfg.URL)
	if m == nil {
		return filePlan(cfg, cfg.URL), nil
	}
	if f := schemes[strings.ToLower(m[1])]; f != nil {
		return f(cfg, cfg.URL[len(m[0]):])
	}
	if _, err := os.Stat(cfg.URL); err == nil {
		return filePlan(cfg, cfg.URL), nil
	}
	known := []string{"images", "scene"} // other packages play them, where they are written as here
	for s := range schemes {
		known = append(known, s)
	}
	slices.Sort(known)
	return plan{}, fmt.Errorf("scheme %q is unknown: %s, or a path", m[1], strings.Join(known, ", "))
}

func filePlan(cfg Config, path string) plan {
	return plan{file: path, options: gst.Options{
		Launch:     "filesrc name=src ! " + cfg.decode(),
		Properties: []gst.Property{{Element: "src", Name: "location", Value: path}},
	}}
}

// parseFile reads file:PATH, file:///PATH and file://localhost/PATH; % escapes
// count.
func parseFile(cfg Config, rest string) (plan, error) {
	if after, ok := strings.CutPrefix(rest, "//"); ok {
		host, path, _ := strings.Cut(after, "/")
		if host != "" && host != "localhost" {
			return plan{}, fmt.Errorf("host %q of a file: URL is not this one; file:///PATH has three slashes", host)
		}
		rest = "/" + path
	}
	if strings.Contains(rest, "?") {
		return plan{}, errors.New("a file: URL has no parameters (a question mark in a name is %3F)")
	}
	path, err := url.PathUnescape(rest)
	if err != nil {
		return plan{}, errors.New("a % of a file: URL starts no escape (a percent sign is %25)")
	}
	if path == "" {
		return plan{}, errors.New("no path in the URL")
	}
	return filePlan(cfg, filepath.Clean(path)), nil
}

// checkFile says before anything starts what is wrong with a recording.
func checkFile(path string) error {
	st, err := os.Stat(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return fmt.Errorf("file %s: %w", path, source.ErrNotFound)
	case err != nil:
		return err
	case st.IsDir():
		return fmt.Errorf("%s %w: it is a directory, not a video file", path, source.ErrUnplayable)
	case st.Mode().IsRegular() && st.Size() == 0:
		return fmt.Errorf("file %s %w: it is empty", path, source.ErrUnplayable)
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return f.Close()
}

func parseV4L2(cfg Config, rest string) (plan, error) {
	device, query, _ := strings.Cut(rest, "?")
	if !strings.HasPrefix(device, "/dev/") {
		return plan{}, fmt.Errorf("v4l2 device %q is not below /dev: v4l2:/dev/video0", device)
	}
	v, err := parameters(query, "size", "fps")
	if err != nil {
		return plan{}, err
	}
	caps, err := v4l2Caps(v)
	if err != nil {
		return plan{}, err
	}
	return plan{live: true, endless: true, aged: true, device: device, options: gst.Options{
		Launch:     "v4l2src name=src ! " + caps + cfg.decode(),
		Properties: []gst.Property{{Element: "src", Name: "device", Value: device}},
	}}, nil
}

func v4l2Caps(v url.Values) (string, error) {
	var fields string
	if s := v.Get("size"); s != "" {
		w, h, err := parseSize(s)
		if err != nil {
			return "", err
		}
		fields += fmt.Sprintf(",width=%d,height=%d", w, h)
	}
	if s := v.Get("fps"); s != "" {
		r, err := parseRate(s)
		if err != nil {
			return "", err
		}
		fields += ",framerate=" + r
	}
	if fields == "" {
		return "", nil
	}
	return fmt.Sprintf("capsfilter caps=\"video/x-raw%s;image/jpeg%s;video/x-h264%s\" ! ", fields, fields, fields), nil
}

func parseLaunch(_ Config, rest string) (plan, error) {
	launch := strings.Trim(rest, " \t\n!")
	if launch == "" {
		return plan{}, errors.New("gst: is followed by no pipeline")
	}
	return plan{live: true, launch: true, options: gst.Options{Launch: launch}}, nil
}
