package actor

import (
	"math"

	"braid/source/synth/dice"
	"braid/source/synth/mesh"
)

// rider is a person who sits on, or stands over, a two-wheeler.
type rider struct {
	figure
	skin skin
	pose posture
	look float64 // phase of looking about
}

// ride is where a rider's body goes in the vehicle's axes.
type ride struct {
	hips   mesh.Vec    // of the hip joints' middle
	lean   float64     // of the back, radians forward
	curve  float64     // how much more the upper back leans
	grip   [2]mesh.Vec // where the palms are
	sole   [2]mesh.Vec // where the balls of the feet rest
	pitch  [2]float64  // of the feet, positive lowers the toes
	spread float64     // how far the knees point outward, 0 straight ahead to 1
}

// newRider dresses a figure, with the given hat in place of a rolled one where
// it is not hatNone.
func newRider(d *dice.Dice, f figure, o outfit, h hat) *rider {
	r := &rider{figure: f, look: d.Range(0, 2*math.Pi)}
	l := newLooks(d, &r.figure)
	if l.hat == hatBrim {
		l.hat = hatNone
	}
	if h != hatNone {
		l.hat = h
	}
	o.wear(&r.figure, &r.skin, d, l.tone)
	l.wear(&r.figure, &r.skin, d, &o)
	return r
}

// sit poses the rider and appends the body.
func (r *rider) sit(at *ride, time float64, out *mesh.Mesh) {
	p, j := &r.pose, &r.joint
	p[boneHips] = mesh.Pitch(0.75 * at.lean).At(j[boneHips]).Then(mesh.Move(at.hips.Sub(j[boneHips])))
	p[boneChest] = mesh.Pitch(float64(0.25*at.lean) + at.curve).At(j[boneChest]).Then(p[boneHips])
	look := turns{pitch: float64(-0.85*(at.lean+at.curve)) + 0.08, yaw: 0.25 * math.Sin(float64(0.4*time)+r.look)}
	p[boneHead] = look.affine().At(j[boneHead]).Then(p[boneChest])
	for side := bone(sideL); side <= sideR; side++ {
		r.hold(side, at.grip[side])
		r.step(side, at.sole[side], at.pitch[side], at.spread)
	}
	p.drape(&r.skeleton)
	r.skin.pose(p, out)
}

// hold brings a hand to a grip.
func (r *rider) hold(side bone, grip mesh.Vec) {
	p, y := &r.pose, sideSign[side]
	root := p[boneChest].Point(r.joint[boneArmL+side])
	palm := 0.085 * r.scale
	back := root.Sub(grip).Unit()
	wrist := grip.Add(mesh.V(back.X, back.Y*0.5, float64(back.Z*0.6)+0.25).Unit().Mul(palm))
	pole := mesh.V(-0.45, 0.55*y, -0.7)
	p[boneArmL+side], p[boneForeL+side], wrist = r.reach(boneArmL+side, boneForeL+side, boneHandL+side, root, wrist, pole, -1)
	p[boneHandL+side] = aim(r.joint[boneHandL+side], wrist, grip.Sub(wrist), mesh.V(0, -y, 0))
}

// step brings the ball of a foot to where it rests.
func (r *rider) step(side bone, sole mesh.Vec, pitch, spread float64) {
	p, ankle := &r.pose, r.joint[boneFootL+side]
	turn := mesh.Pitch(pitch)
	target := sole.Sub(turn.Dir(mesh.V(0.6*r.toe, 0, -ankle.Z)))
	root := p[boneHips].Point(r.joint[boneThighL+side])
	pole := mesh.V(1, sideSign[side]*spread, 0.3)
	p[boneThighL+side], p[boneShinL+side], target = r.reach(boneThighL+side, boneShinL+side, boneFootL+side, root, target, pole, 1)
	p[boneFootL+side] = turn.At(ankle).Then(mesh.Move(target.Sub(ankle)))
}
