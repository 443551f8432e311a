package video

import (
	"unicode/utf8"

	"braid/internal/frame"
)

// opaque is an ink that lets nothing through.
const opaque = 255

// fill puts ink on a part of an I420 picture, alpha of 255 thick. Of a chroma
// sample it takes as much as the part covers of its four pixels.
func fill(f *frame.Frame, part rect, c ink, alpha int) {
	part = part.within(rect{0, 0, f.Width, f.Height})
	if part.width() <= 0 || part.height() <= 0 {
		return
	}
	luma := f.Planes[0]
	for y := part.y0; y < part.y1; y++ {
		row := luma.Data[y*luma.Stride:][part.x0:part.x1]
		for x := range row {
			row[x] = blend(row[x], c.y, alpha)
		}
	}
	for y := part.y0 / 2; y < (part.y1+1)/2; y++ {
		rows := min(2*y+2, part.y1) - max(2*y, part.y0)
		u, v := f.Planes[1].Data[y*f.Planes[1].Stride:], f.Planes[2].Data[y*f.Planes[2].Stride:]
		for x := part.x0 / 2; x < (part.x1+1)/2; x++ {
			a := alpha * rows * (min(2*x+2, part.x1) - max(2*x, part.x0)) / 4
			u[x], v[x] = blend(u[x], c.u, a), blend(v[x], c.v, a)
		}
	}
}

// blend mixes two values: alpha of 255 parts are the second.
func blend(under, over uint8, alpha int) uint8 {
	return uint8((int(under)*(255-alpha) + int(over)*alpha + 127) / 255)
}

// frameOf draws the border of a part, of lines within it.
func frameOf(f *frame.Frame, r rect, line int, c ink, clip rect) {
	line = min(line, max(r.width()/2, 1), max(r.height()/2, 1))
	for _, side := range [4]rect{
		{r.x0, r.y0, r.x1, r.y0 + line},
		{r.x0, r.y1 - line, r.x1, r.y1},
		{r.x0, r.y0 + line, r.x0 + line, r.y1 - line},
		{r.x1 - line, r.y0 + line, r.x1, r.y1 - line},
	} {
		fill(f, side.within(clip), c, opaque)
	}
}

// write draws a text whose line begins at x, y, as far as it lies in clip.
func write(f *frame.Frame, t *typeface, text []byte, x, y int, c ink, clip rect) {
	y += t.ascent
	for len(text) > 0 {
		r, n := utf8.DecodeRune(text)
		g := t.glyph(r)
		stamp(f, g, x+g.dx, y+g.dy, c, clip)
		x += g.advance
		text = text[n:]
	}
}

// stamp draws one letter with its corner at x, y.
func stamp(f *frame.Frame, g *glyph, x, y int, c ink, clip rect) {
	part := rect{x, y, x + g.width, y + g.height}.within(clip)
	if part.width() <= 0 || part.height() <= 0 {
		return
	}
	luma := f.Planes[0]
	at := func(px, py int) int {
		if px < part.x0 || px >= part.x1 || py < part.y0 || py >= part.y1 {
			return 0
		}
		return int(g.cover[(py-y)*g.width+px-x])
	}
	for py := part.y0; py < part.y1; py++ {
		row := luma.Data[py*luma.Stride:]
		for px := part.x0; px < part.x1; px++ {
			row[px] = blend(row[px], c.y, at(px, py))
		}
	}
	for cy := part.y0 / 2; cy < (part.y1+1)/2; cy++ {
		u, v := f.Planes[1].Data[cy*f.Planes[1].Stride:], f.Planes[2].Data[cy*f.Planes[2].Stride:]
		for cx := part.x0 / 2; cx < (part.x1+1)/2; cx++ {
			a := (at(2*cx, 2*cy) + at(2*cx+1, 2*cy) + at(2*cx, 2*cy+1) + at(2*cx+1, 2*cy+1)) / 4
			u[cx], v[cx] = blend(u[cx], c.u, a), blend(v[cx], c.v, a)
		}
	}
}
