package raster

import "math/bits"

// Compose lays the shadows and the bodies over a picture: packed RGB, Width by
// Height pixels, that already shows the backdrop.
func (c *Canvas) Compose(rgb []byte) {
	for t, on := range c.shaded {
		if on {
			c.rows(t, func(a, b int) { c.shadeRow(rgb, a, b) })
		}
	}
	for y := range c.Height {
		upper := c.marks[y*Over*c.words:][:c.words]
		lower := c.marks[(y*Over+1)*c.words:][:c.words]
		for w := range upper {
			if word := upper[w].covered | lower[w].covered; word != 0 {
				c.composeWord(rgb, w*64, y, word)
			}
		}
	}
}

// shadeRow dims the pixels from a to b of the ground, with soft borders.
func (c *Canvas) shadeRow(rgb []byte, a, b int) {
	for i := a; i < b; i++ {
		s := int(c.shadow[i]) * 2
		n := 2
		for _, j := range [4]int{i - 1, i + 1, i - c.Width, i + c.Width} {
			if j >= 0 && j < len(c.shadow) {
				s += int(c.shadow[j])
				n++
			}
		}
		if s == 255*n {
			continue
		}
		p := rgb[3*i : 3*i+3 : 3*i+3]
		for k := range p {
			p[k] = byte(int(p[k]) * s / (255 * n))
		}
	}
}

// composeWord lays the bodies over those pixels of row y of which a sample is
// covered: the lowest bit of the word is for sample x of either row.
func (c *Canvas) composeWord(rgb []byte, x, y int, word uint64) {
	const evens = 0x5555555555555555
	upper := c.samples[y*Over*c.stride+x : (y*Over+1)*c.stride]
	lower := c.samples[(y*Over+1)*c.stride+x : (y*Over+2)*c.stride]
	rgb = rgb[3*(y*c.Width+x/Over):]
	for word = (word | word>>1) & evens; word != 0; word &= word - 1 {
		i := bits.TrailingZeros64(word)
		average(rgb[3*i/Over:], upper[i].color, upper[i+1].color, lower[i].color, lower[i+1].color)
	}
}

// average lays the mean of a pixel's samples over the backdrop, which shows
// where a sample has no body. Red and blue are added at once, 16 bits apart.
func average(p []byte, s0, s1, s2, s3 uint32) {
	const redBlue = 0xff00ff
	rest := Over*Over - (s0>>24 + s1>>24 + s2>>24 + s3>>24)
	rb := s0&redBlue + s1&redBlue + s2&redBlue + s3&redBlue
	g := s0>>8&0xff + s1>>8&0xff + s2>>8&0xff + s3>>8&0xff
	p = p[:3:3]
	p[0] = byte((rb&0xffff + rest*uint32(p[0])) / (Over * Over))
	p[1] = byte((g + rest*uint32(p[1])) / (Over * Over))
	p[2] = byte((rb>>16 + rest*uint32(p[2])) / (Over * Over))
}
