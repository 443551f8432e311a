package synth

import (
	"encoding/binary"
	"math"

	"braid/source/synth/backdrop"
	"braid/source/synth/dice"
)

// shake is the swaying of a camera on its post: a few slow oscillations and the
// wind that makes them come and go.
type shake struct {
	waves [4]wave
	gust  wave
	size  float64 // pixels
}

type wave struct{ rate, phase float64 }

func (w wave) at(t float64) float64 { return math.Sin(float64(w.rate*t) + w.phase) }

func newShake(seed uint64, width int) shake {
	d := dice.New(seed, 2)
	var s shake
	for i := range s.waves {
		s.waves[i] = wave{rate: d.Range(3, 17), phase: d.Range(0, 2*math.Pi)}
	}
	s.gust = wave{rate: d.Range(0.2, 0.9), phase: d.Range(0, 2*math.Pi)}
	s.size = d.Range(0, 1.4) * float64(width) / 1280
	if d.Chance(0.3) {
		s.size = 0 // on a wall
	}
	return s
}

// at is the shift of the picture at a time in seconds, pixels.
func (s *shake) at(t float64) (x, y float64) {
	if s.size == 0 {
		return 0, 0
	}
	g := s.size * (0.6 + float64(0.4*s.gust.at(t)))
	x = g * (s.waves[0].at(t) + float64(0.5*s.waves[1].at(t)))
	y = g * (s.waves[2].at(t) + float64(0.5*s.waves[3].at(t)))
	const most = backdrop.Margin - 1
	return max(-most, min(most, x)), max(-most, min(most, y))
}

// noise is that of the camera's sensor: one value for the three colours of a
// pixel, which is how it looks after a camera's own processing, and stronger in
// poor light.
type noise struct {
	seed uint64
	more []byte // three bytes a value: what it adds
	less []byte // what it takes away
}

const noiseSize = 1 << 14

func newNoise(seed uint64, dusk bool) noise {
	d := dice.New(seed, 3)
	n := noise{seed: seed, more: make([]byte, 3*noiseSize), less: make([]byte, 3*noiseSize)}
	sigma := d.Range(0.8, 2.6)
	if dusk {
		sigma = d.Range(2, 5)
	}
	for i := range noiseSize {
		v := int(math.Round(max(-100, min(100, sigma*d.Norm()))))
		for k := 3 * i; k < 3*i+3; k++ {
			n.more[k], n.less[k] = byte(max(0, v)), byte(max(0, -v))
		}
	}
	return n
}

// add puts frame i's noise on a picture.
func (n *noise) add(rgb []byte, i int) {
	d := dice.New(n.seed, 4+uint64(i))
	const run = 512 // pixels that follow each other in the table
	for from := 0; from < len(rgb); from += 3 * run {
		row := rgb[from:min(from+3*run, len(rgb))]
		at := 3 * int(d.Uint64()%(noiseSize-run))
		shift(row, n.more[at:at+len(row)], n.less[at:at+len(row)])
	}
}

// shift adds more to a row of bytes and takes less away, eight at a time, and
// stops at 255 and 0. Both are below 128.
func shift(row, more, less []byte) {
	i := 0
	for ; i+8 <= len(row); i += 8 {
		v := binary.LittleEndian.Uint64(row[i:])
		v = add(v, binary.LittleEndian.Uint64(more[i:]))
		v = ^add(^v, binary.LittleEndian.Uint64(less[i:]))
		binary.LittleEndian.PutUint64(row[i:], v)
	}
	for ; i < len(row); i++ {
		row[i] = byte(max(0, min(255, int(row[i])+int(more[i]))-int(less[i])))
	}
}

// add adds the eight bytes of n, each below 128, to those of v and stops at 255.
func add(v, n uint64) uint64 {
	const high = 0x8080808080808080
	sum := v&^high + n // of the lower seven bits
	over := v & sum & high >> 7
	return sum ^ v&high | over*255
}
