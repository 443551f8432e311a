package video

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"braid/internal/gst"
)

var isPattern = regexp.MustCompile(`^[a-z0-9-]+$`)

// parseTest reads test:?pattern=ball&size=640x480&fps=25&frames=100&live=false.
func parseTest(_ Config, rest string) (plan, error) {
	path, query, _ := strings.Cut(rest, "?")
	if path != "" {
		return plan{}, fmt.Errorf("%q behind test: is no parameter: test:?pattern=ball&size=320x240", path)
	}
	v, err := parameters(query, "pattern", "size", "fps", "frames", "live")
	if err != nil {
		return plan{}, err
	}
	t := testSource{pattern: "ball", width: 320, height: 240, rate: "25/1", live: true}
	if err := t.read(v); err != nil {
		return plan{}, err
	}
	return t.plan(), nil
}

type testSource struct {
	pattern       string
	width, height int
	rate          string
	frames        int64
	live          bool
}

func (t *testSource) read(v url.Values) (err error) {
	for key := range v {
		s := v.Get(key)
		switch key {
		case "pattern":
			t.pattern = s
			if !isPattern.MatchString(s) {
				err = fmt.Errorf("pattern %q is none of videotestsrc's", s)
			}
		case "size":
			t.width, t.height, err = parseSize(s)
		case "fps":
			t.rate, err = parseRate(s)
		case "frames":
			t.frames, err = strconv.ParseInt(s, 10, 32)
			if err != nil || t.frames < 1 {
				err = fmt.Errorf("frames=%s is no positive number", s)
			}
		case "live":
			t.live, err = strconv.ParseBool(s)
			if err != nil {
				err = fmt.Errorf("live=%s is neither true nor false", s)
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (t *testSource) plan() plan {
	count := int64(-1)
	if t.frames > 0 {
		count = t.frames
	}
	launch := fmt.Sprintf("videotestsrc pattern=%s is-live=%t num-buffers=%d ! video/x-raw,format=I420,width=%d,height=%d,framerate=%s",
		t.pattern, t.live, count, t.width, t.height, t.rate)
	return plan{live: t.live, aged: t.live, frames: t.frames, options: gst.Options{Launch: launch}}
}

// parameters reads a query in which only the known keys may stand, once each.
func parameters(query string, known ...string) (url.Values, error) {
	v, err := url.ParseQuery(query)
	if err != nil {
		return nil, fmt.Errorf("the parameters %q do not parse", query)
	}
	for key, values := range v {
		if !slices.Contains(known, key) {
			return nil, fmt.Errorf("parameter %q is unknown: %s", key, strings.Join(known, ", "))
		}
		if len(values) > 1 {
			return nil, fmt.Errorf("parameter %q stands twice", key)
		}
	}
	return v, nil
}

// parseSize reads WIDTHxHEIGHT, pixels, up to 32768 each.
func parseSize(s string) (w, h int, err error) {
	ws, hs, _ := strings.Cut(s, "x")
	w, err1 := strconv.Atoi(ws)
	h, err2 := strconv.Atoi(hs)
	if err1 != nil || err2 != nil || w < 1 || h < 1 || w > 1<<15 || h > 1<<15 {
		return 0, 0, fmt.Errorf("size %q is not like 640x480", s)
	}
	return w, h, nil
}

// parseRate reads frames a second as 25 or 30000/1001, and returns a fraction.
func parseRate(s string) (string, error) {
	num, den, ok := strings.Cut(s, "/")
	if !ok {
		den = "1"
	}
	n, err1 := strconv.ParseUint(num, 10, 31)
	d, err2 := strconv.ParseUint(den, 10, 31)
	if err1 != nil || err2 != nil || n == 0 || d == 0 {
		return "", fmt.Errorf("fps %q is not like 25 or 30000/1001", s)
	}
	return fmt.Sprintf("%d/%d", n, d), nil
}
