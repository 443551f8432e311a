package actor

import (
	"math"

	"braid/source/synth/dice"
	"braid/source/synth/mesh"
)

// looks are a person's head: skin, hair and what is worn on it.
type looks struct {
	tone, dye mesh.Color
	style     hairStyle
	beard     bool
	hat       hat
}

type hat uint8

const (
	hatNone hat = iota
	hatCap
	hatBeanie
	hatBrim
	hatHood
	hatScarf // over head and shoulders
	hatHelmet
	hatFullHelmet
)

func newLooks(d *dice.Dice, f *figure) looks {
	l := looks{}
	k := d.Pick(3, 4, 4, 3, 2.5, 2, 1.5, 1.2, 2)
	l.tone = tint(skinTones[k]).Mul(d.Range(0.9, 1.08))
	if k >= 4 && k < 8 {
		l.dye = tint(hairDyes[d.Int(2)])
	} else {
		l.dye = tint(hairDyes[d.Int(len(hairDyes))]).Mul(d.Range(0.8, 1.2))
	}
	if f.female > 0.5 {
		l.style = dice.Of(d, hairBob, hairLong, hairLong, hairTail, hairBun, hairBob, hairFull)
	} else {
		l.style = dice.Of(d, hairCropped, hairShort, hairShort, hairFull, hairFull, hairBald, hairShort)
		l.beard = f.height > 1.55 && d.Chance(0.3)
	}
	if k >= 5 && k < 8 && d.Chance(0.3) {
		l.style = hairAfro
	}
	l.hat = []hat{hatNone, hatCap, hatBeanie, hatBrim, hatHood, hatScarf}[d.Pick(14, 2, 2, 0.7, 1.6, 0.8*f.female)]
	return l
}

// wear adds head, hair and hat.
func (l *looks) wear(f *figure, s *skin, d *dice.Dice, o *outfit) {
	f.face(s, d, l.tone, l.dye, l.beard)
	if l.hat != hatNone && l.style > hairShort { // what shows under a hat
		if l.style == hairAfro || l.style == hairBun || l.style == hairFull {
			l.style = hairShort
		}
	}
	if l.hat != hatHood && l.hat != hatScarf && l.hat != hatFullHelmet {
		f.hair(s, d, l.style, l.dye)
	}
	f.cover(s, d, l.hat, o)
}

// cover adds a hat.
func (f *figure) cover(s *skin, d *dice.Dice, h hat, o *outfit) {
	mat := func(m mesh.Material) int32 { return s.material(m) }
	switch h {
	case hatNone:
	case hatCap:
		m := cloth(d, 3, 2, 1, 2)
		s.cover(sleeve{rings: f.dome(0.66, 0.05, 0.03), tie: only(boneHead), paint: plain(mat(m))})
		f.peak(s, m, 0.30)
	case hatBeanie:
		s.cover(sleeve{rings: f.dome(0.62, 0.06, 0.09), tie: only(boneHead), paint: plain(mat(cloth(d, 3, 2, 1, 2))), folds: d, ruff: 0.1})
	case hatBrim:
		m := cloth(d, 2, 3, 3, 0.3)
		s.cover(sleeve{rings: f.dome(0.70, 0.05, 0.10), tie: only(boneHead), paint: plain(mat(m))})
		f.brim(s, m)
	case hatHood:
		s.cover(sleeve{rings: f.shroud(0.10, -0.25, 1.05), tie: f.hairTie, paint: plain(mat(o.top)), folds: d, ruff: 0.12})
	case hatScarf:
		s.cover(sleeve{rings: f.shroud(0.05, -0.35, 0.85), tie: f.hairTie, paint: plain(mat(cloth(d, 2, 2, 2, 2))), folds: d, ruff: 0.1})
	case hatHelmet:
		f.cycleHelmet(s, d)
	case hatFullHelmet:
		f.fullHelmet(s, d)
	}
}

// dome returns the rings of a hat that sits on the head above the level from,
// grown by grow and higher than the crown by up, shares of the head's height.
func (f *figure) dome(from, grow, up float64) [][]mesh.Vec {
	var rings [][]mesh.Vec
	for _, z := range []float64{0, 0.2, 0.45, 0.68, 0.84, 0.94, 0.99} {
		level := from + float64((1-from)*z)
		r := skullAt(max(level, 0.6))
		// Rounder than the skull, so that it is cloth and not hair.
		round := math.Sqrt(max(0, 1-float64(z*z*z*z)))
		base := skullAt(max(from, 0.6))
		r.front, r.back, r.side = max(r.front, base.front*round), max(r.back, base.back*round), max(r.side, base.side*round)
		h := f.headSize
		c := f.headSpot(0, 0, level+float64(up*z))
		rings = append(rings, oval(c.Z, c.X, 0, (r.front+grow)*h, (r.back+grow)*h, (r.side+grow)*h, 0.97, headSides))
	}
	return rings
}

// peak adds a visor that reaches out metres in shares of the head's height.
func (f *figure) peak(s *skin, m mesh.Material, out float64) {
	var v mesh.Mesh
	mat := v.Material(m)
	h := f.headSize
	const n = 6
	var top, low []mesh.Vec
	for i := range n + 1 {
		sa, ca := math.Sincos(math.Pi * (float64(i)/n - 0.5) * 0.8)
		p := f.headSpot(0.30+float64(0.12*ca)+float64(out*math.Sqrt(max(0, float64(ca*ca)-0.09))), 0.36*sa, 0.685-float64(0.06*ca))
		top, low = append(top, p), append(low, p.Sub(mesh.V(0, 0, 0.02*h)))
	}
	back := f.headSpot(0.1, 0, 0.70)
	for i := range n {
		v.Polygon(mat, back, top[i], top[i+1])
		v.Polygon(mat, back, low[i+1], low[i])
		v.Polygon(mat, low[i], low[i+1], top[i+1], top[i])
	}
	v.Smooth(0, 0.8)
	s.solid(boneHead, &v)
}

// brim adds the brim of a hat.
func (f *figure) brim(s *skin, m mesh.Material) {
	h := f.headSize
	ring := func(z, grow float64) []mesh.Vec {
		c := f.headSpot(0, 0, z)
		return oval(c.Z, c.X, 0, (0.38+grow)*h, (0.43+grow)*h, (0.34+grow)*h, 1, headSides)
	}
	s.cover(sleeve{
		rings: [][]mesh.Vec{ring(0.69, 0.25), ring(0.715, 0.26), ring(0.735, 0.05)},
		tie:   only(boneHead), paint: plain(s.material(m)),
	})
}

// shroud returns the rings of cloth about head and neck that leaves the face
// free: grow off the head, from the level low up.
func (f *figure) shroud(grow, low, face float64) [][]mesh.Vec {
	cut := hairCut{thick: grow, low: low - 0.3, line: 0.80, face: face}
	var rings [][]mesh.Vec
	for _, z := range []float64{low, low + 0.12, -0.08, 0.02, 0.15, 0.3, 0.45, 0.6, 0.7, 0.8, 0.86, 0.92, 0.97, 1} {
		c := cut
		if z < 0.02 { // closed under the chin
			c.line = -1
		}
		ring := f.hairRing(c, z, 0)
		if z <= low+0.12 {
			for j := range ring {
				ring[j].X *= 1.15
				ring[j].Y *= 1.2
			}
		}
		rings = append(rings, ring)
	}
	return rings
}
