package doctor

// Need is a GStreamer element that braid uses.
type Need struct {
	Element string
	Package string // Debian and Ubuntu package that brings it
	Why     string // what does not work without it
	Absent  Status // what its absence means: Fail, or Warn where only some inputs need it
}

// The packages of GStreamer 1.20 to 1.26 on Debian and Ubuntu.
const (
	core = "libgstreamer1.0-0"
	base = "gstreamer1.0-plugins-base"
	good = "gstreamer1.0-plugins-good"
	bad  = "gstreamer1.0-plugins-bad"
	av   = "gstreamer1.0-libav"
)

// DefaultNeeds lists the elements that internal/gst and source/video name, and
// those that decodebin picks for the formats that cameras and recordings have.
func DefaultNeeds() []Need {
	return []Need{
		{"filesrc", core, "recordings", Fail},
		{"capsfilter", core, "every pipeline", Fail},
		{"decodebin", base, "every camera and recording", Fail},
		{"videoconvert", base, "every camera and recording", Fail},
		{"appsink", base, "every camera and recording", Fail},
		{"videotestsrc", base, "test: cameras", Warn},
		{"qtdemux", good, "MP4 recordings", Fail},
		{"matroskademux", good, "Matroska and WebM recordings", Warn},
		{"avidemux", good, "AVI recordings", Warn},
		{"rtspsrc", good, "RTSP cameras", Warn},
		{"rtpbin", good, "RTSP cameras", Warn},
		{"rtph264depay", good, "RTSP cameras with H.264", Warn},
		{"rtph265depay", good, "RTSP cameras with H.265", Warn},
		{"souphttpsrc", good, "HTTP cameras", Warn},
		{"multipartdemux", good, "MJPEG cameras", Warn},
		{"jpegdec", good, "MJPEG cameras", Warn},
		{"v4l2src", good, "v4l2: cameras", Warn},
		{"h264parse", bad, "H.264", Fail},
		{"h265parse", bad, "H.265", Warn},
		{"tsdemux", bad, "transport streams", Warn},
		{"hlsdemux", bad, "HLS streams", Warn},
		{"avdec_h264", av, "decoding H.264 on the CPU", Fail},
		{"avdec_h265", av, "decoding H.265 on the CPU", Warn},
		{"avdec_mpeg4", av, "decoding MPEG-4 on the CPU", Warn},
	}
}

// hardwareDecoders are elements that decode H.264 away from the CPU cores.
// decodebin takes them by itself where they are.
var hardwareDecoders = []string{
	"nvv4l2decoder", "nvh264dec", "vah264dec", "qsvh264dec", "v4l2slh264dec", "v4l2h264dec", "vaapih264dec",
}
