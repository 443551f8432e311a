package doctor

// Need is a GStreamer element that braid uses.
type Need struct {
	Element string
	Package string // Debian and Ubuntu package that brings it
	Why     string // what does not work without it
	Absent  Status // what its absence means: Fail, or Warn where only some inputs need it
}

// The packages that GStreamer itself comes in, on Debian and Ubuntu.
const (
	core = "libgstreamer1.0-0"
	base = "gstreamer1.0-plugins-base"
)

// hardwareDecoders are elements that decode H.264 away from the CPU cores.
// decodebin takes them by itself where they are.
var hardwareDecoders = []string{
	"nvv4l2decoder", "nvh264dec", "vah264dec", "qsvh264dec", "v4l2slh264dec", "v4l2h264dec", "vaapih264dec",
}
