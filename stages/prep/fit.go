package prep

import "braid/stages"

// fit is where a picture comes to lie in the network's input, pixels.
type fit struct {
	left, top, width, height int
	geometry                 stages.Geometry
}

// place computes the fit of a w x h picture. A letterboxed picture's sides are
// rounded down, and the way back is the one common ratio, as the reference
// implementations do; boxes would else differ by up to a pixel.
func (c Config) place(w, h int) fit {
	ratioX, ratioY := float64(c.Width)/float64(w), float64(c.Height)/float64(h)
	if c.Resize == Stretch {
		return fit{
			width: c.Width, height: c.Height,
			geometry: stages.Geometry{ScaleX: float32(1 / ratioX), ScaleY: float32(1 / ratioY)},
		}
	}
	r := min(ratioX, ratioY)
	f := fit{width: side(w, r, c.Width), height: side(h, r, c.Height)}
	if c.Align == Center {
		f.left, f.top = (c.Width-f.width)/2, (c.Height-f.height)/2
	}
	back := float32(1 / r)
	f.geometry = stages.Geometry{ScaleX: back, ScaleY: back, OffX: float32(f.left), OffY: float32(f.top)}
	return f
}

// side is a letterboxed side: at least one pixel, at most the input's.
func side(n int, r float64, most int) int { return max(1, min(most, int(float64(n)*r))) }

// paint fills what the picture leaves free. It does so for every frame: which
// Bindings was last painted by which worker, and for which size, is not worth
// the memory shared between workers that it would take (painting is about 2 % of the step).
func (s *Stage) paint(dst [3][]float32) {
	f, w := s.fit, s.cfg.Width
	if f.width == w && f.height == s.cfg.Height {
		return
	}
	for i, plane := range dst {
		v := s.cfg.value(i, s.cfg.Pad)
		fill(plane[:f.top*w], v)
		fill(plane[(f.top+f.height)*w:], v)
		if f.width == w {
			continue
		}
		for y := f.top; y < f.top+f.height; y++ {
			row := plane[y*w : (y+1)*w]
			fill(row[:f.left], v)
			fill(row[f.left+f.width:], v)
		}
	}
}

// fill sets dst to v, by copies of a block that stays in the first-level cache.
func fill(dst []float32, v float32) {
	const block = 1024
	head := dst[:min(len(dst), block)]
	for i := range head {
		head[i] = v
	}
	for rest := dst[len(head):]; len(rest) > 0; {
		rest = rest[copy(rest, head):]
	}
}
