package video

import (
	"encoding/binary"
	"math"

	"braid/internal/frame"
)

// scaler brings planes to another size. It keeps its tables from one picture to
// the next.
type scaler struct {
	xs, ys taps
	row    []uint8 // of the input's width, mixed from several of its rows
}

// taps says what each output is mixed from: a triangle as wide as two inputs, or
// two outputs where these are larger, so that nothing is passed over when a
// picture shrinks.
type taps struct {
	from, to int
	reach    int      // how many inputs each output has
	first    []int    // the first of them
	weights  []uint64 // reach for each output; they sum to 256
}

const weightBits = 8

// set makes the table, unless it is there.
func (t *taps) set(from, to int) {
	if t.from == from && t.to == to {
		return
	}
	step := float64(from) / float64(to)
	wide := max(step, 1)
	*t = taps{from: from, to: to, reach: min(int(math.Ceil(2*wide)), from)}
	for i := range to {
		center := (float64(i)+0.5)*step - 0.5
		first := min(max(int(center-wide+1), 0), from-t.reach)
		weights, total := make([]float64, t.reach), 0.0
		for j := range weights {
			d := (float64(first+j) - center) / wide
			weights[j] = max(1-max(d, -d), 0)
			total += weights[j]
		}
		t.first = append(t.first, first)
		t.weights = append(t.weights, whole(weights, total)...)
	}
}

// of is what output i is mixed from.
func (t *taps) of(i int) (first int, weights []uint64) {
	return t.first[i], t.weights[i*t.reach:][:t.reach]
}

// whole rounds weights so that their sum is exact: an even area stays as it is.
func whole(w []float64, total float64) []uint64 {
	out := make([]uint64, len(w))
	left, largest := uint64(1<<weightBits), 0
	for i, v := range w {
		out[i] = uint64(v / total * (1 << weightBits))
		left -= out[i]
		if v > w[largest] {
			largest = i
		}
	}
	out[largest] += left
	return out
}

// plane fills the part of a plane at x, y that is w x h large from the whole of
// another, which is fw x fh.
func (s *scaler) plane(to frame.Plane, x, y, w, h int, from frame.Plane, fw, fh int) {
	if w == fw && h == fh {
		for row := range h {
			copy(to.Data[(y+row)*to.Stride+x:][:w], from.Data[row*from.Stride:])
		}
		return
	}
	s.xs.set(fw, w)
	s.ys.set(fh, h)
	if cap(s.row) < fw {
		s.row = make([]uint8, fw)
	}
	row := s.row[:fw]
	for i := range h {
		first, weights := s.ys.of(i)
		mixRows(row, from.Data[first*from.Stride:], from.Stride, weights)
		s.xs.mix(to.Data[(y+i)*to.Stride+x:][:w], row)
	}
}

// mixRows mixes rows that are stride apart. Four pixels share a uint64: in the 16
// bits that each has, the sum of 256 times 255 and a half fits.
func mixRows(dst, src []uint8, stride int, weights []uint64) {
	const lanes, half = 0x00ff00ff00ff00ff, 0x0080008000800080
	x := 0
	for ; x+8 <= len(dst); x += 8 {
		even, odd := uint64(half), uint64(half)
		for i, w := range weights {
			v := binary.LittleEndian.Uint64(src[i*stride+x:])
			even += v & lanes * w
			odd += v >> weightBits & lanes * w
		}
		binary.LittleEndian.PutUint64(dst[x:], even>>weightBits&lanes|odd&^lanes)
	}
	for ; x < len(dst); x++ {
		sum := uint64(1 << (weightBits - 1))
		for i, w := range weights {
			sum += uint64(src[i*stride+x]) * w
		}
		dst[x] = uint8(sum >> weightBits)
	}
}

// mix fills a row from a wider or narrower one.
func (t *taps) mix(dst, src []uint8) {
	for i := range dst {
		first, weights := t.of(i)
		sum := uint64(1 << (weightBits - 1))
		for j, v := range src[first:][:len(weights)] {
			sum += uint64(v) * weights[j]
		}
		dst[i] = uint8(sum >> weightBits)
	}
}

// scalers are one for luma and one for both chroma planes, which differ in size.
type scalers struct{ luma, chroma scaler }

// picture fills a part of an I420 picture from the whole of another.
func (s *scalers) picture(to *frame.Frame, part rect, from *frame.Frame) {
	s.luma.plane(to.Planes[0], part.x0, part.y0, part.width(), part.height(), from.Planes[0], from.Width, from.Height)
	w, h := (part.width()+1)/2, (part.height()+1)/2
	for i := 1; i <= 2; i++ {
		s.chroma.plane(to.Planes[i], part.x0/2, part.y0/2, w, h, from.Planes[i], (from.Width+1)/2, (from.Height+1)/2)
	}
}
