//go:build !nogst

package gst

/*
#include <stdlib.h>
#include "native.h"
*/
import "C"

import (
	"unsafe"

	"braid/internal/frame"
)

// videoInfo is what a Writer's config says, in GStreamer's words. The strides
// and offsets in it are those that GStreamer gives buffers of that kind.
func videoInfo(c WriterConfig) (info C.GstVideoInfo) {
	format := map[frame.PixelFormat]C.GstVideoFormat{
		frame.RGB: C.GST_VIDEO_FORMAT_RGB, frame.NV12: C.GST_VIDEO_FORMAT_NV12, frame.I420: C.GST_VIDEO_FORMAT_I420,
	}[c.Format]
	C.gst_video_info_set_format(&info, format, C.guint(c.Width), C.guint(c.Height))
	C.gst_util_double_to_fraction(C.gdouble(c.FPS), &info.fps_n, &info.fps_d)
	if c.Format != frame.RGB {
		info.colorimetry = colorimetry(c.Color)
	}
	return info
}

// colorimetry is GStreamer's, with the primaries and the transfer function that
// go with the matrix.
func colorimetry(c frame.Colorimetry) (out C.GstVideoColorimetry) {
	name := C.CString(map[frame.Matrix]string{
		frame.BT601: C.GST_VIDEO_COLORIMETRY_BT601, frame.BT709: C.GST_VIDEO_COLORIMETRY_BT709, frame.BT2020: C.GST_VIDEO_COLORIMETRY_BT2020,
	}[c.Matrix])
	defer C.free(unsafe.Pointer(name))
	C.gst_video_colorimetry_from_string(&out, name)
	if c.FullRange {
		out._range = C.GST_VIDEO_COLOR_RANGE_0_255
	}
	return out
}

// colorText is a colorimetry as caps have it.
func colorText(c frame.Colorimetry) string {
	of := colorimetry(c)
	text := C.gst_video_colorimetry_to_string(&of)
	defer C.g_free(C.gpointer(text))
	return C.GoString(text)
}
