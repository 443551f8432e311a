package video

import (
	"fmt"
	"testing"

	"braid/internal/frame"
	"braid/internal/gst"
)

// planeSizes are the rows and bytes a row of each plane.
func planeSizes(p frame.PixelFormat, w, h int) [][2]int {
	cw, ch := (w+1)/2, (h+1)/2
	switch p {
	case frame.I420: // below
	case frame.RGB:
		return [][2]int{{h, 3 * w}}
	case frame.NV12:
		return [][2]int{{h, w}, {ch, 2 * cw}}
	}
	return [][2]int{{h, w}, {ch, cw}, {ch, cw}}
}

func TestFill(t *testing.T) {
	for _, format := range []frame.PixelFormat{frame.RGB, frame.NV12, frame.I420} {
		for _, padding := range []int{0, 5} {
			for _, size := range [][2]int{{1, 1}, {4, 2}, {7, 5}} {
				t.Run(fmt.Sprintf("%v padded by %d, %v", format, padding, size), func(t *testing.T) {
					testFill(t, format, padding, size[0], size[1])
				})
			}
		}
	}
}

func testFill(t *testing.T, format frame.PixelFormat, padding, w, h int) {
	s := &gst.Sample{Format: format, Width: w, Height: h, Color: frame.Colorimetry{Matrix: frame.BT709, FullRange: true}}
	sizes := planeSizes(format, w, h)
	value := func(plane, y, x int) byte { return byte(100*plane + 10*y + x) }
	for i, sz := range sizes {
		stride := sz[1] + padding
		data := make([]byte, stride*(sz[0]-1)+sz[1])
		for y := range sz[0] {
			for x := range sz[1] {
				data[y*stride+x] = value(i, y, x)
			}
		}
		s.Planes[i] = frame.Plane{Data: data, Stride: stride}
	}
	f := frame.NewPool(1, frame.Heap).TryGet()
	if err := fill(f, s); err != nil {
		t.Fatal(err)
	}
	if f.Format != format || f.Width != w || f.Height != h || f.Color != s.Color {
		t.Fatalf("%v %dx%d %v", f.Format, f.Width, f.Height, f.Color)
	}
	for i, sz := range sizes {
		for y := range sz[0] {
			for x := range sz[1] {
				if got := f.Planes[i].Data[y*f.Planes[i].Stride+x]; got != value(i, y, x) {
					t.Fatalf("plane %d, row %d, column %d: %d", i, y, x, got)
				}
			}
		}
	}
}

func TestFillRefusesSize(t *testing.T) {
	f := frame.NewPool(1, frame.Heap).TryGet()
	if err := fill(f, &gst.Sample{Width: 1 << 16, Height: 1}); err == nil {
		t.Error("a picture of 65536 columns was taken")
	}
}
