package config

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"braid/internal/redact"
	"braid/internal/strict"
)

// Schemes are the URL schemes that a camera may have.
func Schemes() []string {
	return []string{"file", "rtsp", "rtsps", "http", "https", "v4l2", "test", "images", "scene", "gst"}
}

// scheme is the part of the URL before the colon, in lower case.
func (c Camera) scheme() string {
	s, _, _ := strings.Cut(c.URL, ":")
	return strings.ToLower(s)
}

// recorded says whether the camera is a recording, of which nothing is dropped
// unless the user wants it.
func (c Camera) recorded() bool { return c.scheme() == "file" || c.scheme() == "images" }

// urlProblem says what is wrong with a camera's URL, without repeating it: it
// may hold a password.
func urlProblem(raw string) string {
	scheme, rest, ok := strings.Cut(raw, ":")
	scheme = strings.ToLower(scheme)
	switch {
	case !ok:
		return "has no scheme: write file:PATH for a file, images:DIR for a folder"
	case !slices.Contains(Schemes(), scheme):
		if len(scheme) > 16 {
			scheme = scheme[:16]
		}
		return fmt.Sprintf("unknown scheme %q%s", scheme, strict.Suggest(scheme, Schemes()))
	case rest == "" && scheme != "test":
		return "has nothing after " + scheme + ":"
	}
	switch scheme {
	case "rtsp", "rtsps", "http", "https":
		if u, err := url.Parse(raw); err != nil || u.Hostname() == "" {
			return fmt.Sprintf("want %s://HOST/PATH", scheme)
		}
	}
	return ""
}

func hasUserinfo(raw string) bool {
	u, err := url.Parse(raw)
	return err == nil && u.User != nil
}

// redactList redacts URLs that are separated by commas.
func redactList(urls string) string {
	parts := strings.Split(urls, ",")
	for i, u := range parts {
		parts[i] = redact.URL(u)
	}
	return strings.Join(parts, ",")
}
