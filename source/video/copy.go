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
		to.Copy(s.Planes[i])
	}
	return nil
}
