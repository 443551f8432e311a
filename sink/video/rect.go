package video

import "math"

// rect is a part of a picture, in pixels, x1 and y1 outside of it.
type rect struct{ x0, y0, x1, y1 int }

func (r rect) width() int  { return r.x1 - r.x0 }
func (r rect) height() int { return r.y1 - r.y0 }

// within is what of r lies in s, perhaps nothing.
func (r rect) within(s rect) rect {
	return rect{max(r.x0, s.x0), max(r.y0, s.y0), min(r.x1, s.x1), min(r.y1, s.y1)}
}

func (r rect) overlaps(s rect) bool {
	over := r.within(s)
	return over.width() > 0 && over.height() > 0
}

// letterbox is the largest part of r in which a picture of w x h keeps its
// aspect, in the middle and on even pixels. A picture that fits as it is, but for
// a last odd row or column, is not scaled.
func (r rect) letterbox(w, h int) rect {
	if dw, dh := r.width()-w, r.height()-h; dw >= 0 && dw <= 1 && dh >= 0 && dh <= 1 {
		return rect{r.x0, r.y0, r.x0 + w, r.y0 + h}
	}
	scale := min(float64(r.width())/float64(w), float64(r.height())/float64(h))
	dw := min(max(even(float64(w)*scale), 2), r.width())
	dh := min(max(even(float64(h)*scale), 2), r.height())
	x, y := r.x0+(r.width()-dw)/4*2, r.y0+(r.height()-dh)/4*2
	return rect{x, y, x + dw, y + dh}
}

// even is the even number next to v.
func even(v float64) int { return 2 * int(math.Round(v/2)) }

// largest is the size that a mosaic does not exceed.
const largestWidth, largestHeight = 1280, 720

// grid divides a picture into n tiles for pictures of an aspect (width by
// height), as large as the bounds above let them be.
func grid(n int, aspect float64) (size rect, tiles []rect) {
	aspect = min(max(aspect, 0.5), 3)
	cols, width := 1, 0.0
	for c := 1; c <= n; c++ {
		rows := (n + c - 1) / c
		if w := min(largestWidth/float64(c), largestHeight/float64(rows)*aspect); w >= width {
			cols, width = c, w
		}
	}
	w, h := max(int(width)/2*2, 16), max(int(width/aspect)/2*2, 16)
	for i := range n {
		x, y := i%cols*w, i/cols*h
		tiles = append(tiles, rect{x, y, x + w, y + h})
	}
	return rect{0, 0, cols * w, (n + cols - 1) / cols * h}, tiles
}
