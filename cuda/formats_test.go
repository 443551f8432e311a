//go:build cgo && linux

package cuda_test

import (
	"encoding/binary"
	"math"
	"testing"

	"braid/cuda"
)

// TestFormats runs a network on a DLA with inputs and outputs in each of its
// layouts, written and read here by hand.
func TestFormats(t *testing.T) {
	const channels, h, w = 3, 2, 5
	for _, c := range []struct {
		name   string
		typ    cuda.Type
		format cuda.Format
		core   int
		bytes  int64
		at     func(ch, y, x int) int // element
	}{
		{"float16", cuda.Float16, cuda.Linear, 1, 60, func(ch, y, x int) int { return (ch*h+y)*w + x }},
		{"CHW16", cuda.Float16, cuda.CHW16, 1, 320, func(ch, y, x int) int { return (y*w+x)*16 + ch }},
		{"rows of 64 bytes", cuda.Float16, cuda.DLALinear, 1, 384, func(ch, y, x int) int { return (ch*h+y)*32 + x }},
		{"HWC8", cuda.Float16, cuda.HWC8, cuda.NoDLA, 160, func(ch, y, x int) int { return (y*w+x)*8 + ch }},
		{"CHW32", cuda.Int8, cuda.CHW32, 1, 320, func(ch, y, x int) int { return (y*w+x)*32 + ch }},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t)
			b := r.builder(double(t, channels, h, w))
			check(t, b.Flag(cuda.FlagFP16, true))
			check(t, b.Flag(cuda.FlagINT8, true))
			if c.core != cuda.NoDLA {
				check(t, b.DLA(c.core))
			}
			for _, name := range []string{"x", "y"} {
				check(t, b.Range(name, 127)) // 1 is 1
				check(t, b.IO(name, c.typ, c.format))
			}
			blob, err := b.Build()
			check(t, err)
			e, err := r.Load(0, c.core, blob)
			check(t, err)
			r.closing(e)
			tensors, err := e.Tensors()
			check(t, err)
			if tensors[0].Bytes != c.bytes || tensors[1].Bytes != c.bytes {
				t.Fatalf("tensors %+v, want %d bytes", tensors, c.bytes)
			}
			in, p := r.host(c.bytes)
			out, q := r.host(c.bytes)
			call := r.call(r.exec(e))
			check(t, call.Tensor("x", p))
			check(t, call.Tensor("y", q))
			if c.core != cuda.NoDLA {
				refused(t, call.Ready(true), cuda.ErrUnsupported, "captured")
			}
			check(t, call.Ready(false))
			for i := range channels * h * w {
				set(c.typ, in, c.at(i/(h*w), i/w%h, i%w), i-7)
			}
			check(t, call.Start(nil, 0))
			check(t, call.Wait())
			for i := range channels * h * w {
				if got, want := get(c.typ, out, c.at(i/(h*w), i/w%h, i%w)), max(0, 2*(i-7)); got != want {
					t.Fatalf("element %d is %d, want %d", i, got, want)
				}
			}
		})
	}
}

// halves are the bits of whole numbers up to 64 as binary16.
func half(n int) uint16 {
	sign := uint16(0)
	if n < 0 {
		sign, n = 0x8000, -n
	}
	if n == 0 {
		return sign
	}
	exponent := int(math.Log2(float64(n)))
	return sign | uint16(exponent+15)<<10 | uint16(n<<(10-exponent))&0x3ff
}

func set(typ cuda.Type, b []byte, i, n int) {
	if typ == cuda.Int8 {
		b[i] = byte(int8(n))
		return
	}
	binary.LittleEndian.PutUint16(b[2*i:], half(n))
}

func get(typ cuda.Type, b []byte, i int) int {
	if typ == cuda.Int8 {
		return int(int8(b[i]))
	}
	bits := binary.LittleEndian.Uint16(b[2*i:])
	for n := -64; n <= 64; n++ {
		if half(n) == bits {
			return n
		}
	}
	return math.MinInt
}
