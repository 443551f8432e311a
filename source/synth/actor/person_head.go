package actor

import (
	"math"

	"braid/source/synth/dice"
	"braid/source/synth/mesh"
)

// headRing is a ring of the skull in shares of the head's height: its level
// (0 chin, 1 crown) and half axes to the front, back and sides.
type headRing struct{ at, front, back, side float64 }

var skull = []headRing{
	{0.00, 0.26, -0.05, 0.10},
	{0.05, 0.36, 0.00, 0.19},
	{0.16, 0.395, 0.16, 0.255},
	{0.30, 0.400, 0.30, 0.300},
	{0.42, 0.400, 0.385, 0.325},
	{0.55, 0.395, 0.430, 0.340},
	{0.68, 0.390, 0.440, 0.342},
	{0.80, 0.345, 0.410, 0.318},
	{0.90, 0.255, 0.320, 0.250},
	{0.965, 0.14, 0.19, 0.15},
	{1.00, 0.04, 0.05, 0.04},
}

const headSides = 16

// headSpot maps shares of the head's height to the body's axes: x forward of
// the middle, y to the left, z above the chin.
func (f *figure) headSpot(x, y, z float64) mesh.Vec {
	h := f.headSize
	return mesh.V(0.004+float64(x*h), y*h, f.height-h+float64(z*h))
}

// headRings scales the skull up by grow (shares of the head's height) between
// two levels.
func (f *figure) headRings(from, to, grow float64) [][]mesh.Vec {
	var rings [][]mesh.Vec
	for _, r := range skull {
		if r.at >= from && r.at <= to {
			rings = append(rings, f.headRing(r, grow))
		}
	}
	return rings
}

func (f *figure) headRing(r headRing, grow float64) []mesh.Vec {
	h := f.headSize
	lift := grow * ease(0.6, 1, r.at)
	c := f.headSpot(0, 0, r.at+lift)
	return oval(c.Z, c.X, 0, (r.front+grow)*h, (r.back+grow)*h, (r.side+grow)*h, 0.95, headSides)
}

// face adds neck and head with eyes, brows, nose, mouth and ears.
func (f *figure) face(s *skin, d *dice.Dice, tone mesh.Color, hair mesh.Color, beard bool) {
	flesh := s.material(mesh.Material{Albedo: tone, Gloss: 0.06})
	stubble := s.material(mesh.Material{Albedo: tone.Mix(hair, 0.75)})
	cheeks := s.material(mesh.Material{Albedo: tone.Times(mesh.Color{R: 1.03, G: 0.92, B: 0.9}), Gloss: 0.05})
	paint := func(i, j int) int32 {
		front := min(j, headSides-1-j)
		switch {
		case beard && i <= 3 && front <= 4 && (i < 3 || front > 1):
			return stubble
		case i >= 2 && i <= 4 && front >= 1 && front <= 2:
			return cheeks
		}
		return flesh
	}
	s.cover(sleeve{rings: f.headRings(0, 1, 0), tie: only(boneHead), paint: paint})
	neck := f.torso(1.2)
	top, foot := f.height-float64(0.62*f.headSize), f.level(1.0)
	s.cover(sleeve{rings: [][]mesh.Vec{
		oval(foot, -0.012, 0, neck.front*1.15, neck.back*1.15, neck.side*1.15, 1, limbSides),
		oval((top+foot)/2, -0.012, 0, neck.front, neck.back, neck.side, 1, limbSides),
		oval(top, -0.006, 0, neck.front, neck.back, neck.side, 1, limbSides),
	}, tie: f.neckTie, paint: plain(flesh)})
	var m mesh.Mesh
	f.features(&m, d, tone, hair)
	s.solid(boneHead, &m)
}

// neckTie bends the neck between chest and head.
func (f *figure) neckTie(p mesh.Vec) tie {
	z := f.joint[boneHead].Z
	return tie{boneHead, boneChest, ease(z-float64(0.07*f.scale), z+float64(0.03*f.scale), p.Z)}
}

// features adds what makes a face of a head.
func (f *figure) features(m *mesh.Mesh, d *dice.Dice, tone, hair mesh.Color) {
	h := f.headSize
	flesh := m.Material(mesh.Material{Albedo: tone.Mul(1.04), Gloss: 0.08})
	shadow := m.Material(mesh.Material{Albedo: tone.Mul(0.55)})
	white := m.Material(mesh.Material{Albedo: tint(0xd8d2cc), Gloss: 0.3})
	iris := m.Material(mesh.Material{Albedo: tint(0x1d1512), Gloss: 0.5})
	brow := m.Material(mesh.Material{Albedo: tone.Mix(hair, 0.8).Mul(0.8)})
	lips := m.Material(mesh.Material{Albedo: tone.Times(mesh.Color{R: 0.85, G: 0.5, B: 0.5})})
	oblong := func(mat int32, x, y, z, rx, ry, rz float64) {
		m.Ellipsoid(mat, f.headSpot(x, y, z), mesh.V(rx*h, ry*h, rz*h), 4, 6)
	}
	oblong(flesh, 0.395, 0, 0.41, 0.048, 0.055, 0.042) // nose
	m.Limb(flesh, f.headSpot(0.365, 0, 0.55), f.headSpot(0.395, 0, 0.43), 0.028*h, 0.042*h, 5)
	oblong(lips, 0.385, 0, 0.245, 0.025, 0.105, 0.026)
	for _, y := range sideSign {
		oblong(shadow, 0.335, y*0.150, 0.535, 0.035, 0.078, 0.046)
		oblong(white, 0.345, y*0.150, 0.525, 0.035, 0.055, 0.026)
		oblong(iris, 0.362, y*0.148, 0.526, 0.025, 0.026, 0.025)
		oblong(brow, 0.350, y*0.155, 0.605, 0.035, 0.085, 0.018)
		oblong(flesh, -0.02, y*0.345, 0.46, 0.075, 0.030, 0.115) // ear
	}
	if d.Chance(0.18) {
		f.glasses(m, d)
	}
}

// glasses adds a pair, dark for the sun now and then.
func (f *figure) glasses(m *mesh.Mesh, d *dice.Dice) {
	h := f.headSize
	frame := m.Material(mesh.Material{Albedo: tint(0x1a1a1c), Gloss: 0.4})
	lens := frame
	if d.Chance(0.5) {
		lens = m.Material(mesh.Material{Albedo: tint(0x0c0c10), Gloss: 0.9})
	}
	for _, y := range sideSign {
		m.Limb(frame, f.headSpot(0.36, y*0.30, 0.55), f.headSpot(0, y*0.36, 0.55), 0.012*h, 0.012*h, 4)
		m.Limb(frame, f.headSpot(0.41, 0, 0.56), f.headSpot(0.36, y*0.30, 0.575), 0.014*h, 0.014*h, 4)
		if lens != frame {
			m.Ellipsoid(lens, f.headSpot(0.375, y*0.15, 0.525), mesh.V(0.03*h, 0.115*h, 0.075*h), 4, 8)
		}
	}
}

// hairStyle is how a person's hair is cut.
type hairStyle uint8

const (
	hairBald hairStyle = iota
	hairCropped
	hairShort
	hairFull
	hairBob
	hairLong
	hairTail
	hairBun
	hairAfro
)

// hairCut says how thick hair is and where it ends, shares of the head's height.
type hairCut struct {
	thick, low, line float64 // low: its lower end at the back, line: at the forehead
	face             float64 // half angle of the face that stays free, radians
	ruff             float64
}

var hairCuts = [...]hairCut{
	hairBald:    {},
	hairCropped: {0.016, 0.30, 0.78, 1.5, 0.1},
	hairShort:   {0.040, 0.25, 0.76, 1.35, 0.25},
	hairFull:    {0.075, 0.16, 0.74, 1.25, 0.3},
	hairBob:     {0.085, -0.08, 0.75, 1.0, 0.15},
	hairLong:    {0.075, -0.62, 0.76, 0.95, 0.2},
	hairTail:    {0.030, 0.22, 0.79, 1.3, 0.12},
	hairBun:     {0.030, 0.22, 0.79, 1.3, 0.12},
	hairAfro:    {0.23, 0.10, 0.76, 1.15, 0.35},
}

// hair adds hair: a shell about the head that is tucked inside it before the
// face.
func (f *figure) hair(s *skin, d *dice.Dice, style hairStyle, dye mesh.Color) {
	cut := hairCuts[style]
	if style == hairBald {
		return
	}
	mat := s.material(mesh.Material{Albedo: dye, Gloss: 0.12})
	levels := []float64{cut.low}
	for _, z := range []float64{-0.4, -0.2, 0, 0.15, 0.3, 0.45, 0.6, 0.7, cut.line, 0.84, 0.90, 0.95, 0.985, 1} {
		if z > cut.low+0.05 {
			levels = append(levels, z)
		}
	}
	part := d.Range(-0.25, 0.25)
	var rings [][]mesh.Vec
	for _, z := range levels {
		rings = append(rings, f.hairRing(cut, z, part))
	}
	s.cover(sleeve{rings: rings, tie: f.hairTie, paint: plain(mat), folds: d, ruff: cut.ruff})
	f.knot(s, style, dye)
}

// hairRing is the shell at a level; part shifts the hairline to a side.
func (f *figure) hairRing(cut hairCut, z, part float64) []mesh.Vec {
	r := skullAt(max(0.3, z))
	grow := cut.thick * (0.35 + float64(0.65*ease(cut.low, cut.low+0.25, z)))
	if z < 0.1 { // hair that hangs falls closer together and behind the shoulders
		hang := ease(0.1, -0.6, z)
		r.side, r.back = r.side-float64(0.04*hang), r.back+float64(0.05*hang)
	}
	r.at = z
	ring := f.headRing(r, grow)
	h := f.headSize
	for j := range ring {
		angle := 2 * math.Pi * float64(j) / headSides
		if angle > math.Pi {
			angle -= 2 * math.Pi
		}
		free := cut.face + float64(part*math.Copysign(1, angle))
		open := (1 - ease(free, free+0.35, math.Abs(angle))) * (1 - ease(cut.line-0.03, cut.line+0.03, z))
		in := f.headSpot(-0.05, 0, z)
		ring[j] = ring[j].Lerp(mesh.V(in.X-float64(0.1*h), ring[j].Y*0.7, ring[j].Z), 0.62*open)
	}
	return ring
}

// skullAt interpolates the skull's rings.
func skullAt(z float64) headRing {
	for i := 1; i < len(skull); i++ {
		a, b := skull[i-1], skull[i]
		if z <= b.at {
			t := (z - a.at) / (b.at - a.at)
			mix := func(x, y float64) float64 { return x + float64((y-x)*t) }
			return headRing{z, mix(a.front, b.front), mix(a.back, b.back), mix(a.side, b.side)}
		}
	}
	return skull[len(skull)-1]
}

// hairTie lets long hair lie on the back.
func (f *figure) hairTie(p mesh.Vec) tie {
	chin := f.height - f.headSize
	return tie{boneHead, boneChest, 0.35 + float64(0.65*ease(chin-float64(0.5*f.headSize), chin+float64(0.1*f.headSize), p.Z))}
}

// knot adds a pony tail or a bun.
func (f *figure) knot(s *skin, style hairStyle, dye mesh.Color) {
	h := f.headSize
	var m mesh.Mesh
	mat := m.Material(mesh.Material{Albedo: dye, Gloss: 0.12})
	switch style {
	case hairTail:
		a, b, c := f.headSpot(-0.44, 0, 0.72), f.headSpot(-0.58, 0, 0.45), f.headSpot(-0.52, 0, -0.15)
		m.Limb(mat, a, b, 0.06*h, 0.10*h, 7)
		m.Limb(mat, b, c, 0.10*h, 0.035*h, 7)
	case hairBun:
		m.Ellipsoid(mat, f.headSpot(-0.42, 0, 0.86), mesh.V(0.17*h, 0.18*h, 0.17*h), 6, 8)
	default:
		return
	}
	s.solid(boneHead, &m)
}
