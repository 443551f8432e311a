package video

import (
	"time"

	"braid/internal/frame"
)

// canvas is the picture of the clip: one tile, or one for each camera.
type canvas struct {
	cameras []string     // a tile each; nil: one tile for whatever comes
	picture *frame.Frame // nil before the first frame
	yuv     *frame.Frame // a frame in another layout, brought to that of the clip
	tiles   []tile
	pencil  *pencil
}

// tile is one camera's part of the canvas.
type tile struct {
	area    rect
	at      time.Duration // when its picture is shown
	fresh   bool          // that was not written yet
	scalers scalers       // each its own: cameras differ in size
}

// blank is a Frame of nobody's Pool.
func blank() *frame.Frame { return frame.NewPool(1, frame.Heap).TryGet() }

// begin fixes size and colours by the first frame.
func (c *canvas) begin(f *frame.Frame) error {
	picture := blank()
	size, tiles := rect{0, 0, clipSide(f.Width), clipSide(f.Height)}, []rect(nil)
	if len(c.cameras) > 1 {
		size, tiles = grid(len(c.cameras), float64(f.Width)/float64(f.Height))
	} else {
		tiles = []rect{size}
	}
	if err := picture.Shape(frame.I420, size.x1, size.y1); err != nil {
		return err
	}
	picture.Color = stored(f)
	fill(picture, size, black, opaque)
	pencil, err := newPencil(tiles[0].width(), tiles[0].height(), picture.Color.Matrix)
	if err != nil {
		return err
	}
	c.picture, c.pencil, c.yuv = picture, pencil, blank()
	c.tiles = make([]tile, len(tiles))
	for i, area := range tiles {
		c.tiles[i].area = area
		if len(tiles) > 1 {
			pencil.head = append(append(pencil.head[:0], c.cameras[i]...), "  no picture yet"...)
			text, plate := pencil.title(area)
			pencil.heading(picture, text, plate)
		}
	}
	return nil
}

// clipSide is the nearest side that an encoder takes.
func clipSide(n int) int { return min(max((n+1)/2*2, 16), 1<<14) }

// tileOf is a camera's tile, nil where it has none.
func (c *canvas) tileOf(camera string) *tile {
	if len(c.cameras) <= 1 {
		return &c.tiles[0]
	}
	for i, name := range c.cameras {
		if name == camera {
			return &c.tiles[i]
		}
	}
	return nil
}

// paint puts a frame and what was found on it into its tile.
func (c *canvas) paint(t *tile, s *shot) error {
	f := s.frame
	if f.Format != frame.I420 {
		c.yuv.Color = c.picture.Color
		if err := c.yuv.Shape(frame.I420, f.Width, f.Height); err != nil {
			return err
		}
		if f.Format == frame.RGB {
			fromRGB(c.yuv, f)
		} else {
			c.yuv.Color = f.Color
			fromNV12(c.yuv, f)
		}
		f = c.yuv
	}
	part := t.area.letterbox(f.Width, f.Height)
	if part != t.area { // else nothing of the picture before stays
		fill(c.picture, t.area, black, opaque)
	}
	t.scalers.picture(c.picture, part, f)
	recolor(c.picture, part, f.Color)
	c.pencil.draw(c.picture, t.area, part, s)
	return nil
}
