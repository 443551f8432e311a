package gst

import "strings"

// Element is a GStreamer element that the program uses, and where Debian and
// Ubuntu keep it.
type Element struct {
	Name     string
	Package  string
	Use      string // what does not work without it
	Required bool   // no camera works without it; the rest is for some inputs
}

const (
	pkgCore  = "libgstreamer1.0-0"
	pkgBase  = "gstreamer1.0-plugins-base"
	pkgGood  = "gstreamer1.0-plugins-good"
	pkgBad   = "gstreamer1.0-plugins-bad"
	pkgUgly  = "gstreamer1.0-plugins-ugly"
	pkgLibav = "gstreamer1.0-libav"
)

// Elements lists what the program uses by name or finds by decodebin for the
// usual cameras and files.
func Elements() []Element {
	return []Element{
		{"filesrc", pkgCore, "recordings", true},
		{"capsfilter", pkgCore, "every pipeline", true},
		{"decodebin", pkgBase, "every camera and recording", true},
		{"videoflip", pkgGood, "rotate of cameras", false},
		{"videoconvert", pkgBase, "every camera and recording", true},
		{"appsink", pkgBase, "every camera and recording", true},
		{"videotestsrc", pkgBase, "test: cameras", false},
		{"qtdemux", pkgGood, "MP4 recordings", true},
		{"matroskademux", pkgGood, "Matroska and WebM recordings", false},
		{"avidemux", pkgGood, "AVI recordings", false},
		{"rtspsrc", pkgGood, "RTSP cameras", false},
		{"rtpbin", pkgGood, "RTSP cameras", false},
		{"rtph264depay", pkgGood, "RTSP cameras with H.264", false},
		{"rtph265depay", pkgGood, "RTSP cameras with H.265", false},
		{"souphttpsrc", pkgGood, "HTTP cameras", false},
		{"multipartdemux", pkgGood, "MJPEG cameras", false},
		{"jpegdec", pkgGood, "MJPEG cameras", false},
		{"v4l2src", pkgGood, "v4l2: cameras", false},
		{"h264parse", pkgBad, "H.264", true},
		{"h265parse", pkgBad, "H.265", false},
		{"tsdemux", pkgBad, "transport streams", false},
		{"hlsdemux", pkgBad, "HLS streams", false},
		{"avdec_h264", pkgLibav, "decoding H.264 on the CPU", true},
		{"avdec_h265", pkgLibav, "decoding H.265 on the CPU", false},
		{"avdec_mpeg4", pkgLibav, "decoding MPEG-4 on the CPU", false},
		{"appsrc", pkgBase, "writing clips", false},
		{"mp4mux", pkgGood, "writing clips", false},
		{"x264enc", pkgUgly, "writing clips", false},
	}
}

// Missing lists those of Elements that are not installed; all of them in a
// build without GStreamer.
func Missing() []Element {
	var missing []Element
	for _, e := range Elements() {
		if !HasElement(e.Name) {
			missing = append(missing, e)
		}
	}
	return missing
}

// Package is the Debian package of an element, or of the decoder for some caps
// ("video/x-h264, …"). For what it does not know it names the whole family.
func Package(name string) string {
	for _, e := range Elements() {
		if e.Name == name {
			return e.Package
		}
	}
	prefixes := []struct{ prefix, pkg string }{
		{"avdec_", pkgLibav},
		{"avenc_", pkgLibav},
		{"av", pkgLibav},
		{"x264", pkgUgly},
		{"x265", pkgBad},
		{"image/", pkgGood},
		{"video/x-vp8", pkgGood},
		{"video/x-vp9", pkgGood},
		{"video/x-av1", pkgBad},
		{"application/x-rtp", pkgGood},
		{"video/quicktime", pkgGood},
		{"video/x-matroska", pkgGood},
		{"video/mpegts", pkgBad},
		{"video/x-dirac", pkgBase},
		{"video/x-theora", pkgBase},
		{"video/", pkgLibav},
		{"rtp", pkgGood},
		{"v4l2", pkgGood},
	}
	for _, p := range prefixes {
		if strings.HasPrefix(name, p.prefix) {
			return p.pkg
		}
	}
	return "gstreamer1.0-plugins-{base,good,bad,ugly}"
}

func missingElement(name string) *Error {
	return &Error{Kind: MissingPlugin, Element: name, Text: "the GStreamer element " + name, Package: Package(name)}
}
