package config

import (
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"

	"braid/internal/strict"
	"braid/sink/wire"
)

// Validate says everything that is wrong, as strict.Errors without lines. Load
// calls it and adds them.
func (c Config) Validate() error { return c.problems().Err() }

func (c Config) problems() strict.Errors {
	errs := strict.Check(c)
	c.nameProblems(&errs)
	errs.Under("nats", c.NATS.problems())
	if c.HTTP.Listen != "" {
		if _, msg := listenHost(c.HTTP.Listen); msg != "" {
			errs.Addf("http.listen", "%s", msg)
		}
	}
	if c.Backend != "" && !slices.Contains(Backends(), c.Backend) {
		errs.Addf("backend", "%q is not known: want one of %s", c.Backend, strings.Join(Backends(), ", "))
	}
	if c.HTTP.Pprof && c.HTTP.Listen == "" {
		errs.Addf("http.pprof", "needs http.listen")
	}
	if len(c.Cameras) == 0 {
		errs.Addf("cameras", "is required: list at least one camera")
	}
	for i, cam := range c.Cameras {
		at := fmt.Sprintf("cameras[%d]", i)
		errs.Under(at, cam.problems())
		if cam.Model == "" && c.Model == "" {
			errs.Addf(at+".model", "no model: give one here or by the key model")
		}
	}
	return errs
}

// Backends are the runtimes that a configuration may name.
func Backends() []string { return []string{"ort", "trt", "openvino"} }

// listenHost is the host of an address to listen on, or what is wrong with it.
func listenHost(address string) (host, msg string) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return "", fmt.Sprintf("%q: want host:port", address)
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return "", fmt.Sprintf("%q: port %q is not 0 to 65535", address, port)
	}
	return host, ""
}

// nameProblems finds names that cannot be told apart in subjects.
func (c Config) nameProblems(errs *strict.Errors) {
	if c.Site != "" && !usable(c.Site) {
		errs.Addf("site", "%q has no letter or digit", c.Site)
	}
	if c.Instance != "" && !usable(c.Instance) {
		errs.Addf("instance", "%q has no letter or digit", c.Instance)
	}
	first := map[string]string{}
	for i, cam := range c.Cameras {
		if cam.Name == "" {
			continue
		}
		at, slug := fmt.Sprintf("cameras[%d].name", i), wire.Slug(cam.Name)
		other, taken := first[slug]
		switch {
		case !usable(cam.Name):
			errs.Addf(at, "%q has no letter or digit", cam.Name)
		case taken && other == cam.Name:
			errs.Addf(at, "%q is the name of two cameras", cam.Name)
		case taken:
			errs.Addf(at, "%q and %q would both be %q in subjects, rename one", other, cam.Name, slug)
		default:
			first[slug] = cam.Name
		}
	}
}

// usable says whether a name leaves something in its slug.
func usable(name string) bool {
	return strings.ContainsFunc(name, func(r rune) bool {
		return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '_'
	})
}

func (c Camera) problems() (errs strict.Errors) {
	if c.URL == "" { // Check says it
		return nil
	}
	if msg := urlProblem(c.URL); msg != "" {
		errs.Addf("url", "%s", msg)
		return errs
	}
	scheme := c.scheme()
	c.credentialProblems(scheme, &errs)
	if c.Loop && scheme != "file" && scheme != "images" {
		errs.Addf("loop", "belongs to file and images, not to %s", scheme)
	}
	if c.Clock == ClockRTCP && scheme != "rtsp" && scheme != "rtsps" {
		errs.Addf("clock", "rtcp belongs to rtsp, not to %s", scheme)
	}
	switch {
	case c.Policy == EveryN && c.Every == 0:
		errs.Addf("every", "is required with policy every-n")
	case c.Policy != EveryN && c.Every != 0:
		errs.Addf("every", "belongs to policy every-n")
	}
	c.budgetProblems(scheme, &errs)
	if c.MinFPS > 0 && c.MaxFPS > 0 && c.MinFPS > c.MaxFPS {
		errs.Addf("min_fps", "%v is more than max_fps %v", c.MinFPS, c.MaxFPS)
	}
	gst := scheme != "images" && scheme != "scene"
	if c.Decoder == DecoderSoftware && !gst {
		errs.Addf("decoder", "belongs to what GStreamer decodes, not to %s", scheme)
	}
	switch {
	case !slices.Contains([]int{0, 90, 180, 270}, c.Rotate):
		errs.Addf("rotate", "%d: want 0, 90, 180 or 270", c.Rotate)
	case c.Rotate != 0 && !gst:
		errs.Addf("rotate", "belongs to what GStreamer decodes, not to %s", scheme)
	}
	for i, corners := range c.Ignore {
		if len(corners) < 3 {
			errs.Addf(fmt.Sprintf("ignore[%d]", i), "has %d corners, want three or more", len(corners))
		}
	}
	for i, label := range c.Classes {
		if label == "" || slices.Contains(c.Classes[:i], label) {
			errs.Addf(fmt.Sprintf("classes[%d]", i), "%q is empty or listed twice", label)
		}
	}
	return errs
}

func (c Camera) credentialProblems(scheme string, errs *strict.Errors) {
	secret := "password"
	if c.PasswordFile != "" { // Password is what it holds
		secret = "password_file"
	}
	for _, key := range []string{"username", secret} {
		switch {
		case key == "username" && c.Username == "", key != "username" && c.Password == "" && c.PasswordFile == "":
		case !slices.Contains([]string{"rtsp", "rtsps", "http", "https"}, scheme):
			errs.Addf(key, "belongs to rtsp and http, not to %s", scheme)
		case hasUserinfo(c.URL):
			errs.Addf(key, "the url has credentials already, give them once")
		case c.Username == "":
			errs.Addf("username", "is required with a password")
		}
	}
}

// budgetProblems refuses a budget by which nothing could be dropped.
func (c Camera) budgetProblems(scheme string, errs *strict.Errors) {
	switch {
	case c.Budget == 0:
	case c.Policy == Block:
		errs.Addf("budget", "policy block drops nothing: leave budget out, or write policy: drop-oldest")
	case scheme == "images":
		errs.Addf("budget", "the age of pictures in a folder is not known: leave budget out")
	case c.Clock == ClockPTS || scheme == "file" && c.Clock != ClockWall:
		errs.Addf("budget", "the age of these frames is not known: leave budget out, or write clock: wall")
	}
}
