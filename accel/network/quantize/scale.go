package quantize

import (
	"math"

	"braid/accel"
)

// Scale maps an activation to 8 bits: value = step * (number - zero).
type Scale struct {
	Step float32
	Zero int
	Type accel.DType // Uint8 or Int8
}

// scale is the one with which a coding covers a range.
func (c Coding) scale(r Range) Scale {
	low, top := min(float64(r.Low), 0), max(float64(r.Top), 0) // 0 is exact: padding is made of it
	if c == Symmetric {
		return Scale{step(max(-low, top) / 127), 0, accel.Int8}
	}
	s := step((top - low) / 255)
	return Scale{s, int(math.Round(-low / float64(s))), accel.Uint8}
}

// step is a width as a file can have it: what is nothing but zeros has any.
func step(width float64) float32 {
	if s := float32(width); s > 0 {
		return s
	}
	return 1
}

// levels are the values on one side of 0 that a coding tells apart in a range.
func (c Coding) levels(r Range) int {
	if c != Symmetric && r.Low >= 0 {
		return 255
	}
	return 127
}

// zeroPoint is the zero point as a tensor's bytes.
func (s Scale) zeroPoint() []byte { return []byte{byte(s.Zero)} }
