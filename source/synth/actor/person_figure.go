package actor

import (
	"braid/source/synth/dice"
	"braid/source/synth/mesh"
)

// figure is a person's build: the skeleton and how thick it is covered.
type figure struct {
	skeleton
	height   float64 // metres, without hat and shoes' heels
	scale    float64 // of thicknesses: 1 at 1.75 m
	female   float64 // 0 to 1: narrow waist and shoulders, wide hips
	stout    float64 // 0 slim to 1
	headSize float64 // chin to crown, metres
	shoulder float64 // half the distance of the shoulder joints
}

// newFigure rolls a build for a person of the given height.
func newFigure(d *dice.Dice, height float64) figure {
	f := figure{height: height}
	f.scale = height / 1.75
	child := 1 - ease(1.15, 1.55, height)
	f.female = d.Range(0, 0.35)
	if d.Chance(0.5) {
		f.female = d.Range(0.65, 1)
	}
	f.female *= 1 - float64(0.7*child)
	f.stout = max(0, min(1, 0.3+float64(0.28*d.Norm())))
	f.headSize = (0.15 + float64(0.0445*height)) * d.Range(0.97, 1.04)
	f.shoulder = f.scale * (0.182 - float64(0.022*f.female) - float64(0.006*child) + float64(0.012*f.stout))
	f.heel, f.toe = 0.062*f.scale, 0.185*f.scale
	f.place(child)
	return f
}

// place puts the joints where the build has them.
func (f *figure) place(child float64) {
	h := f.height
	chin := h - f.headSize
	hip := h * (0.515 - float64(0.025*child))
	shoulder := chin - float64(0.052*h)
	f.joint[boneHips] = mesh.V(0, 0, hip)
	f.joint[boneChest] = mesh.V(-0.01, 0, hip+float64(0.3*(shoulder-hip)))
	f.joint[boneHead] = mesh.V(-0.012, 0, chin+float64(0.02*h))
	for side := bone(sideL); side <= sideR; side++ {
		y := sideSign[side]
		f.joint[boneArmL+side] = mesh.V(-0.008, y*f.shoulder, shoulder-float64(0.005*h))
		f.joint[boneForeL+side] = mesh.V(-0.012, y*(f.shoulder+0.005), shoulder-float64(0.187*h))
		f.joint[boneHandL+side] = mesh.V(-0.005, y*(f.shoulder+0.005), shoulder-float64(0.333*h))
		f.joint[boneThighL+side] = mesh.V(0, y*0.088*f.scale, hip)
		f.joint[boneShinL+side] = mesh.V(0.004, y*0.086*f.scale, float64(0.282*h)-float64(0.01*h*child))
		f.joint[boneFootL+side] = mesh.V(-0.01, y*0.084*f.scale, 0.046*h)
		f.joint[boneDrapeL+side] = f.joint[boneThighL+side]
	}
}

// girth is the torso's half axes at a level: to the sides, front and back.
type girth struct{ at, side, front, back float64 }

// The torsos of a slim man and a slim woman of 1.75 m, from the crotch to the
// neck; the level is 0 at the hip joints and 1 at the shoulder joints.
var (
	torsoMale = []girth{
		{-0.15, 0.075, 0.050, 0.055},
		{-0.10, 0.150, 0.085, 0.100},
		{0, 0.164, 0.098, 0.118},
		{0.13, 0.160, 0.100, 0.105},
		{0.33, 0.146, 0.100, 0.085},
		{0.52, 0.154, 0.108, 0.092},
		{0.72, 0.172, 0.116, 0.104},
		{0.88, 0.176, 0.104, 0.110},
		{0.98, 0.174, 0.084, 0.098},
		{1.06, 0.130, 0.064, 0.085},
		{1.13, 0.068, 0.052, 0.066},
		{1.22, 0.054, 0.050, 0.054},
	}
	torsoFemale = []girth{
		{-0.15, 0.075, 0.050, 0.060},
		{-0.10, 0.160, 0.085, 0.110},
		{0, 0.175, 0.098, 0.126},
		{0.13, 0.165, 0.096, 0.106},
		{0.33, 0.124, 0.086, 0.074},
		{0.52, 0.132, 0.100, 0.080},
		{0.72, 0.148, 0.132, 0.092},
		{0.88, 0.152, 0.096, 0.098},
		{0.98, 0.152, 0.076, 0.088},
		{1.06, 0.113, 0.058, 0.074},
		{1.13, 0.056, 0.046, 0.056},
		{1.22, 0.045, 0.043, 0.045},
	}
)

// torso returns the girth at a level; below the crotch it is that of the hips,
// as cloth hangs.
func (f *figure) torso(level float64) girth {
	at := func(table []girth) girth {
		if level <= table[0].at {
			return table[0]
		}
		for i := 1; i < len(table); i++ {
			a, b := table[i-1], table[i]
			if level <= b.at {
				t := (level - a.at) / (b.at - a.at)
				mix := func(x, y float64) float64 { return x + float64((y-x)*t) }
				return girth{level, mix(a.side, b.side), mix(a.front, b.front), mix(a.back, b.back)}
			}
		}
		return table[len(table)-1]
	}
	m, w := at(torsoMale), at(torsoFemale)
	mix := func(x, y, fat float64) float64 { return f.scale * (x + float64((y-x)*f.female) + float64(f.stout*fat)) }
	belly := ease(-0.1, 0.3, level) * (1 - ease(0.55, 1, level))
	return girth{
		level, mix(m.side, w.side, 0.012+float64(0.03*belly)), mix(m.front, w.front, 0.008+float64(0.07*belly)), mix(m.back, w.back, 0.008+float64(0.02*belly)),
	}
}

// level returns the height of a torso level, metres.
func (f *figure) level(t float64) float64 {
	hip, shoulder := f.joint[boneHips].Z, f.joint[boneArmL].Z
	return hip + float64(t*(shoulder-hip))
}

// sides a ring of the torso and of a limb has.
const (
	torsoSides = 16
	limbSides  = 10
)

// wrap returns the torso's rings at the levels, each wider than the body by
// loose, metres.
func (f *figure) wrap(loose func(level float64) float64, levels ...float64) [][]mesh.Vec {
	rings := make([][]mesh.Vec, len(levels))
	for i, t := range levels {
		g, o := f.torso(t), loose(t)
		if t < 0 && o > 0 && g.side < f.torso(0).side {
			g = f.torso(0)
		}
		rings[i] = oval(f.level(t), -0.01*f.scale, 0, g.front+o, g.back+o, g.side+o, 0.86, torsoSides)
	}
	return rings
}

// torsoTie ties the trunk: hips below the waist, chest above.
func (f *figure) torsoTie(p mesh.Vec) tie {
	waist := f.joint[boneChest].Z
	return tie{boneChest, boneHips, ease(waist-float64(0.09*f.scale), waist+float64(0.12*f.scale), p.Z)}
}

// drapeTie ties cloth that hangs about the legs: like the trunk above the hip
// joints, with both legs below.
func (f *figure) drapeTie(p mesh.Vec) tie {
	if p.Z > f.joint[boneHips].Z-float64(0.03*f.scale) {
		return f.torsoTie(p)
	}
	w := 0.09 * f.scale
	return tie{boneDrapeL, boneDrapeR, ease(-w, w, p.Y)}
}

// armTie and legTie tie a side's limb with soft elbows and knees.
func (f *figure) armTie(side bone) func(mesh.Vec) tie {
	z, w := f.joint[boneForeL].Z, 0.05*f.scale
	return func(p mesh.Vec) tie { return tie{boneArmL + side, boneForeL + side, ease(z-w, z+w, p.Z)} }
}

func (f *figure) legTie(side bone) func(mesh.Vec) tie {
	z, w := f.joint[boneShinL].Z, 0.06*f.scale
	return func(p mesh.Vec) tie { return tie{boneThighL + side, boneShinL + side, ease(z-w, z+w, p.Z)} }
}
