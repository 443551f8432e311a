package raster

import (
	"math"
	"math/bits"
)

// Over is how many samples a pixel has along each side: edges are smoothed by
// averaging Over*Over samples.
const Over = 2

// Near is the distance ahead of the eye, metres, before which triangles are
// left out.
const Near = 0.5

// None is the body of samples that show the backdrop.
const None = 0

// Canvas is a picture in the making: for each sample the nearest surface's
// inverse depth, colour and body. Only what a body covered since Clear holds
// anything, so that the cost of a picture is that of its bodies.
type Canvas struct {
	Width, Height int // pixels
	stride        int // samples in a row
	samples       []sample
	words         int // in a row of marks
	marks         []mark
	shadow        []uint8 // per pixel: 255 in full light
	shaded        []bool  // by tile
	tilesX        int
	points        []screen
}

// sample is what is seen at one place of the picture. It means something where
// its mark, or that of the pixels' other row, says that something is covered.
type sample struct {
	inv   float32 // inverse depth of the nearest surface, the backdrop's included
	color uint32  // red, green, blue from the lowest byte; then 1, or 0 for the backdrop
	body  uint16
}

// mark tells which of 64 samples in a row, the lowest bit being the leftmost,
// are covered by bodies.
type mark struct {
	covered uint64 // since Clear
	drawn   uint64 // by this Draw
}

// tile is the side, in pixels, of the tiles that shadows are kept by.
const tile = 16

// NewCanvas makes a Canvas of width by height pixels.
func NewCanvas(width, height int) *Canvas {
	tx, ty := (width+tile-1)/tile, (height+tile-1)/tile
	c := &Canvas{Width: width, Height: height, stride: width * Over, words: (width*Over + 63) / 64, tilesX: tx}
	c.samples = make([]sample, c.stride*height*Over)
	c.marks = make([]mark, c.words*height*Over)
	c.shaded, c.shadow = make([]bool, tx*ty), make([]uint8, width*height)
	for i := range c.shadow {
		c.shadow[i] = 255
	}
	return c
}

// Clear empties the picture.
func (c *Canvas) Clear() {
	clear(c.marks)
	for t, on := range c.shaded {
		if !on {
			continue
		}
		c.shaded[t] = false
		c.rows(t, func(a, b int) {
			for i := a; i < b; i++ {
				c.shadow[i] = 255
			}
		})
	}
}

// rows calls f with the index range of each row of pixels in tile t.
func (c *Canvas) rows(t int, f func(from, to int)) {
	x0, y0 := t%c.tilesX*tile, t/c.tilesX*tile
	x1, y1 := min(x0+tile, c.Width), min(y0+tile, c.Height)
	for y := y0; y < y1; y++ {
		f(y*c.Width+x0, y*c.Width+x1)
	}
}

// cover marks the samples of row y from one to another (left out) as covered
// and returns how many of them this Draw had not covered before.
func (c *Canvas) cover(y, from, to int, back *still) int {
	marks := c.marks[y*c.words+from/64 : y*c.words+(to-1)/64+1]
	bit := ^uint64(0) << (from % 64)
	fresh := 0
	for i := range marks {
		if i == len(marks)-1 {
			bit &= ^uint64(0) >> (-to & 63)
		}
		m := &marks[i]
		fresh += bits.OnesCount64(bit &^ m.drawn)
		if m.covered == 0 {
			c.prepare(y, from/64+i, back)
		}
		m.covered, m.drawn = m.covered|bit, m.drawn|bit
		bit = ^uint64(0)
	}
	return fresh
}

// prepare sets the samples of mark w of row y, and of the pixels' other row, to
// what the backdrop shows, unless a body was there before.
func (c *Canvas) prepare(y, w int, back *still) {
	if c.marks[(y^1)*c.words+w].covered != 0 {
		return
	}
	y &^= 1
	from, to := w*64, min(w*64+64, c.stride)
	upper := c.samples[y*c.stride:][from:to]
	for i := 0; i+1 < len(upper); i += Over {
		s := sample{inv: back.at((from+i)/Over, y/Over)}
		upper[i], upper[i+1] = s, s
	}
	copy(c.samples[(y+1)*c.stride:][from:to], upper)
}

// Tally counts, for each body below len(seen), the samples that show it, and
// the box of samples about them; boxes of unseen bodies are empty.
func (c *Canvas) Tally(seen []int, boxes []Box) {
	for i := range seen {
		seen[i], boxes[i] = 0, Box{math.MaxInt, math.MaxInt, -1, -1}
	}
	for i := range c.marks {
		if word := c.marks[i].covered; word != 0 {
			c.tallyWord(i%c.words*64, i/c.words, word, seen, boxes)
		}
	}
}

// tallyWord counts the samples of row y that the bits of a word name, the
// lowest of which is for sample x. Neighbours mostly show the same body.
func (c *Canvas) tallyWord(x, y int, word uint64, seen []int, boxes []Box) {
	row := c.samples[y*c.stride+x : min(y*c.stride+x+64, (y+1)*c.stride)]
	for word != 0 {
		from := bits.TrailingZeros64(word)
		body := row[from].body
		to := from + 1
		for to < len(row) && word>>to&1 != 0 && row[to].body == body {
			to++
		}
		word &= ^uint64(0) << to
		if body != None && int(body) < len(seen) {
			seen[body] += to - from
			b := &boxes[body]
			b.X0, b.Y0 = min(b.X0, x+from), min(b.Y0, y)
			b.X1, b.Y1 = max(b.X1, x+to-1), max(b.Y1, y)
		}
	}
}

// Box is a box of samples, both corners inside; it is empty where X1 < X0 or
// Y1 < Y0.
type Box struct{ X0, Y0, X1, Y1 int }

// Empty reports whether no sample is inside.
func (b Box) Empty() bool { return b.X1 < b.X0 || b.Y1 < b.Y0 }
