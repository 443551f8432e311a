package backdrop

import "encoding/binary"

// steps is how finely Shift places the picture: parts of a pixel.
const steps = 16

// lanes are the even bytes of a word, each with room for a product.
const lanes = 0x00ff00ff00ff00ff

// Shift writes the Width by Height picture, packed RGB, as it is when the
// camera has shaken it by dx to the right and dy down (pixels, each nearer to
// 0 than Margin), rounded to 1/16 pixel and blended between pixels.
func (p *Picture) Shift(dst []byte, dx, dy float64) {
	const limit = (Margin - 1) * steps
	sx := min(limit, max(-limit, round(-dx*steps))) + Margin*steps
	sy := min(limit, max(-limit, round(-dy*steps))) + Margin*steps
	fx, fy := uint64(sx%steps), uint64(sy%steps)
	stride, row := 3*(p.Width+2*Margin), 3*p.Width
	for y := range p.Height {
		from := p.RGB[(sy/steps+y)*stride+3*(sx/steps):]
		to := dst[y*row : (y+1)*row]
		if fx|fy == 0 {
			copy(to, from)
			continue
		}
		blend(to, from[:row+3], from[stride:], fx, fy)
	}
}

// blend mixes each byte of a row with the one a pixel to its right and those
// in the row below, eight at a time: the weights of the four add up to 256.
func blend(to, a, b []byte, fx, fy uint64) {
	wa0, wa1 := (steps-fx)*(steps-fy), fx*(steps-fy)
	wb0, wb1 := (steps-fx)*fy, fx*fy
	const half = 0x0080008000800080
	n := len(to)
	b = b[:n+3]
	i := 0
	for ; i+8 <= n; i += 8 {
		a0, a1 := binary.LittleEndian.Uint64(a[i:]), binary.LittleEndian.Uint64(a[i+3:])
		b0, b1 := binary.LittleEndian.Uint64(b[i:]), binary.LittleEndian.Uint64(b[i+3:])
		even := (a0&lanes)*wa0 + (a1&lanes)*wa1 + (b0&lanes)*wb0 + (b1&lanes)*wb1 + half
		odd := (a0>>8&lanes)*wa0 + (a1>>8&lanes)*wa1 + (b0>>8&lanes)*wb0 + (b1>>8&lanes)*wb1 + half
		binary.LittleEndian.PutUint64(to[i:], even>>8&lanes|odd&^lanes)
	}
	for ; i < n; i++ {
		to[i] = byte((uint64(a[i])*wa0 + uint64(a[i+3])*wa1 + uint64(b[i])*wb0 + uint64(b[i+3])*wb1 + 128) >> 8)
	}
}

// round is the nearest whole number.
func round(x float64) int {
	if x < 0 {
		return -int(0.5 - x)
	}
	return int(x + 0.5)
}
