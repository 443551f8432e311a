package prep_test

import (
	"math"

	"braid/internal/frame"
	"braid/stages/prep"
)

// reference is the whole step in float64 and in the plainest words: mix Y, U
// and V (or R, G and B) of the four neighbours, convert, clamp, normalise.
func reference(c prep.Config, f *frame.Frame) []float64 {
	nw, nh, left, top := c.Width, c.Height, 0, 0
	if c.Resize == prep.Letterbox {
		r := math.Min(float64(c.Width)/float64(f.Width), float64(c.Height)/float64(f.Height))
		nw, nh = max(1, int(float64(f.Width)*r)), max(1, int(float64(f.Height)*r))
		if c.Align == prep.Center {
			left, top = (c.Width-nw)/2, (c.Height-nh)/2
		}
	}
	out := make([]float64, 3*c.Width*c.Height)
	for y := range c.Height {
		for x := range c.Width {
			rgb := [3]float64{float64(c.Pad), float64(c.Pad), float64(c.Pad)}
			if inX, inY := x-left, y-top; inX >= 0 && inX < nw && inY >= 0 && inY < nh {
				rgb = pixel(f, position(inX, nw, f.Width), position(inY, nh, f.Height))
			}
			if c.Color == prep.BGR {
				rgb[0], rgb[2] = rgb[2], rgb[0]
			}
			for k, raw := range rgb {
				out[(k*c.Height+y)*c.Width+x] = (raw*float64(c.Scale) - float64(c.Mean[k])) / float64(c.Std[k])
			}
		}
	}
	return out
}

func position(i, dst, src int) float64 {
	p := (float64(i)+0.5)*float64(src)/float64(dst) - 0.5
	return math.Min(math.Max(p, 0), float64(src-1))
}

func pixel(f *frame.Frame, x, y float64) [3]float64 {
	x0, y0 := int(x), int(y)
	x1, y1 := min(x0+1, f.Width-1), min(y0+1, f.Height-1)
	wx, wy := x-float64(x0), y-float64(y0)
	var mixed [3]float64
	for k := range mixed {
		mixed[k] = (1-wy)*((1-wx)*sample(f, k, x0, y0)+wx*sample(f, k, x1, y0)) +
			wy*((1-wx)*sample(f, k, x0, y1)+wx*sample(f, k, x1, y1))
	}
	if f.Format != frame.RGB {
		mixed = toRGB(mixed, f.Color)
	}
	for k, v := range mixed {
		mixed[k] = math.Min(math.Max(v, 0), 255)
	}
	return mixed
}

func sample(f *frame.Frame, k, x, y int) float64 {
	at := func(plane, x, y int) float64 { return float64(f.Planes[plane].Data[y*f.Planes[plane].Stride+x]) }
	switch {
	case f.Format == frame.RGB:
		return at(0, 3*x+k, y)
	case k == 0:
		return at(0, x, y)
	case f.Format == frame.NV12:
		return at(1, x/2*2+k-1, y/2)
	}
	return at(k, x/2, y/2)
}

func toRGB(yuv [3]float64, c frame.Colorimetry) [3]float64 {
	k := map[frame.Matrix][2]float64{
		frame.BT601: {0.299, 0.114}, frame.BT709: {0.2126, 0.0722}, frame.BT2020: {0.2627, 0.0593},
	}[c.Matrix]
	y, u, v := yuv[0], yuv[1]-128, yuv[2]-128
	if !c.FullRange {
		y, u, v = (y-16)*255/219, u*255/224, v*255/224
	}
	red, blue := y+2*(1-k[0])*v, y+2*(1-k[1])*u
	return [3]float64{red, (y - k[0]*red - k[1]*blue) / (1 - k[0] - k[1]), blue}
}
