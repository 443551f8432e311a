package actor

import (
	"math"

	"braid/source/synth/dice"
	"braid/source/synth/mesh"
)

// load gives the person something to carry or to do with the hands.
func (p *pedestrian) load(d *dice.Dice, o *outfit) {
	f, s := &p.figure, &p.skin
	if d.Chance(0.22) {
		f.backpack(s, d, o.loose)
	}
	switch d.Pick(8, 2.2, 1, 1.6, 0.35, 2.2, 1.5) {
	case 1:
		p.gait.gesture = gesturePhone
		f.phone(s, bone(p.gait.hand))
	case 2:
		p.gait.gesture = gestureCall
		f.phone(s, bone(p.gait.hand))
	case 3:
		p.gait.gesture = gesturePocket
	case 4:
		p.gait.gesture = gestureUmbrella
		f.umbrella(s, d, bone(p.gait.hand))
	case 5:
		p.gait.held[p.gait.hand] = true
		f.handbag(s, d, bone(p.gait.hand))
	case 6:
		f.shoulderBag(s, d, bone(p.gait.hand), o.loose)
	}
}

// backpack sits on the back, over clothes that stand off the body by loose.
func (f *figure) backpack(s *skin, d *dice.Dice, loose float64) {
	m := s.material(cloth(d, 4, 2, 0.4, 2))
	strap := s.material(mesh.Material{Albedo: tint(0x1b1b1d)})
	k := f.scale
	g := f.torso(0.75)
	back := -g.back - loose - float64(0.02*k)
	big := d.Range(0.8, 1.15)
	var rings [][]mesh.Vec
	for _, r := range []struct{ t, deep, half float64 }{
		{0.28, 0.03, 0.10}, {0.32, 0.075, 0.135}, {0.5, 0.085, 0.145}, {0.75, 0.075, 0.14}, {0.95, 0.05, 0.12}, {1.02, 0.015, 0.06},
	} {
		x := back - float64(r.deep*k*big*0.6)
		rings = append(rings, oval(f.level(r.t), x, 0, r.deep*k*0.6, r.deep*k*big, r.half*k, 0.6, 12))
	}
	s.cover(sleeve{rings: rings, tie: only(boneChest), paint: plain(m), folds: d, ruff: 0.15})
	var v mesh.Mesh
	sm := v.Material(s.materials[strap])
	for _, y := range sideSign {
		upper := f.torso(0.87)
		top := mesh.V(0, y*0.09*k, f.level(1.05)+loose+0.012)
		front := mesh.V(upper.front+loose-0.006, y*0.10*k, f.level(0.87))
		chest := mesh.V(g.front+loose-0.012, y*0.115*k, f.level(0.74))
		side := mesh.V(0, y*(g.side+loose), f.level(0.52))
		v.Limb(sm, mesh.V(back, y*0.09*k, f.level(0.98)), top, 0.02*k, 0.02*k, 5)
		v.Limb(sm, top, front, 0.02*k, 0.022*k, 5)
		v.Limb(sm, front, chest, 0.022*k, 0.022*k, 5)
		v.Limb(sm, chest, side, 0.022*k, 0.015*k, 5)
	}
	s.solid(boneChest, &v)
}

// phone lies in a hand.
func (f *figure) phone(s *skin, side bone) {
	var v mesh.Mesh
	m := v.Material(mesh.Material{Albedo: tint(0x0c0c0e), Gloss: 0.7})
	h := f.joint[boneHandL+side]
	v.Box(m, mesh.V(-0.035, -0.006, -0.075), mesh.V(0.04, 0.006, 0.075))
	y := -sideSign[side] * 0.028 * f.scale
	v.Transform(0, mesh.Move(mesh.V(h.X+0.02, h.Y+y, h.Z-float64(0.10*f.scale))))
	s.solid(boneHandL+side, &v)
}

// umbrella is held upright over the head by a hand whose forearm points up.
func (f *figure) umbrella(s *skin, d *dice.Dice, side bone) {
	m := s.material(cloth(d, 4, 1, 1, 3))
	metal := s.material(mesh.Material{Albedo: tint(0x3a3a3c), Gloss: 0.5})
	top := f.height + 0.12
	x, y := 0.26*f.scale, f.joint[boneArmL+side].Y*0.85
	const n = 10
	ring := func(r, z float64) []mesh.Vec { return oval(z, x-0.08, y*0.5, r, r, r, 1, n) }
	wide := d.Range(0.46, 0.56)
	canopy := [][]mesh.Vec{
		ring(0.05, top+0.19), ring(wide*0.6, top+0.12), ring(wide*0.98, top), ring(wide, top), ring(wide*0.62, top+0.14), ring(wide*0.3, top+0.215), ring(0.01, top+0.24),
	}
	s.cover(sleeve{rings: canopy, tie: only(boneChest), paint: plain(m)})
	var v mesh.Mesh
	v.Material(s.materials[metal])
	v.Limb(0, mesh.V(x, y, f.level(0.62)), mesh.V(x-0.08, y*0.5, top+0.23), 0.012, 0.012, 5)
	s.solid(boneChest, &v)
}

// handbag hangs from a hand.
func (f *figure) handbag(s *skin, d *dice.Dice, side bone) {
	var v mesh.Mesh
	m := v.Material(mesh.Material{Albedo: dyed(d, dice.Of(d, leather, vividCloth, paleCloth, darkCloth)), Gloss: 0.15})
	h := f.joint[boneHandL+side]
	k := f.scale
	long, high, thick := d.Range(0.11, 0.2)*k, d.Range(0.18, 0.34)*k, d.Range(0.04, 0.08)*k
	grip := mesh.V(h.X+0.02, h.Y, h.Z-float64(0.11*k))
	top := grip.Z - float64(d.Range(0.08, 0.16)*k)
	bottom := max(0.08, top-high)
	y := h.Y + float64(sideSign[side]*0.03*k)
	oblong := func(z, l, t float64) []mesh.Vec { return oval(z, grip.X, y, l, l, t, 0.5, 10) }
	for _, x := range sideSign {
		v.Limb(m, grip, mesh.V(grip.X+float64(x*long*0.6), y, top), 0.009*k, 0.009*k, 4)
	}
	bag := sleeve{
		rings: [][]mesh.Vec{oblong(bottom, long*0.95, thick*0.9), oblong(bottom+0.02, long, thick), oblong(top-0.02, long*0.9, thick*0.7), oblong(top, long*0.85, thick*0.3)},
		tie:   only(boneHandL + side), paint: plain(s.material(v.Materials[m])), folds: d, ruff: 0.08,
	}
	s.cover(bag)
	s.solid(boneHandL+side, &v)
}

// shoulderBag hangs at the hip from a strap over a shoulder.
func (f *figure) shoulderBag(s *skin, d *dice.Dice, side bone, loose float64) {
	k := f.scale
	y := sideSign[side]
	mat := s.material(mesh.Material{Albedo: dyed(d, dice.Of(d, leather, mutedCloth, darkCloth)), Gloss: 0.15})
	g := f.torso(0.05)
	long, thick, high := d.Range(0.12, 0.18)*k, 0.05*k, d.Range(0.18, 0.28)*k
	at := mesh.V(-0.02, y*(g.side+loose+thick), f.level(0.12))
	oblong := func(z, l, t float64) []mesh.Vec { return oval(z, at.X, at.Y, l, l, t, 0.5, 10) }
	s.cover(sleeve{
		rings: [][]mesh.Vec{oblong(at.Z-high, long*0.9, thick*0.8), oblong(at.Z-high+0.03, long, thick), oblong(at.Z, long, thick*0.8)},
		tie:   only(boneHips), paint: plain(mat), folds: d, ruff: 0.08,
	})
	var v mesh.Mesh
	m := v.Material(s.materials[mat])
	far := -y // the strap lies over the other shoulder
	if d.Chance(0.5) {
		far = y
	}
	chest := f.torso(0.75)
	top := mesh.V(-0.01, far*0.10*k, f.level(1.06)+float64(loose*0.5)+0.01)
	for _, x := range []float64{chest.front + loose + 0.012, -chest.back - loose - 0.012} {
		mid := mesh.V(x, float64(far*0.02*k)+float64(y*0.03*k), f.level(0.72))
		low := mesh.V(float64(x*0.55)+math.Copysign(0.01, x), at.Y*0.93, at.Z)
		v.Limb(m, top, mid, 0.016*k, 0.016*k, 5)
		v.Limb(m, mid, low, 0.016*k, 0.016*k, 5)
	}
	s.solid(boneChest, &v)
}
