package synth

import (
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
	seed  uint64
	table [noiseSize]int8
}

const noiseSize = 1 << 14

func newNoise(seed uint64, dusk bool) noise {
	d := dice.New(seed, 3)
	n := noise{seed: seed}
	sigma := d.Range(0.8, 2.6)
	if dusk {
		sigma = d.Range(2, 5)
	}
	for i := range n.table {
		n.table[i] = int8(math.Round(max(-100, min(100, sigma*d.Norm()))))
	}
	return n
}

// add puts frame i's noise on a picture.
func (n *noise) add(rgb []byte, i int) {
	d := dice.New(n.seed, 4+uint64(i))
	const run = 512 // pixels that follow each other in the table
	for from := 0; from < len(rgb); from += 3 * run {
		row := rgb[from:min(from+3*run, len(rgb))]
		at := int(d.Uint64() % (noiseSize - run))
		table := n.table[at : at+run]
		for k := 0; k+2 < len(row); k += 3 {
			v := int(table[k/3])
			row[k] = clamp(int(row[k]) + v)
			row[k+1] = clamp(int(row[k+1]) + v)
			row[k+2] = clamp(int(row[k+2]) + v)
		}
	}
}

func clamp(v int) byte { return byte(max(0, min(255, v))) }
