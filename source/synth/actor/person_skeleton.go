package actor

import (
	"math"

	"braid/source/synth/mesh"
)

// bone is a rigid part of a person's skeleton.
type bone uint8

// The bones of a person. Left ones have an even distance to their right ones:
// see pair. The drapes are no bones of the body: cloth that hangs about the
// legs follows them, and they follow the thighs in part.
const (
	boneHips bone = iota
	boneChest
	boneHead
	boneArmL
	boneArmR
	boneForeL
	boneForeR
	boneHandL
	boneHandR
	boneThighL
	boneThighR
	boneShinL
	boneShinR
	boneFootL
	boneFootR
	boneDrapeL
	boneDrapeR
	boneCount
)

// The sides of a body: added to a left bone they give that side's bone.
const (
	sideL = iota
	sideR
)

// sideSign is the sign of y on a side.
var sideSign = [2]float64{1, -1}

// skeleton holds the joints of a person who stands upright with hanging arms,
// in the body's axes: where each bone meets the one above it.
type skeleton struct {
	joint [boneCount]mesh.Vec
	heel  float64 // how far the sole reaches behind the ankle, metres
	toe   float64 // and before it
}

// posture is where the bones of a skeleton have gone: each maps points of the
// upright body to those of the posed one.
type posture [boneCount]mesh.Affine

// angles pose a skeleton by turning joints, radians.
type angles struct {
	hips, chest, head turns // each turns with all that hangs on it
	limb              [2]limbAngles
	lift              float64 // metres above the ground of the lower foot
}

// turns are applied in the order pitch (positive bends forward), roll (positive
// to the right), yaw (positive to the left).
type turns struct{ pitch, roll, yaw float64 }

// limbAngles are those of one side's arm and leg; all are positive where the
// part goes forward or outward, and knees and elbows bend the natural way.
type limbAngles struct {
	arm, armOut, elbow, inward float64 // inward turns the bent forearm before the body
	wrist                      float64
	thigh, thighOut, knee      float64
	foot                       float64 // pitch of the foot against the ground, positive lifts the toes
}

func (t turns) affine() mesh.Affine {
	return mesh.Pitch(t.pitch).Then(mesh.Roll(t.roll)).Then(mesh.Yaw(t.yaw))
}

// bend poses the skeleton, standing on the ground.
func (s *skeleton) bend(a *angles, p *posture) {
	p[boneHips] = a.hips.affine().At(s.joint[boneHips])
	p[boneChest] = a.chest.affine().At(s.joint[boneChest]).Then(p[boneHips])
	p[boneHead] = a.head.affine().At(s.joint[boneHead]).Then(p[boneChest])
	for side := bone(sideL); side <= sideR; side++ {
		l, sign := &a.limb[side], sideSign[side]
		turn := func(b, parent bone, m mesh.Affine) { p[b+side] = m.At(s.joint[b+side]).Then(p[parent]) }
		turn(boneArmL, boneChest, mesh.Pitch(-l.arm).Then(mesh.Roll(sign*l.armOut)))
		turn(boneForeL, boneArmL+side, mesh.Pitch(-l.elbow).Then(mesh.Yaw(-sign*l.inward)))
		turn(boneHandL, boneForeL+side, mesh.Pitch(-l.wrist))
		turn(boneThighL, boneHips, mesh.Pitch(-l.thigh).Then(mesh.Roll(sign*l.thighOut)))
		turn(boneShinL, boneThighL+side, mesh.Pitch(l.knee))
		shin := a.hips.pitch - l.thigh + l.knee
		turn(boneFootL, boneShinL+side, mesh.Pitch(-l.foot-shin))
	}
	p.drape(s)
	p.move(mesh.V(0, 0, a.lift-s.lowest(p)))
}

// drape sets the bones that skirts and coats follow.
func (p *posture) drape(s *skeleton) {
	for side := bone(sideL); side <= sideR; side++ {
		p[boneDrapeL+side] = mixed(p[boneHips], p[boneThighL+side], 0.92)
	}
}

// mixed is the map part of the way from a to b.
func mixed(a, b mesh.Affine, t float64) mesh.Affine {
	return mesh.Affine{X: a.X.Lerp(b.X, t), Y: a.Y.Lerp(b.Y, t), Z: a.Z.Lerp(b.Z, t), T: a.T.Lerp(b.T, t)}
}

// move shifts the whole body.
func (p *posture) move(by mesh.Vec) {
	for b := range p {
		p[b].T = p[b].T.Add(by)
	}
}

// lowest is the height of the lowest point of the soles.
func (s *skeleton) lowest(p *posture) float64 {
	low := math.Inf(1)
	for side := bone(sideL); side <= sideR; side++ {
		j := s.joint[boneFootL+side]
		for _, x := range [3]float64{-s.heel, 0.65 * s.toe, s.toe} {
			z := 0.0
			if x == s.toe {
				z = toeSpring
			}
			low = min(low, p[boneFootL+side].Point(mesh.V(j.X+x, j.Y, z)).Z)
		}
	}
	return low
}

// toeSpring is how far the tip of a shoe's sole is above the ground, metres.
const toeSpring = 0.012

// aim returns the map that brings a bone, which hangs down from the joint at
// rest with its front to +x, to the joint at posed, pointing along dir with its
// front as near to front as that allows.
func aim(rest, posed, dir, front mesh.Vec) mesh.Affine {
	z := dir.Unit().Mul(-1)
	x := front.Sub(z.Mul(front.Dot(z))).Unit()
	m := mesh.Affine{X: x, Y: z.Cross(x), Z: z}
	m.T = posed.Sub(m.Dir(rest))
	return m
}

// reach bends a limb of two bones so that its end comes to target, or as near
// as its length allows, with the middle joint towards pole; sign is +1 where
// the limb's front is on the pole's side (knees) and -1 where it is opposite
// (elbows). root is where the upper joint is. It returns the bones' maps and
// the end's place.
func (s *skeleton) reach(upper, lower, end bone, root, target, pole mesh.Vec, sign float64) (u, l mesh.Affine, at mesh.Vec) {
	a := s.joint[lower].Sub(s.joint[upper]).Len()
	b := s.joint[end].Sub(s.joint[lower]).Len()
	d := target.Sub(root)
	dist := min(max(d.Len(), math.Abs(a-b)+0.02), 0.999*(a+b))
	d = d.Unit()
	side := pole.Sub(d.Mul(pole.Dot(d))).Unit()
	along := (float64(a*a) + float64(dist*dist) - float64(b*b)) / (2 * dist)
	out := math.Sqrt(max(0, float64(a*a)-float64(along*along)))
	mid := root.Add(d.Mul(along)).Add(side.Mul(out))
	at = root.Add(d.Mul(dist))
	front := side.Mul(sign)
	return aim(s.joint[upper], root, mid.Sub(root), front), aim(s.joint[lower], mid, at.Sub(mid), front), at
}
