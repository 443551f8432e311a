//go:build !nogst

package gst

import (
	"fmt"
	"os"

	"braid/internal/frame"
)

// rows is how many rows of how many bytes plane i has; 0, 0 where there is no
// such plane.
func (c WriterConfig) rows(i int) (rows, bytes int) {
	w, h := c.Width, c.Height
	switch {
	case i == 0 && c.Format == frame.RGB:
		return h, 3 * w
	case i == 0:
		return h, w
	case i == 1 && c.Format == frame.NV12:
		return h / 2, w
	case c.Format == frame.I420:
		return h / 2, w / 2
	}
	return 0, 0
}

// check says what is wrong with the planes of a picture.
func (c WriterConfig) check(planes [3]frame.Plane) error {
	for i, p := range planes {
		rows, bytes := c.rows(i)
		if rows > 0 && (p.Stride < bytes || len(p.Data) < p.Stride*(rows-1)+bytes) {
			return fmt.Errorf("plane %d has %d bytes in rows of %d, want %d rows of %d", i, len(p.Data), p.Stride, rows, bytes)
		}
	}
	return nil
}

// part is the file while it is written, moving what the muxer keeps beside it
// until it has the index that goes first.
func (c WriterConfig) part() string   { return c.Path + ".part" }
func (c WriterConfig) moving() string { return c.Path + ".part.data" }

// create makes sure that the file can be written, in words that name it.
func (c WriterConfig) create() error {
	if info, err := os.Stat(c.Path); err == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("%s is no file", c.Path)
	}
	f, err := os.Create(c.part())
	if err != nil {
		return err
	}
	return f.Close()
}

// settle gives the whole file its name, or takes away what is left of one that
// failed.
func (c WriterConfig) settle(failed error) error {
	_ = os.Remove(c.moving()) // the muxer has removed it, unless it failed
	if failed == nil {
		return os.Rename(c.part(), c.Path)
	}
	_ = os.Remove(c.part()) // failed is what there is to tell
	return failed
}

// encoder is an element that makes what an MP4 file may hold, with the settings
// of a clip for people to look at: as little work as does not show, since networks
// want the same processors; no B-frames, so that no frame is held back and time
// stamps stay as they are; a key frame now and then for players to jump to.
type encoder struct {
	element string
	launch  string
}

// encoders lists them, the best first.
func encoders(c WriterConfig) []encoder {
	bits := max(1_000_000, 4*c.Width*c.Height) // a second, for those that know no constant quality
	return []encoder{
		{"x264enc", "x264enc pass=qual quantizer=21 speed-preset=ultrafast option-string=no-deblock=0 bframes=0 key-int-max=60 ! h264parse"},
		{"openh264enc", fmt.Sprintf("openh264enc rate-control=quality bitrate=%d gop-size=60 ! h264parse", bits)},
		{"avenc_mpeg4", fmt.Sprintf("avenc_mpeg4 bitrate=%d gop-size=60 ! mpeg4videoparse", bits)},
	}
}

// CheckWriter says why no clip can be written to a path: what this machine lacks,
// or what is wrong with the folder.
func CheckWriter(path string) error {
	for _, name := range []string{"appsrc", "videoconvert", "mp4mux", "filesink"} {
		if !HasElement(name) {
			return missingElement(name)
		}
	}
	c := WriterConfig{Path: path}
	if _, err := pickEncoder(c); err != nil {
		return err
	}
	if err := c.create(); err != nil {
		return fmt.Errorf("making the clip %s: %w", path, err)
	}
	return os.Remove(c.part())
}

// pickEncoder is the best encoder that is installed.
func pickEncoder(c WriterConfig) (encoder, error) {
	all := encoders(c)
	for _, e := range all {
		if HasElement(e.element) {
			return e, nil
		}
	}
	return encoder{}, missingElement(all[0].element)
}
