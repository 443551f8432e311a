package prep

import "braid/internal/frame"

// Two numbers share a uint64, one in each half, so that one multiplication
// serves both. A difference may borrow from the upper half; the sum that it
// ends in is never negative in either half, so the borrow is always paid back.

// fromYUV resizes and converts an NV12 or I420 picture. Luma is mixed from its
// four neighbours for each output pixel; chroma rows are resized horizontally
// first and kept, as they serve several output rows.
func (s *Stage) fromYUV(dst [3][]float32, f *frame.Frame) {
	luma, u, v := f.Planes[0], f.Planes[1], f.Planes[2]
	if f.Format == frame.NV12 {
		v = frame.Plane{Data: u.Data[1:], Stride: u.Stride}
	}
	s.rows.forget()
	for y, t := range s.ys.at {
		top, bottom := int(t.at), int(t.at+s.ys.step)
		r := yuvRow{
			xs:     s.xs,
			top:    luma.Data[top*luma.Stride:],
			bottom: luma.Data[bottom*luma.Stride:],
			right:  t.right,
			luma:   s.luma,
		}
		r.chroma0 = s.rows.row(top/2, s.cs, u, v, bottom/2)
		r.chroma1 = s.rows.row(bottom/2, s.cs, u, v, top/2)
		r.write(s.output(dst, y), s.luts, &s.color)
	}
}

// output is row y of the picture in the planes of red, green and blue.
func (s *Stage) output(dst [3][]float32, y int) (rows [3][]float32) {
	at := (s.fit.top+y)*s.cfg.Width + s.fit.left
	for i, plane := range s.to {
		rows[i] = dst[plane][at : at+s.fit.width]
	}
	return rows
}

// yuvRow is what one output row is made of.
type yuvRow struct {
	xs               taps
	top, bottom      []byte   // luma rows
	chroma0, chroma1 []uint64 // the chroma rows that belong to them
	right            uint32   // weight of the lower ones
	luma             []uint32 // room for the mixed luma
}

func (w *yuvRow) write(dst [3][]float32, lut [3]*levels, m *matrix) {
	w.mixLuma(m.luma)
	w.convert(dst, lut, m)
}

// mixLuma is apart from convert because together they need more registers than
// the processor has.
func (w *yuvRow) mixLuma(gain uint32) {
	top, bottom, step := w.top, w.bottom, w.xs.step
	lower := (w.right*gain + one/2) >> bits
	rows := uint64(gain-lower)<<32 | uint64(lower)
	luma := w.luma[:len(w.xs.at)]
	for x, t := range w.xs.at {
		a := uint64(top[t.at]) | uint64(bottom[t.at])<<32
		b := uint64(top[t.at+step]) | uint64(bottom[t.at+step])<<32
		luma[x] = uint32(((a<<bits + (b-a)*uint64(t.right)) * rows) >> 32)
	}
}

func (w *yuvRow) convert(dst [3][]float32, lut [3]*levels, m *matrix) {
	n := len(w.luma)
	c0, c1, right := w.chroma0[:n], w.chroma1[:n], uint64(w.right)
	red, green, blue := dst[0][:n], dst[1][:n], dst[2][:n]
	lutR, lutG, lutB := lut[0], lut[1], lut[2]
	for x, y := range w.luma {
		c := (c0[x]<<bits + (c1[x]-c0[x])*right) >> bits & chromaMask
		u, v := uint32(c), uint32(c>>32)
		red[x] = lutR[(y+v*m.redV+m.red0)>>drop]
		green[x] = lutG[(y-uint32(c*m.green>>32)+m.green0)>>drop]
		blue[x] = lutB[(y+u*m.blueU+m.b0)>>drop]
	}
}
