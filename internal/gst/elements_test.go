package gst

import (
	"errors"
	"testing"
)

func TestPackage(t *testing.T) {
	for name, want := range map[string]string{
		"rtspsrc":                     pkgGood,
		"h264parse":                   pkgBad,
		"avdec_mpeg4":                 pkgLibav,
		"video/x-h264, profile=high":  pkgLibav,
		"video/x-vp9":                 pkgGood,
		"image/jpeg":                  pkgGood,
		"video/mpegts":                pkgBad,
		"some-element-of-the-desktop": "gstreamer1.0-plugins-{base,good,bad,ugly}",
	} {
		if got := Package(name); got != want {
			t.Errorf("%s is in %s, want %s", name, got, want)
		}
	}
}

func TestElements(t *testing.T) {
	seen := map[string]bool{}
	for _, e := range Elements() {
		if e.Name == "" || e.Package == "" || e.Use == "" || seen[e.Name] {
			t.Errorf("element %+v is incomplete or stands twice", e)
		}
		seen[e.Name] = true
	}
}

func TestErrorText(t *testing.T) {
	var err error = missingElement("x264enc")
	if got, want := err.Error(), "the GStreamer element x264enc is missing: install the Debian package gstreamer1.0-plugins-ugly"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	err = &Error{Element: "src", Text: "refused", Debug: "gstfoo.c(12)"}
	if err.Error() != "src: refused" || errors.Is(err, ErrStuck) {
		t.Errorf("%q", err)
	}
}
