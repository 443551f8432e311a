package prep

import "braid/internal/frame"

// chromaMask keeps u and v as 8 bits with 11 fractional ones.
const chromaMask = (1<<(8+bits)-1)<<32 | (1<<(8+bits) - 1)

// chroma keeps the last two chroma rows, resized horizontally: u in the lower
// half of an element, v in the upper, each with 11 fractional bits.
type chroma struct {
	kept [2][]uint64
	of   [2]int // which rows of the picture; -1: none
}

func newChroma(width int) chroma {
	return chroma{kept: [2][]uint64{make([]uint64, width), make([]uint64, width)}}
}

func (c *chroma) forget() { c.of = [2]int{-1, -1} }

// row is row y of the picture's chroma. It stays until two other rows were
// asked for; of the two that are kept, the one that is not partner gives way.
func (c *chroma) row(y int, xs taps, u, v frame.Plane, partner int) []uint64 {
	for i, of := range c.of {
		if of == y {
			return c.kept[i]
		}
	}
	slot := 0
	if c.of[0] == partner {
		slot = 1
	}
	c.of[slot] = y
	chromaRow(c.kept[slot], xs, u.Data[y*u.Stride:], v.Data[y*v.Stride:])
	return c.kept[slot]
}

func chromaRow(dst []uint64, xs taps, u, v []byte) {
	step := xs.step
	dst = dst[:len(xs.at)]
	for x, t := range xs.at {
		a := uint64(u[t.at]) | uint64(v[t.at])<<32
		b := uint64(u[t.at+step]) | uint64(v[t.at+step])<<32
		dst[x] = a<<bits + (b-a)*uint64(t.right)
	}
}
