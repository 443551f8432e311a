package actor

import (
	"math"

	"braid/source/synth/dice"
	"braid/source/synth/mesh"
)

// cycleHelmet adds a bicycle helmet with dark vents and a strap.
func (f *figure) cycleHelmet(s *skin, d *dice.Dice) {
	shell := s.material(mesh.Material{Albedo: dyed(d, dice.Of(d, paleCloth, vividCloth, darkCloth)), Gloss: 0.35})
	vent := s.material(mesh.Material{Albedo: tint(0x151517)})
	paint := func(i, j int) int32 {
		if i >= 1 && i <= 4 && j%4 == 1 {
			return vent
		}
		return shell
	}
	rings := f.dome(0.66, 0.10, 0.10)
	for _, r := range rings {
		for j := range r {
			r[j].X = float64(r[j].X*1.06) + 0.004
		}
	}
	s.cover(sleeve{rings: rings, tie: only(boneHead), paint: paint})
	var v mesh.Mesh
	strap := v.Material(mesh.Material{Albedo: tint(0x202022)})
	h := f.headSize
	for _, y := range sideSign {
		v.Limb(strap, f.headSpot(0.02, y*0.36, 0.66), f.headSpot(0.12, y*0.20, 0.02), 0.018*h, 0.018*h, 4)
	}
	s.solid(boneHead, &v)
}

// fullHelmet adds a motorcycle helmet, open or with a visor.
func (f *figure) fullHelmet(s *skin, d *dice.Dice) {
	shell := s.material(mesh.Material{Albedo: dyed(d, dice.Of(d, darkCloth, darkCloth, paleCloth, vividCloth)), Gloss: 0.8})
	visor := s.material(mesh.Material{Albedo: tint(0x0b0c10), Gloss: 1})
	stripe := shell
	if d.Chance(0.4) {
		stripe = s.material(mesh.Material{Albedo: dyed(d, vividCloth), Gloss: 0.8})
	}
	open := d.Chance(0.3) // a jet helmet: the face below the visor is free
	low := -0.06
	if open {
		low = 0.30
	}
	var rings [][]mesh.Vec
	var levels []float64
	for _, z := range []float64{-0.06, 0.02, 0.16, 0.30, 0.42, 0.54, 0.66, 0.78, 0.88, 0.97, 1.03, 1.06, 1.085} {
		if z < low {
			continue
		}
		c := f.headSpot(0, 0, z)
		h := f.headSize
		g := helmetAt(z)
		rings = append(rings, oval(c.Z, c.X, 0, g.front*h, g.back*h, g.side*h, 0.95, headSides))
		levels = append(levels, z)
	}
	paint := func(i, j int) int32 {
		front := min(j, headSides-1-j)
		switch z := levels[i]; {
		case z >= 0.40 && z < 0.66 && front <= 3:
			return visor
		case z >= 0.66 && (front == 0 || front == headSides/2-1):
			return stripe
		}
		return shell
	}
	s.cover(sleeve{rings: rings, tie: only(boneHead), paint: paint})
}

// helmetAt is the half axes of a full helmet at a level of the head: an egg
// that is narrower at the chin.
func helmetAt(z float64) headRing {
	const middle, up = 0.56, 0.53
	low := 1 - float64(0.16*ease(0.35, -0.1, z))
	if z > middle {
		t := (z - middle) / up
		low = math.Sqrt(max(0.01, 1-float64(t*t)))
	}
	return headRing{z, 0.56 * low, 0.57 * low, 0.49 * low}
}
