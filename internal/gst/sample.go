//go:build !nogst

package gst

// #include "native.h"
import "C"

import (
	"time"
	"unsafe"

	"braid/internal/frame"
)

// ntpEpoch is 1900-01-01, the zero of NTP time stamps, in Unix seconds (RFC 5905).
const ntpEpoch = -2208988800

// fill describes the mapped native sample in Go's terms. Nothing is copied.
func (r *Reader) fill() {
	n, s := r.native, &r.sample
	info := &n.frame.info
	s.Width, s.Height = int(info.width), int(info.height)
	s.Format = formatOf(info.finfo.format)
	s.Color = frame.Colorimetry{
		Matrix:    matrixOf(info.colorimetry.matrix),
		FullRange: info.colorimetry._range == C.GST_VIDEO_COLOR_RANGE_0_255,
	}
	s.FPS = 0
	if info.fps_n > 0 && info.fps_d > 0 {
		s.FPS = float64(info.fps_n) / float64(info.fps_d)
	}
	s.PTS, s.Duration = time.Duration(n.pts), time.Duration(n.duration)
	s.Age, s.Timed = time.Duration(n.age), n.timed != 0
	s.Captured = time.Time{}
	if n.ntp >= 0 {
		s.Captured = time.Unix(int64(n.ntp)/1e9+ntpEpoch, int64(n.ntp)%1e9)
	}
	s.Planes = [3]frame.Plane{}
	ch := (s.Height + 1) / 2
	switch s.Format {
	case frame.RGB:
		s.plane(n, 0, 3*s.Width, s.Height)
	case frame.NV12:
		s.plane(n, 0, s.Width, s.Height)
		s.plane(n, 1, (s.Width+1)/2*2, ch)
	case frame.I420:
		s.plane(n, 0, s.Width, s.Height)
		s.plane(n, 1, (s.Width+1)/2, ch)
		s.plane(n, 2, (s.Width+1)/2, ch)
	}
}

// plane describes plane i, whose rows hold row bytes of picture; the padding
// behind the last row may not exist and is left out.
func (s *Sample) plane(n *C.BraidSample, i, row, rows int) {
	stride := int(n.frame.info.stride[i])
	data := unsafe.Slice((*byte)(n.frame.data[i]), stride*(rows-1)+row)
	s.Planes[i] = frame.Plane{Data: data, Stride: stride}
}

func formatOf(f C.GstVideoFormat) frame.PixelFormat {
	switch f {
	case C.GST_VIDEO_FORMAT_I420:
		return frame.I420
	case C.GST_VIDEO_FORMAT_NV12:
		return frame.NV12
	}
	return frame.RGB
}

// matrixOf takes SMPTE 240M, whose coefficients are close to it, for BT.709,
// and everything unknown for BT.601.
func matrixOf(m C.GstVideoColorMatrix) frame.Matrix {
	switch m {
	case C.GST_VIDEO_COLOR_MATRIX_BT709, C.GST_VIDEO_COLOR_MATRIX_SMPTE240M:
		return frame.BT709
	case C.GST_VIDEO_COLOR_MATRIX_BT2020:
		return frame.BT2020
	}
	return frame.BT601
}
