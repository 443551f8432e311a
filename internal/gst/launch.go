//go:build !nogst

package gst

import "fmt"

const sinkName = "braid_out"

// launch is the whole pipeline: what the caller wants, a conversion that costs
// nothing where the decoder already gives one of the Formats, and the sink. Two
// buffers keep the decoder busy while one frame is copied; it never drops.
func (o Options) launch() string {
	return fmt.Sprintf("%s ! %s%s ! video/x-raw,format={I420,NV12,RGB} ! "+
		"appsink name=%s sync=%t qos=false enable-last-sample=false max-buffers=2 drop=false", o.Launch, converter(), o.flip(), sinkName, o.Sync)
}

// flip turns pictures in system memory.
func (o Options) flip() string {
	direction := map[int]string{90: "90r", 180: "180", 270: "90l"}[o.Rotate]
	if direction == "" {
		return ""
	}
	return " ! videoflip video-direction=" + direction
}

// converter brings pictures into system memory. On NVIDIA's Jetson the decoder
// gives them out in memory that only nvidconv reads.
func converter() string {
	if HasElement("nvidconv") {
		return "nvidconv ! videoconvert"
	}
	return "videoconvert"
}
