package openvino

import (
	"errors"

	"braid/accel"
)

// types are the library's numbers of element types. Their order has always been the
// same, but not the numbers: 2025.0 took one away at the front, releases before put
// some in between. So they are found by the bytes that eight elements take.
type types map[accel.DType]int

// The types from the first of which a tensor can be made on, by bytes of eight.
var inOrder = []struct {
	bytes int
	is    accel.DType
}{
	{8, accel.Bool},
	{16, notCarried}, // bf16
	{16, accel.Float16},
	{32, accel.Float32},
	{64, accel.Float64},
	{4, notCarried}, // i4
	{8, accel.Int8},
	{16, notCarried}, // i16
	{32, accel.Int32},
	{64, accel.Int64},
}

// notCarried is a type that braid does not have.
const notCarried accel.DType = 0

// mostTypes is more than there are.
const mostTypes = 64

var errTypes = errors.New("its element types are not those of OpenVINO 2024.0 to 2026.4")

// findTypes asks for the bytes of eight elements of one type after the other; 0 is
// that there is no tensor of it.
func findTypes(bytesOfEight func(number int) int) (types, error) {
	t := types{}
	first := 0
	for first < mostTypes && bytesOfEight(first) == 0 {
		first++
	}
	for i, want := range inOrder {
		if bytesOfEight(first+i) != want.bytes {
			return nil, errTypes
		}
		if want.is != notCarried {
			t[want.is] = first + i
		}
	}
	// u1, u2, u3, u4 and u6, or some of them, come before u8.
	for n := first + len(inOrder); n < mostTypes; n++ {
		switch bytes := bytesOfEight(n); {
		case bytes == 8:
			t[accel.Uint8] = n
			return t, nil
		case bytes == 0 || bytes > 8:
			return nil, errTypes
		}
	}
	return nil, errTypes
}

// typed is the element type of a number, notCarried where braid does not have it.
func (t types) typed(number int) accel.DType {
	for d, n := range t {
		if n == number {
			return d
		}
	}
	return notCarried
}
