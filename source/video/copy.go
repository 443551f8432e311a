package video

import (
	"braid/internal/frame"
	"braid/internal/gst"
)

// fill copies a sample into f, row by row where the sample's rows are padded.
func fill(f *frame.Frame, s *gst.Sample) error {
	if err := f.Shape(s.Format, s.Width, s.Height); err != nil {
		return err
	}
	f.Color = s.Color
	for i, to := range f.Planes {
		if len(to.Data) > 0 {
			copyPlane(to, s.Planes[i])
		}
	}
	return nil
}

func copyPlane(to, from frame.Plane) {
	if to.Stride == from.Stride {
		copy(to.Data, from.Data)
		return
	}
	for y := 0; y*to.Stride < len(to.Data); y++ {
		row := to.Data[y*to.Stride : (y+1)*to.Stride]
		copy(row, from.Data[y*from.Stride:])
	}
}
