package actor

import (
	"braid/source/synth/dice"
	"braid/source/synth/mesh"
)

// outfit is what a person wears.
type outfit struct {
	top, legs, shoes, sole mesh.Material
	under                  mesh.Material // seen at the neck of an open top and, with trim, on its edges
	trim                   mesh.Material
	hem                    float64 // level (see girth) or, below 0, the height above the ground that the top reaches down to
	loose                  float64 // how far the top stands off the body, metres
	sleeve                 float64 // end of the sleeves: 0 shoulder, 1 elbow, 2 wrist
	open                   bool    // a jacket that shows what is under it
	skirt                  float64 // height above the ground of a skirt's or coat's hem as a share of the hip's; 0 for none
	flare                  float64 // how far that hem stands off, metres
	skirtOf                mesh.Material
	bare                   float64 // end of the trousers as a share of the hip's height: 0 long, 0.45 shorts, 1 none
	wide                   float64 // how far the trousers stand off at the ankle, metres
	boots                  float64 // height of the shoes' shafts, metres
	stripes                int     // rings of the top in a row that are of one colour, 0 for plain
	vest                   bool    // high-visibility vest over it
	gloved                 bool
	gloves                 mesh.Material // where gloved
}

// newOutfit rolls clothes.
func newOutfit(d *dice.Dice, f *figure) outfit {
	o := outfit{hem: -0.02, loose: 0.014, sleeve: 2, wide: d.Range(0.016, 0.045), boots: 0.1 * f.scale}
	o.top = cloth(d, 3, 4, 2.5, 2.5)
	o.under = cloth(d, 1, 1, 4, 0.5)
	o.trim = o.under
	o.shoes = mesh.Material{Albedo: dyed(d, shoeDyes), Gloss: 0.15}
	o.sole = mesh.Material{Albedo: tint(dice.Of[uint32](d, 0x1a1a1a, 0xdededa, 0x8a7a60))}
	switch d.Pick(4, 3, 2) {
	case 0:
		o.legs = mesh.Material{Albedo: dyed(d, denim)}
	case 1:
		o.legs = cloth(d, 4, 2, 0.3, 0.2)
	default:
		o.legs = mesh.Material{Albedo: dyed(d, drab)}
	}
	switch d.Pick(4, 4, 2, 1.5) {
	case 0:
		o.shirt(d)
	case 1:
		o.jacket(d)
	case 2:
		o.coat(d)
	default:
		o.business(d)
	}
	if d.Chance(float64(0.75*f.female) - 0.2) {
		o.dress(d)
	} else if d.Chance(0.15) && o.skirt == 0 {
		o.bare = d.Range(0.42, 0.62)
		o.wide = 0.05
	}
	if o.bare == 0 && d.Chance(0.15) {
		o.boots = d.Range(0.2, 0.36) * f.scale
		o.wide = 0.006
	}
	return o
}

func (o *outfit) shirt(d *dice.Dice) {
	o.sleeve = dice.Of(d, 0.62, 0.75, 2, 2)
	o.hem = d.Range(-0.08, 0.1)
	o.loose = d.Range(0.008, 0.022)
	if d.Chance(0.2) {
		o.stripes = 1
	}
	o.trim = o.top
}

func (o *outfit) jacket(d *dice.Dice) {
	o.loose = d.Range(0.022, 0.04)
	o.hem = d.Range(-0.16, 0.05)
	o.open = d.Chance(0.45)
	o.vest = d.Chance(0.05)
	o.trim = o.top
	o.trim.Albedo = o.top.Albedo.Mul(0.6)
}

func (o *outfit) coat(d *dice.Dice) {
	o.top = cloth(d, 5, 4, 1, 0.7)
	o.loose = d.Range(0.028, 0.045)
	o.skirtOf = o.top
	o.skirt = d.Range(0.42, 0.8)
	o.flare = d.Range(0.01, 0.05)
	o.open = d.Chance(0.3)
}

func (o *outfit) business(d *dice.Dice) {
	o.top = mesh.Material{Albedo: dyed(d, darkCloth)}
	o.legs = o.top
	o.under = mesh.Material{Albedo: tint(0xe8e8ea)}
	o.open = true
	o.loose = 0.022
	o.hem = -0.12
	o.trim = o.top
	o.shoes = mesh.Material{Albedo: dyed(d, leather), Gloss: 0.4}
	o.wide = 0.028
}

// dress puts a skirt on, with bare or stockinged legs.
func (o *outfit) dress(d *dice.Dice) {
	if o.skirt == 0 {
		o.skirt = d.Range(0.32, 0.68)
		o.flare = d.Range(0.015, 0.11)
		o.skirtOf = cloth(d, 3, 2, 2, 2)
		if d.Chance(0.5) { // one piece
			o.skirtOf = o.top
		}
		o.hem = 0.2
		o.loose = min(o.loose, 0.02)
	}
	o.bare = 1
	if d.Chance(0.4) {
		o.bare = 0
		o.wide = 0.003
		o.legs = cloth(d, 8, 1, 0.5, 0)
	}
}

// wear covers the figure with the outfit; bare limbs get the skin's colour.
func (o *outfit) wear(f *figure, s *skin, d *dice.Dice, tone mesh.Color) {
	flesh := s.material(mesh.Material{Albedo: tone, Gloss: 0.06})
	o.lower(f, s, d, flesh)
	o.upper(f, s, d)
	o.arms(f, s, d, flesh)
	shoes, sole := s.material(o.shoes), s.material(o.sole)
	hands := flesh
	if o.gloved {
		hands = s.material(o.gloves)
	}
	for side := bone(sideL); side <= sideR; side++ {
		f.hand(s, side, hands)
		f.foot(s, side, shoes, sole, o.boots)
	}
}

// lower adds the trousers or skirt.
func (o *outfit) lower(f *figure, s *skin, d *dice.Dice, flesh int32) {
	mat := s.material(o.legs)
	hip := f.joint[boneHips].Z
	if o.bare < 1 {
		seat := func(float64) float64 { return 0.008 }
		s.cover(sleeve{rings: f.wrap(seat, -0.15, -0.1, 0, 0.12, 0.28), tie: f.torsoTie, paint: plain(mat), folds: d, ruff: 0.08})
	}
	for side := bone(sideL); side <= sideR; side++ {
		y := f.joint[boneThighL+side].Y
		if o.bare > 0 {
			bare := below(f.legKnobs(0, 0, 0), max(0.02, min(0.93, o.bare+0.06))*hip)
			s.cover(sleeve{rings: limbRings(y, bare, limbSides), tie: f.legTie(side), paint: plain(flesh)})
		}
		if o.bare < 1 {
			end := max(0.025, o.bare*hip)
			if o.boots > 0.15 { // tucked into the shafts
				end = max(end, o.boots-0.04)
			}
			rings := limbRings(y, f.legKnobs(end, 0.008+float64(0.35*o.wide), o.wide), limbSides)
			s.cover(sleeve{rings: rings, tie: f.legTie(side), paint: plain(mat), folds: d, ruff: 0.22})
		}
	}
	if o.skirt > 0 {
		o.hang(f, s, d)
	}
}

// hang adds the skirt, or the part of a coat below the waist.
func (o *outfit) hang(f *figure, s *skin, d *dice.Dice) {
	mat := s.material(o.skirtOf)
	hip := f.joint[boneHips].Z
	end := o.skirt * hip
	const rows = 6
	var rings [][]mesh.Vec
	for i := range rows {
		t := float64(i) / rows
		z := end + float64((hip-end)*t)
		g := f.torso(0)
		off := o.loose + float64((1-t)*o.flare)
		narrow := 1 - float64(0.06*(1-t))
		knee := 0.03 * f.scale * (1 - t) // room for the thighs' swing
		rings = append(rings, oval(z, -0.006, 0, float64(g.front*narrow)+off+knee, float64(g.back*narrow)+off, float64(g.side*narrow)+off, 0.9, torsoSides))
	}
	off := func(float64) float64 { return 0.6 * o.loose } // under the top
	rings = append(rings, f.wrap(off, 0.0, 0.14, 0.34)...)
	s.cover(sleeve{rings: rings, tie: f.drapeTie, paint: plain(mat), folds: d, ruff: 0.2})
}

// upper adds the top's trunk.
func (o *outfit) upper(f *figure, s *skin, d *dice.Dice) {
	top, under, trim := s.material(o.top), s.material(o.under), s.material(o.trim)
	levels := []float64{o.hem}
	for _, t := range []float64{0, 0.13, 0.28, 0.42, 0.57, 0.72, 0.87, 0.98, 1.06, 1.13} {
		if t > o.hem+0.04 {
			levels = append(levels, t)
		}
	}
	loose := func(t float64) float64 { return o.loose * (1 - float64(0.55*ease(0.85, 1.1, t))) }
	vest := s.material(mesh.Material{Albedo: tint(0xd9e021), Signal: mesh.Color{R: 0.08, G: 0.1}})
	band := s.material(mesh.Material{Albedo: tint(0xd8dadd), Gloss: 0.5})
	paint := func(i, j int) int32 {
		t, front := levels[i], min(j, torsoSides-1-j)
		switch {
		case o.vest && (t > 0.4 && t < 0.5 || front == 3 && t > 0.5):
			return band
		case o.vest:
			return vest
		case o.open && front == 0 && t > 0.1, o.open && front <= 1 && t > 0.8:
			return under
		case t > 1.05:
			return trim
		case o.stripes > 0 && i%2 == 0:
			return under
		}
		return top
	}
	s.cover(sleeve{rings: f.wrap(loose, levels...), tie: f.drapeTie, paint: paint, folds: d, ruff: 0.16})
}

// arms adds sleeves and what of the arms they leave bare.
func (o *outfit) arms(f *figure, s *skin, d *dice.Dice, flesh int32) {
	top := s.material(o.top)
	shoulder, elbow, wrist := f.joint[boneArmL].Z, f.joint[boneForeL].Z, f.joint[boneHandL].Z
	end := shoulder - float64(o.sleeve*(shoulder-elbow))
	if o.sleeve > 1 {
		end = elbow - float64((o.sleeve-1)*(elbow-wrist))
	}
	for side := bone(sideL); side <= sideR; side++ {
		y := f.joint[boneArmL+side].Y
		if o.sleeve < 2 {
			bare := below(f.armKnobs(0, 0, 0), end+float64(0.04*f.scale))
			s.cover(sleeve{rings: limbRings(y, bare, limbSides), tie: f.armTie(side), paint: plain(flesh)})
		}
		rings := limbRings(y, f.armKnobs(end, o.loose*0.6, 0.004), limbSides)
		s.cover(sleeve{rings: rings, tie: f.armTie(side), paint: plain(top), folds: d, ruff: 0.2})
	}
}
