package raster

import "math"

// Over is how many samples a pixel has along each side: edges are smoothed by
// averaging Over*Over samples.
const Over = 2

// Near is the distance ahead of the eye, metres, before which triangles are
// left out.
const Near = 0.5

// None is the body of samples that show the backdrop.
const None = 0

// Canvas is a picture in the making: for each sample the nearest surface's
// inverse depth, colour and body. Only the tiles that a body touched since
// Clear hold anything, so that the cost of a picture is that of its bodies.
type Canvas struct {
	Width, Height int // pixels
	stride        int // samples in a row
	inv           []float32
	color         [][3]uint8
	body          []uint16
	touched       []bool // by tile
	tilesX        int
	mark          []uint32 // per sample: the draw that last covered it
	draws         uint32
	shadow        []uint8 // per pixel: 255 in full light
	shaded        []bool  // by tile
	points        []screen
}

// tile is the side of a tile in pixels.
const tile = 16

// NewCanvas makes a Canvas of width by height pixels.
func NewCanvas(width, height int) *Canvas {
	n := width * height * Over * Over
	tx, ty := (width+tile-1)/tile, (height+tile-1)/tile
	c := &Canvas{
		Width: width, Height: height, stride: width * Over, tilesX: tx,
		inv: make([]float32, n), color: make([][3]uint8, n), body: make([]uint16, n), mark: make([]uint32, n),
		touched: make([]bool, tx*ty), shaded: make([]bool, tx*ty), shadow: make([]uint8, width*height),
	}
	for i := range c.shadow {
		c.shadow[i] = 255
	}
	return c
}

// Clear empties the touched tiles.
func (c *Canvas) Clear() {
	for t, on := range c.touched {
		if !on {
			continue
		}
		c.touched[t] = false
		c.rows(t, Over, func(a, b int) {
			clear(c.inv[a:b])
			clear(c.body[a:b])
		})
	}
	for t, on := range c.shaded {
		if !on {
			continue
		}
		c.shaded[t] = false
		c.rows(t, 1, func(a, b int) {
			for i := a; i < b; i++ {
				c.shadow[i] = 255
			}
		})
	}
}

// rows calls f with the index range of each row of tile t in a buffer that has
// scale entries a pixel along each side.
func (c *Canvas) rows(t, scale int, f func(from, to int)) {
	x0, y0 := t%c.tilesX*tile, t/c.tilesX*tile
	x1, y1 := min(x0+tile, c.Width), min(y0+tile, c.Height)
	for y := y0 * scale; y < y1*scale; y++ {
		f(y*c.Width*scale+x0*scale, y*c.Width*scale+x1*scale)
	}
}

// touch marks the tiles that a rectangle of pixels meets.
func (c *Canvas) touch(tiles []bool, x0, y0, x1, y1 int) {
	for y := y0 / tile; y <= y1/tile; y++ {
		for x := x0 / tile; x <= x1/tile; x++ {
			tiles[y*c.tilesX+x] = true
		}
	}
}

// Tally counts, for each body below len(seen), the samples that show it, and
// the box of pixels about them; boxes of unseen bodies are empty.
func (c *Canvas) Tally(seen []int, boxes []Box) {
	for i := range seen {
		seen[i], boxes[i] = 0, Box{math.MaxInt, math.MaxInt, -1, -1}
	}
	for t, on := range c.touched {
		if !on {
			continue
		}
		y := t / c.tilesX * tile * Over
		c.rows(t, Over, func(a, b int) {
			for i := a; i < b; i++ {
				if k := int(c.body[i]); k != None && k < len(seen) {
					seen[k]++
					x := i % c.stride
					bx := &boxes[k]
					bx.X0, bx.Y0 = min(bx.X0, x), min(bx.Y0, y)
					bx.X1, bx.Y1 = max(bx.X1, x), max(bx.Y1, y)
				}
			}
			y++
		})
	}
}

// Box is a box of samples, both corners inside; X1 < X0 where it is empty.
type Box struct{ X0, Y0, X1, Y1 int }

// Empty reports whether no sample is inside.
func (b Box) Empty() bool { return b.X1 < b.X0 }
