package images

import "image"

// ycbcr converts JPEG's colours, row by row. Chroma that was stored at half size
// is brought back by triangle weights (3/4 of the near sample, 1/4 of the far
// one) with the rounding of the IJG library, so that the pixels are those which
// networks were trained and measured on; the nearest sample alone moves edges.
type ycbcr struct {
	img    *image.YCbCr
	w, h   int
	cb, cr []byte  // a row of chroma at full width
	sum    []int32 // a row of chroma at half width
	shiftY bool    // chroma has half the rows
	shiftX bool    // and half the columns
	odd    bool    // a ratio that has no fast path
}

func newYCbCr(m *image.YCbCr) *ycbcr {
	w, h := m.Rect.Dx(), m.Rect.Dy()
	c := &ycbcr{img: m, w: w, h: h}
	switch m.SubsampleRatio {
	case image.YCbCrSubsampleRatio444:
		return c
	case image.YCbCrSubsampleRatio422:
		c.shiftX = true
	case image.YCbCrSubsampleRatio420:
		c.shiftX, c.shiftY = true, true
	case image.YCbCrSubsampleRatio440:
		c.shiftY = true
	default:
		c.odd = true
	}
	c.sum = make([]int32, (w+1)/2)
	c.cb, c.cr = make([]byte, 2*len(c.sum)), make([]byte, 2*len(c.sum))
	return c
}

func (c *ycbcr) row(dst []byte, y int) {
	m := c.img
	luma := m.Y[y*m.YStride:][:c.w]
	cb, cr := c.cb, c.cr
	switch {
	case c.odd:
		c.nearest(y)
	case c.shiftX && c.shiftY:
		c.both(cb, m.Cb, y)
		c.both(cr, m.Cr, y)
	case c.shiftX:
		c.across(cb, m.Cb[y*m.CStride:])
		c.across(cr, m.Cr[y*m.CStride:])
	case c.shiftY:
		c.down(cb, m.Cb, y)
		c.down(cr, m.Cr, y)
	default:
		cb, cr = m.Cb[y*m.CStride:], m.Cr[y*m.CStride:]
	}
	toRGB(dst, luma, cb, cr)
}

// far is the chroma row on the other side of y than its own.
func (c *ycbcr) far(y int) int {
	if y%2 == 0 {
		return max(y/2-1, 0)
	}
	return min(y/2+1, (c.h-1)/2)
}

// both doubles chroma in both directions.
func (c *ycbcr) both(dst, src []byte, y int) {
	sum := c.sum
	near := src[y/2*c.img.CStride:][:len(sum)]
	far := src[c.far(y)*c.img.CStride:][:len(sum)]
	for i, v := range near {
		sum[i] = 3*int32(v) + int32(far[i])
	}
	double(dst, sum, 4, 8, 7)
}

// across doubles chroma along the row.
func (c *ycbcr) across(dst, src []byte) {
	for i := range c.sum {
		c.sum[i] = int32(src[i])
	}
	double(dst, c.sum, 2, 1, 2)
}

// double writes two samples for each of src, divided by 2^shift after adding
// left or right to round.
func double(dst []byte, src []int32, shift, left, right int32) {
	before := src[0]
	for i, v := range src {
		after := v
		if i+1 < len(src) {
			after = src[i+1]
		}
		dst[0] = byte((3*v + before + left) >> shift)
		dst[1] = byte((3*v + after + right) >> shift)
		dst, before = dst[2:], v
	}
}

// down doubles chroma from row to row.
func (c *ycbcr) down(dst, src []byte, y int) {
	near := src[y/2*c.img.CStride:][:c.w]
	far := src[c.far(y)*c.img.CStride:][:c.w]
	for x := range c.w {
		dst[x] = byte((3*int(near[x]) + int(far[x]) + 1 + y%2) >> 2)
	}
}

// nearest serves the ratios that hardly any file has.
func (c *ycbcr) nearest(y int) {
	for x := range c.w {
		i := c.img.COffset(c.img.Rect.Min.X+x, c.img.Rect.Min.Y+y)
		c.cb[x], c.cr[x] = c.img.Cb[i], c.img.Cr[i]
	}
}

// toRGB is the conversion of JFIF 1.02 (BT.601, full range) in 16.16 fixed point.
func toRGB(dst, luma, cb, cr []byte) {
	const half = 1 << 15
	cb, cr = cb[:len(luma)], cr[:len(luma)]
	for x, v := range luma {
		l, b, r := int32(v), int32(cb[x])-128, int32(cr[x])-128
		d := (*[3]byte)(dst[3*x:])
		d[0] = clamp(l + (91881*r+half)>>16)
		d[1] = clamp(l + (-22554*b-46802*r+half)>>16)
		d[2] = clamp(l + (116130*b+half)>>16)
	}
}

func clamp(v int32) byte {
	if uint32(v) <= 255 {
		return byte(v)
	}
	if v < 0 {
		return 0
	}
	return 255
}
