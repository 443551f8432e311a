package prep

import "braid/internal/frame"

// fromRGB resizes an RGB picture. Rows and weights are paired as in fromYUV.
func (s *Stage) fromRGB(dst [3][]float32, f *frame.Frame) {
	p := f.Planes[0]
	for y, t := range s.ys.at {
		top, bottom := int(t.at), int(t.at+s.ys.step)
		rgbRow(s.output(dst, y), s.luts, s.xs, p.Data[top*p.Stride:], p.Data[bottom*p.Stride:], t.right)
	}
}

func rgbRow(dst [3][]float32, lut [3]*levels, xs taps, top, bottom []byte, right uint32) {
	red, green, blue := dst[0][:len(xs.at)], dst[1][:len(xs.at)], dst[2][:len(xs.at)]
	lutR, lutG, lutB := lut[0], lut[1], lut[2]
	rows := uint64(one-right)<<32 | uint64(right)
	for x, t := range xs.at {
		i, k, w := t.at, t.at+xs.step, uint64(t.right)
		a := uint64(top[i]) | uint64(bottom[i])<<32
		b := uint64(top[k]) | uint64(bottom[k])<<32
		red[x] = lutR[(uint32((a<<bits+(b-a)*w)*rows>>32)+half)>>drop]
		a = uint64(top[i+1]) | uint64(bottom[i+1])<<32
		b = uint64(top[k+1]) | uint64(bottom[k+1])<<32
		green[x] = lutG[(uint32((a<<bits+(b-a)*w)*rows>>32)+half)>>drop]
		a = uint64(top[i+2]) | uint64(bottom[i+2])<<32
		b = uint64(top[k+2]) | uint64(bottom[k+2])<<32
		blue[x] = lutB[(uint32((a<<bits+(b-a)*w)*rows>>32)+half)>>drop]
	}
}
