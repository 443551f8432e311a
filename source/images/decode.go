package images

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"os"

	"braid/internal/frame"
)

// maxPixels keeps a small file that claims a huge picture from taking all memory.
const maxPixels = 1 << 28

type kind uint8

const (
	unknown kind = iota
	jpegFile
	pngFile
)

// kindOf tells the format by the first bytes of a file.
func kindOf(head []byte) kind {
	switch {
	case bytes.HasPrefix(head, []byte("\xff\xd8\xff")):
		return jpegFile
	case bytes.HasPrefix(head, []byte("\x89PNG\r\n\x1a\n")):
		return pngFile
	}
	return unknown
}

// decoder holds one decoded image and buffers that are used again.
type decoder struct {
	file bytes.Buffer
	img  image.Image
	turn orientation
	line []byte // one row of RGB
}

// open reads and decodes a file.
func (d *decoder) open(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return missing(path, err)
	}
	defer f.Close()
	d.file.Reset()
	if _, err := d.file.ReadFrom(f); err != nil {
		return err
	}
	return d.decode(d.file.Bytes())
}

func (d *decoder) decode(data []byte) error {
	config, decode, orient := jpeg.DecodeConfig, jpeg.Decode, jpegOrientation
	switch kindOf(data) {
	case jpegFile:
	case pngFile:
		config, decode, orient = png.DecodeConfig, png.Decode, pngOrientation
	default:
		return ErrNotImage
	}
	c, err := config(bytes.NewReader(data))
	if err != nil {
		return err
	}
	if c.Width > 1<<15 || c.Height > 1<<15 || c.Width*c.Height > maxPixels {
		return fmt.Errorf("picture of %dx%d is too large", c.Width, c.Height)
	}
	if d.img, err = decode(bytes.NewReader(data)); err != nil {
		return err
	}
	if size := d.img.Bounds(); size.Empty() { // a JPEG may say so
		return fmt.Errorf("picture of %dx%d has no pixels", size.Dx(), size.Dy())
	}
	d.turn = orient(data)
	return nil
}

// fill writes the picture into f as RGB, turned upright.
func (d *decoder) fill(f *frame.Frame) error {
	size := d.img.Bounds().Size()
	w, h := size.X, size.Y
	if d.turn.swaps() {
		w, h = h, w
	}
	if err := f.Shape(frame.RGB, w, h); err != nil {
		return err
	}
	rows := rowsOf(d.img)
	out := f.Planes[0]
	if d.turn == upright {
		for y := range size.Y {
			rows(out.Data[y*out.Stride:][:3*w], y)
		}
		return nil
	}
	if cap(d.line) < 3*size.X {
		d.line = make([]byte, 3*size.X)
	}
	line := d.line[:3*size.X]
	for y := range size.Y {
		rows(line, y)
		at, step := d.turn.path(y, size.X, size.Y, out.Stride)
		for x := range size.X {
			copy(out.Data[at:at+3], line[3*x:3*x+3])
			at += step
		}
	}
	return nil
}
