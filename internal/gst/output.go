//go:build !nogst

package gst

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"

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

func copyRows(dst []byte, stride int, p frame.Plane, rows, bytes int) {
	for y := range rows {
		copy(dst[y*stride:y*stride+bytes], p.Data[y*p.Stride:])
	}
}

// part is the file while it is written, moving what the muxer keeps beside it
// until it has the index that goes first.
func (c WriterConfig) part() string   { return c.Path + ".part" }
func (c WriterConfig) moving() string { return c.Path + ".part.data" }

// create makes the file that is written, in words that name what is wrong. As
// long as it is open, nobody else writes this clip.
func (c WriterConfig) create() (*os.File, error) {
	if info, err := os.Stat(c.Path); err == nil && !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is no file", c.Path)
	}
	if dir := filepath.Dir(c.Path); !exists(dir) {
		return nil, fmt.Errorf("there is no folder %s", dir)
	}
	f, err := os.OpenFile(c.part(), os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(fmt.Errorf("%s is being written by another program", c.part()), f.Close())
	}
	return f, nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// settle gives the whole file its name, or takes away what is left of one that
// failed.
func (c WriterConfig) settle(failed error) error {
	if failed != nil {
		c.remove() // failed is what there is to tell
		return failed
	}
	_ = os.Remove(c.moving()) // the muxer has done so
	return os.Rename(c.part(), c.Path)
}

// remove takes away what was written.
func (c WriterConfig) remove() {
	_ = os.Remove(c.part())
	_ = os.Remove(c.moving()) // not there unless the muxer failed
}

// written is the size of both files that the muxer writes.
func (c WriterConfig) written() (bytes int64) {
	for _, path := range []string{c.part(), c.moving()} {
		if info, err := os.Stat(path); err == nil {
			bytes += info.Size()
		}
	}
	return bytes
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
	f, err := c.create()
	if err != nil {
		return fmt.Errorf("making the clip %s: %w", path, err)
	}
	return errors.Join(os.Remove(c.part()), f.Close())
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
