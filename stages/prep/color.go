package prep

import (
	"math"

	"braid/internal/frame"
)

// A channel is computed as a fixed-point grey level with 22 fractional bits,
// modulo 1024 levels: enough for the -293 .. 552 that a YUV picture can give.
// Its upper 13 bits, eighths of a level, pick the tensor's value.
const (
	frac = 2 * bits
	drop = 32 - 13
	half = 1 << (drop - 1) // rounds to the nearest eighth
)

// levels holds the tensor's value of each eighth of a grey level: clamping,
// conversion to float and normalisation are one look-up.
type levels [1 << 13]float32

func newLevels(value func(raw float32) float32) *levels {
	l := new(levels)
	for i := range l {
		raw := float32(i) / 8
		if raw >= 640 { // a negative one, modulo 1024
			raw = 0
		}
		l[i] = value(min(raw, 255))
	}
	return l
}

// matrix turns luma and chroma into red, green and blue, with fixed-point
// factors of 11 fractional bits:
//
//	red   = luma*y            + redV*v   + red
//	green = luma*y - (greenV*v + greenU*u) + green
//	blue  = luma*y + blueU*u             + blue
type matrix struct {
	luma             uint32
	redV, blueU      uint32
	green            uint64 // greenV, and greenU in the upper half
	red0, green0, b0 uint32 // what black and neutral chroma add
}

// newMatrix is that of ITU-R BT.601, BT.709 or BT.2020: red = y + 2(1-Kr)v,
// blue = y + 2(1-Kb)u, and y = Kr*red + Kg*green + Kb*blue.
func newMatrix(c frame.Colorimetry) matrix {
	kr, kb := c.Matrix.Weights()
	luma, black, gain := 255.0/219, uint32(16), 255.0/224
	if c.FullRange {
		luma, black, gain = 1, 0, 1
	}
	kg := 1 - kr - kb
	m := matrix{luma: fixed(luma), redV: fixed(gain * 2 * (1 - kr)), blueU: fixed(gain * 2 * (1 - kb))}
	greenU, greenV := fixed(gain*2*(1-kb)*kb/kg), fixed(gain*2*(1-kr)*kr/kg)
	m.green = uint64(greenU)<<32 | uint64(greenV)
	zero := m.luma * black << bits
	m.red0 = half - zero - m.redV*128<<bits
	m.green0 = half - zero + (greenU+greenV)*128<<bits
	m.b0 = half - zero - m.blueU*128<<bits
	return m
}

func fixed(v float64) uint32 { return uint32(math.Round(v * one)) }
