package prep

import (
	"errors"
	"fmt"

	"braid/internal/frame"
)

// check makes sure that every row that the kernels read lies in its plane.
func check(f *frame.Frame) error {
	if f == nil {
		return errors.New("the job has none")
	}
	w, h := f.Width, f.Height
	if w < 1 || h < 1 || w > 1<<15 || h > 1<<15 {
		return fmt.Errorf("size %dx%d is out of range", w, h)
	}
	if f.Format != frame.RGB && f.Color.Matrix > frame.BT2020 {
		return fmt.Errorf("color matrix %d is unknown", f.Color.Matrix)
	}
	cw, ch := (w+1)/2, (h+1)/2
	switch f.Format {
	case frame.RGB:
		return checkPlane(f, 0, 3*w, h)
	case frame.NV12:
		return errors.Join(checkPlane(f, 0, w, h), checkPlane(f, 1, 2*cw, ch))
	case frame.I420:
		return errors.Join(checkPlane(f, 0, w, h), checkPlane(f, 1, cw, ch), checkPlane(f, 2, cw, ch))
	}
	return fmt.Errorf("pixel format %v is unknown", f.Format)
}

func checkPlane(f *frame.Frame, i, rowBytes, rows int) error {
	p := f.Planes[i]
	if p.Stride < rowBytes || len(p.Data) < (rows-1)*p.Stride+rowBytes {
		return fmt.Errorf("%v picture of %dx%d: plane %d has %d bytes at stride %d, too few for %d rows of %d",
			f.Format, f.Width, f.Height, i, len(p.Data), p.Stride, rows, rowBytes)
	}
	return nil
}
