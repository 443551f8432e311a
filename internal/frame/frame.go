// Package frame holds decoded pictures, the fixed pools they live in, and the
// Ledger that says what became of each of them. It is a leaf: it imports only
// the standard library and starts no goroutine.
package frame

import (
	"fmt"
	"time"
)

// PixelFormat is the memory layout of a Frame's planes.
type PixelFormat uint8

// The layouts that sources deliver and prep reads.
const (
	RGB  PixelFormat = iota // one plane, 3 bytes a pixel, red first
	NV12                    // Y plane, then interleaved UV at half size
	I420                    // Y, U and V planes, U and V at half size
)

func (p PixelFormat) String() string {
	switch p {
	case RGB:
		return "RGB"
	case NV12:
		return "NV12"
	case I420:
		return "I420"
	}
	return fmt.Sprintf("PixelFormat(%d)", uint8(p))
}

// Matrix is the luma/chroma matrix of a YUV picture.
type Matrix uint8

// The matrices of ITU-R BT.601, BT.709 and BT.2020 (non-constant luminance).
const (
	BT601 Matrix = iota
	BT709
	BT2020
)

// Weights are the shares of red and blue in luma; green has the rest (ITU-R
// BT.601, BT.709 and BT.2020).
func (m Matrix) Weights() (red, blue float64) {
	switch m {
	case BT709:
		return 0.2126, 0.0722
	case BT2020:
		return 0.2627, 0.0593
	default:
		return 0.299, 0.114
	}
}

// Colorimetry says how a YUV picture maps to RGB. RGB frames ignore it.
type Colorimetry struct {
	Matrix    Matrix
	FullRange bool // luma 0..255 instead of 16..235
}

// Clock says where a Frame's capture time comes from.
type Clock uint8

// ClockRTCP is the camera's own clock by RTCP sender reports, ClockWall this
// host's clock at arrival, ClockPTS the stream's time stamps alone.
const (
	ClockWall Clock = iota
	ClockRTCP
	ClockPTS
)

func (c Clock) String() string { return [...]string{"wall", "rtcp", "pts"}[c] }

// Plane is one plane of a picture. Row y starts at Data[y*Stride].
type Plane struct {
	Data   []byte
	Stride int
}

// Copy copies the rows of a picture of the same size; each of the two may pad
// them.
func (p Plane) Copy(from Plane) {
	if p.Stride == from.Stride {
		copy(p.Data, from.Data)
		return
	}
	for y := 0; y*p.Stride < len(p.Data); y++ {
		row := p.Data[y*p.Stride : min((y+1)*p.Stride, len(p.Data))]
		copy(row, from.Data[y*from.Stride:])
	}
}

// Meta is what is known of a Frame besides its pixels. A Job keeps a copy when
// the Frame has gone back to its Pool.
type Meta struct {
	Camera  string        // name as the user wrote it
	File    string        // batch: the image the frame was read from, else ""
	Seq     uint64        // dense per camera and run, from 1, given after the drop point
	PTS     time.Duration // stream time
	Capture time.Time     // when it was taken, by Clock; zero where that is ClockPTS
	Clock   Clock
	Since   time.Time // when it was taken, by this machine's clock; zero where Clock is ClockPTS
	Width   int       // of the picture as the camera sent it, pixels
	Height  int
	Decode  time.Duration // how long the source waited for the decoder and copied
	Arrived time.Time     // when the Frame was put into its Gate
	Skipped Skipped       // what was dropped at the Gate since the Frame before
	Ledger  *Ledger       // the camera's; never nil inside the graph

	Taken time.Time // when the graph took the Frame
	Found int       // frames that were in the graph then
}

// Skipped counts frames that were dropped since the last one of the camera.
type Skipped struct {
	N   uint64
	Why Reason // the reason of the last of them
}

// Frame is a decoded picture. It has one owner at a time, who must call
// Release exactly once.
type Frame struct {
	Meta
	Format PixelFormat
	Color  Colorimetry
	Planes [3]Plane

	mem  Memory
	home *Pool
	out  bool
}

// Shape lays the planes of a w x h picture out in the Frame's own memory, rows
// without padding, growing the memory only when the picture is larger than any
// before it. The planes' content is undefined afterwards.
func (f *Frame) Shape(p PixelFormat, w, h int) error {
	if w <= 0 || h <= 0 || w > 1<<15 || h > 1<<15 {
		return fmt.Errorf("shaping a frame: size %dx%d out of range", w, h)
	}
	cw, ch := (w+1)/2, (h+1)/2
	var sizes, strides [3]int
	switch p {
	case RGB:
		sizes, strides = [3]int{3 * w * h}, [3]int{3 * w}
	case NV12:
		sizes, strides = [3]int{w * h, 2 * cw * ch}, [3]int{w, 2 * cw}
	case I420:
		sizes, strides = [3]int{w * h, cw * ch, cw * ch}, [3]int{w, cw, cw}
	default:
		return fmt.Errorf("shaping a frame: unknown pixel format %v", p)
	}
	if err := f.grow(sizes[0] + sizes[1] + sizes[2]); err != nil {
		return err
	}
	f.Format, f.Width, f.Height = p, w, h
	off := 0
	for i := range f.Planes {
		f.Planes[i] = Plane{Data: f.mem.Bytes[off : off+sizes[i] : off+sizes[i]], Stride: strides[i]}
		off += sizes[i]
	}
	return nil
}

// Copy makes f a copy of g in f's own memory: pixels, and what is known of them.
func (f *Frame) Copy(g *Frame) error {
	if err := f.Shape(g.Format, g.Width, g.Height); err != nil {
		return err
	}
	f.Meta, f.Color = g.Meta, g.Color
	for i, p := range f.Planes {
		p.Copy(g.Planes[i])
	}
	return nil
}

func (f *Frame) grow(n int) error {
	if len(f.mem.Bytes) >= n {
		return nil
	}
	mem, err := f.home.alloc(n)
	if err != nil {
		return fmt.Errorf("growing a frame to %d bytes: %w", n, err)
	}
	f.mem.free()
	f.mem = mem
	return nil
}

// Release gives the Frame back to its Pool. A second Release panics: two owners
// are a bug that must not be survived.
func (f *Frame) Release() { f.home.put(f) }
