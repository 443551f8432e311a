package gst

import "strings"

// Element is a GStreamer element that the program uses, and where Debian and
// Ubuntu keep it.
type Element struct {
	Name    string
	Package string
	Use     string // what does not work without it
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
		{"filesrc", pkgCore, "files"},
		{"capsfilter", pkgCore, "every source"},
		{"decodebin", pkgBase, "every source"},
		{"videoconvert", pkgBase, "every source"},
		{"appsink", pkgBase, "every source"},
		{"appsrc", pkgBase, "annotated video"},
		{"videotestsrc", pkgBase, "test:"},
		{"qtdemux", pkgGood, "MP4 files"},
		{"matroskademux", pkgGood, "MKV and WebM files"},
		{"avidemux", pkgGood, "AVI files"},
		{"mp4mux", pkgGood, "annotated video"},
		{"jpegdec", pkgGood, "MJPEG"},
		{"multipartdemux", pkgGood, "MJPEG over HTTP"},
		{"souphttpsrc", pkgGood, "http(s):"},
		{"rtspsrc", pkgGood, "rtsp(s):"},
		{"rtpbin", pkgGood, "rtsp(s):"},
		{"rtph264depay", pkgGood, "rtsp(s):"},
		{"v4l2src", pkgGood, "v4l2:"},
		{"h264parse", pkgBad, "H.264"},
		{"h265parse", pkgBad, "H.265"},
		{"tsdemux", pkgBad, "MPEG-TS files, HLS"},
		{"hlsdemux", pkgBad, "HLS"},
		{"x264enc", pkgUgly, "annotated video"},
		{"avdec_h264", pkgLibav, "H.264 without a hardware decoder"},
		{"avdec_h265", pkgLibav, "H.265 without a hardware decoder"},
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
		{"avdec_", pkgLibav}, {"avenc_", pkgLibav}, {"av", pkgLibav},
		{"x264", pkgUgly}, {"x265", pkgBad},
		{"image/", pkgGood}, {"video/x-vp8", pkgGood}, {"video/x-vp9", pkgGood}, {"video/x-av1", pkgBad},
		{"application/x-rtp", pkgGood}, {"video/quicktime", pkgGood}, {"video/x-matroska", pkgGood},
		{"video/mpegts", pkgBad}, {"video/x-dirac", pkgBase}, {"video/x-theora", pkgBase},
		{"video/", pkgLibav}, {"rtp", pkgGood}, {"v4l2", pkgGood},
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
