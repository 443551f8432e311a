package gst

import (
	"errors"
	"fmt"

	"braid/internal/frame"
)

// ErrNoFrames is returned by Writer.Close where no frame was written: there is
// no file then.
var ErrNoFrames = errors.New("no frame was written")

// WriterConfig says what a Writer writes.
type WriterConfig struct {
	Path          string            // an MP4 file, replaced once the new one is whole
	Format        frame.PixelFormat // of the pictures
	Color         frame.Colorimetry // of the file, and of pictures in NV12 and I420
	Width, Height int               // pixels, both even: colour is stored for four of them
	FPS           float64           // what the file says of itself; a frame's time is its pts
}

const maxSide = 1 << 14

func (c WriterConfig) validate() error {
	switch {
	case c.Path == "":
		return errors.New("the file has no name")
	case c.Format > frame.I420 || c.Color.Matrix > frame.BT2020:
		return fmt.Errorf("format %v or color matrix %d is unknown", c.Format, c.Color.Matrix)
	case c.Width < 16 || c.Height < 16 || c.Width > maxSide || c.Height > maxSide || c.Width%2+c.Height%2 > 0:
		return fmt.Errorf("size %dx%d: want even numbers within 16..%d", c.Width, c.Height, maxSide)
	case !(c.FPS >= 0.01 && c.FPS <= 1000): // nor is NaN
		return fmt.Errorf("%g frames/s are not within 0.01..1000", c.FPS)
	}
	return nil
}
