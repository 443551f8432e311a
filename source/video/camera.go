package video

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"braid/internal/gst"
)

// errURL replaces the errors of net/url, which print the URL with its password.
var errURL = errors.New("the URL does not parse: special characters of a user name or password must be escaped (@ is %40, # is %23, / is %2F), or given apart from the URL")

// parseRTSP keeps the credentials out of the location, so that no message of
// GStreamer can hold them. What follows a ? belongs to the camera.
func parseRTSP(cfg Config, _ string) (plan, error) {
	u, user, err := splitURL(cfg)
	if err != nil {
		return plan{}, err
	}
	transport := cmp.Or(cfg.Transport, "tcp")
	launch := fmt.Sprintf("rtspsrc name=src user-agent=braid protocols=%s latency=%d%s ! "+
		"application/x-rtp,media=video ! %s", transport, cmp.Or(cfg.Latency, defaultLatency).Milliseconds(), senderClock(), cfg.decode())
	return plan{live: true, endless: true, aged: true, transport: transport, host: address(u), options: gst.Options{
		Launch:     launch,
		Properties: append(credentials(user), gst.Property{Element: "src", Name: "location", Value: u.String()}),
	}}, nil
}

// senderClock asks for the camera's own capture times. GStreamer before 1.22
// cannot give them; such a camera has wall clock times.
func senderClock() string {
	if gst.AtLeast(1, 22) {
		return " add-reference-timestamp-meta=true"
	}
	return ""
}

// parseHTTP plays MJPEG and HLS, in real time.
func parseHTTP(cfg Config, _ string) (plan, error) {
	u, user, err := splitURL(cfg)
	if err != nil {
		return plan{}, err
	}
	return plan{live: true, endless: true, aged: true, host: address(u), options: gst.Options{
		Launch:     "souphttpsrc name=src do-timestamp=true keep-alive=false ! " + cfg.decode(),
		Properties: append(credentials(user), gst.Property{Element: "src", Name: "location", Value: u.String()}),
		Sync:       true,
	}}, nil
}

// splitURL takes the credentials out of a URL; those given apart win.
func splitURL(cfg Config) (*url.URL, *url.Userinfo, error) {
	u, err := url.Parse(cfg.URL)
	if err != nil || strings.Contains(u.Host, "@") {
		return nil, nil, errURL
	}
	if u.Hostname() == "" {
		return nil, nil, fmt.Errorf("no host in the %s: URL", u.Scheme)
	}
	if u.Fragment != "" {
		return nil, nil, errURL
	}
	user := u.User
	if cfg.Username != "" || cfg.Password != "" {
		user = url.UserPassword(cfg.Username, cfg.Password)
	}
	u.User = nil
	return u, user, nil
}

func credentials(user *url.Userinfo) []gst.Property {
	if user == nil {
		return nil
	}
	pw, _ := user.Password()
	return []gst.Property{
		{Element: "src", Name: "user-id", Value: user.Username()},
		{Element: "src", Name: "user-pw", Value: pw},
	}
}
