package actor

import (
	"math"

	"braid/source/synth/mesh"
)

// knob is a ring of a limb: its height, half axes along x and y, and how far it
// is before the line of the joints.
type knob struct{ z, rx, ry, dx float64 }

// limbRings stacks knobs, listed from the top, about the line that runs at y.
func limbRings(y float64, knobs []knob, sides int) [][]mesh.Vec {
	rings := make([][]mesh.Vec, len(knobs))
	for i, k := range knobs {
		rings[len(knobs)-1-i] = oval(k.z, k.dx, y, k.rx, k.rx, k.ry, 1, sides)
	}
	return rings
}

// armKnobs are the rings of an arm from the shoulder down to z = to, each wider
// than the arm by loose; hem widens the last one further.
func (f *figure) armKnobs(to, loose, hem float64) []knob {
	s := f.scale * (1 - float64(0.16*f.female) + float64(0.14*f.stout))
	shoulder, elbow, wrist := f.joint[boneArmL].Z, f.joint[boneForeL].Z, f.joint[boneHandL].Z
	upper, fore := shoulder-elbow, elbow-wrist
	all := []knob{
		{shoulder + float64(0.034*s) + loose, 0.016 * s, 0.016 * s, -0.008},
		{shoulder + float64(0.024*s) + float64(0.8*loose), 0.040 * s, 0.038 * s, -0.008},
		{shoulder - float64(0.010*s), float64(0.055*s) + loose, float64(0.051*s) + loose, -0.008},
		{shoulder - float64(0.30*upper), float64(0.055*s) + loose, float64(0.051*s) + loose, -0.006},
		{shoulder - float64(0.62*upper), float64(0.047*s) + loose, float64(0.043*s) + loose, -0.008},
		{elbow + float64(0.05*s), float64(0.042*s) + loose, float64(0.040*s) + loose, -0.012},
		{elbow, float64(0.041*s) + loose, float64(0.039*s) + loose, -0.014},
		{elbow - float64(0.05*s), float64(0.043*s) + loose, float64(0.041*s) + loose, -0.010},
		{elbow - float64(0.45*fore), float64(0.038*s) + loose, float64(0.036*s) + loose, -0.006},
		{wrist + float64(0.03*s), float64(0.028*s) + loose, float64(0.025*s) + loose, -0.004},
		{wrist - float64(0.01*s), float64(0.026*s) + loose, float64(0.023*s) + loose, -0.004},
	}
	return hemmed(all, to, hem)
}

// legKnobs are the rings of a leg from the hip down to z = to, wider than the
// leg by loose at the thigh and by wide at the ankle.
func (f *figure) legKnobs(to, loose, wide float64) []knob {
	s := f.scale * (1 + float64(0.20*f.stout))
	t := s * (1 + float64(0.08*f.female))
	hip, knee, ankle := f.joint[boneThighL].Z, f.joint[boneShinL].Z, f.joint[boneFootL].Z
	thigh, shin := hip-knee, knee-ankle
	low := func(share float64) float64 { return loose + float64((wide-loose)*share) }
	all := []knob{
		{hip + float64(0.06*s), 0.060 * t, 0.050 * t, 0.000},
		{hip, float64(0.092*t) + loose, float64(0.080*t) + loose, -0.002},
		{hip - float64(0.18*thigh), float64(0.092*t) + loose, float64(0.083*t) + loose, 0.002},
		{hip - float64(0.42*thigh), float64(0.083*t) + loose, float64(0.075*t) + loose, 0.008},
		{hip - float64(0.70*thigh), float64(0.068*s) + loose, float64(0.062*s) + loose, 0.010},
		{knee + float64(0.05*s), float64(0.059*s) + low(0.15), float64(0.056*s) + low(0.15), 0.010},
		{knee, float64(0.057*s) + low(0.2), float64(0.054*s) + low(0.2), 0.010},
		{knee - float64(0.06*s), float64(0.054*s) + low(0.3), float64(0.052*s) + low(0.3), 0.002},
		{knee - float64(0.28*shin), float64(0.060*s) + low(0.35), float64(0.054*s) + low(0.35), -0.010},
		{knee - float64(0.60*shin), float64(0.048*s) + low(0.7), float64(0.044*s) + low(0.7), -0.012},
		{ankle + float64(0.04*s), float64(0.038*s) + wide, float64(0.035*s) + wide, -0.008},
		{ankle - float64(0.03*s), float64(0.038*s) + wide, float64(0.035*s) + wide, -0.002},
	}
	return hemmed(all, to, 0)
}

// hemmed cuts a limb's rings at z = to, and widens the last one by hem.
func hemmed(all []knob, to, hem float64) []knob {
	for i := 1; i < len(all); i++ {
		a, b := all[i-1], all[i]
		if b.z >= to && i < len(all)-1 {
			continue
		}
		t := min(1, max(0, (a.z-to)/(a.z-b.z)))
		mix := func(x, y float64) float64 { return x + float64((y-x)*t) }
		last := knob{mix(a.z, b.z), mix(a.rx, b.rx) + hem, mix(a.ry, b.ry) + hem, mix(a.dx, b.dx)}
		return append(all[:i:i], last)
	}
	return all
}

// below drops the rings above z = from, for bare limbs that a garment covers
// down to there, and rounds off the top.
func below(knobs []knob, from float64) []knob {
	for i, k := range knobs {
		if k.z < from {
			top := knob{from, k.rx * 0.9, k.ry * 0.9, k.dx}
			return append([]knob{top}, knobs[i:]...)
		}
	}
	return knobs
}

// hand adds a slightly curled hand; the palm faces the thigh.
func (f *figure) hand(s *skin, side bone, mat int32) {
	w, k := f.joint[boneHandL+side], f.scale*(1-float64(0.10*f.female))
	y := sideSign[side]
	var rings [][]mesh.Vec
	for _, r := range []struct{ down, x, rx, ry, in float64 }{
		{0.175, 0.018, 0.008, 0.005, 0.030},
		{0.160, 0.016, 0.022, 0.010, 0.024},
		{0.120, 0.010, 0.034, 0.013, 0.010},
		{0.080, 0.006, 0.041, 0.016, 0.002},
		{0.035, 0.002, 0.036, 0.019, 0},
		{-0.015, 0, 0.024, 0.021, 0},
	} {
		rings = append(rings, oval(w.Z-float64(r.down*k), w.X+float64(r.x*k), w.Y-float64(y*r.in*k), r.rx*k, r.rx*k, r.ry*k, 1, 8))
	}
	s.cover(sleeve{rings: rings, tie: only(boneHandL + side), paint: plain(mat)})
	var thumb mesh.Mesh
	thumb.Material(s.materials[mat])
	thumb.Limb(0, w.Add(mesh.V(0.030, -y*0.006, -0.04).Mul(k)), w.Add(mesh.V(0.046, -y*0.022, -0.10).Mul(k)), 0.014*k, 0.010*k, 6)
	s.solid(boneHandL+side, &thumb)
}

// foot adds a shoe of the given upper and sole, its shaft reaching to z = top.
func (f *figure) foot(s *skin, side bone, upper, sole int32, top float64) {
	a, k := f.joint[boneFootL+side], f.scale
	splay := sideSign[side] * 0.12
	var rings [][]mesh.Vec
	const n = 10
	for _, r := range []struct{ x, half, low, high float64 }{ // along the foot, shares of its length
		{-1, 0.020, 0.012, 0.05},
		{-0.88, 0.033, 0, 0.072},
		{-0.45, 0.038, 0, 0.09},
		{0.05, 0.039, 0, 0.088},
		{0.40, 0.043, 0, 0.066},
		{0.72, 0.046, 0, 0.052},
		{0.90, 0.036, 0.004, 0.044},
		{1, 0.016, toeSpring / k, 0.030},
	} {
		x := r.x * f.toe
		if r.x < 0 {
			x = -r.x * -f.heel
		}
		ring := make([]mesh.Vec, n)
		for j := range ring {
			sa, ca := math.Sincos(2 * math.Pi * (float64(j) + 0.5) / n)
			sa, ca = full(sa, 0.55), full(ca, 0.7)
			mid, half := (r.low+r.high)/2*k, (r.high-r.low)/2*k
			ring[j] = mesh.V(a.X+x, a.Y+float64(r.half*k*ca)+float64(splay*max(0, x)), mid+float64(half*sa))
		}
		rings = append(rings, ring)
	}
	paint := func(_, j int) int32 {
		if j >= n/2-1 {
			return sole
		}
		return upper
	}
	s.cover(sleeve{rings: rings, tie: only(boneFootL + side), paint: paint})
	shaft := []knob{{top, 0.050 * k, 0.046 * k, a.X}, {a.Z + float64(0.01*k), 0.046 * k, 0.042 * k, a.X}, {a.Z - float64(0.03*k), 0.05 * k, 0.036 * k, a.X + 0.004}}
	if top > a.Z+float64(0.10*k) { // boots follow the calf
		shaft = append([]knob{{top, 0.066 * k, 0.060 * k, a.X - 0.012}, {a.Z + float64(0.10*k), 0.052 * k, 0.048 * k, a.X}}, shaft[1:]...)
	}
	ankle := func(p mesh.Vec) tie {
		return tie{boneShinL + side, boneFootL + side, ease(a.Z-float64(0.02*k), a.Z+float64(0.05*k), p.Z)}
	}
	s.cover(sleeve{rings: limbRings(a.Y, shaft, limbSides), tie: ankle, paint: plain(upper)})
}
