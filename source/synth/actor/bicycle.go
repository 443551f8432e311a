package actor

import (
	"math"

	"braid/source/synth/dice"
	"braid/source/synth/mesh"
)

// draw appends the bicycle, leaning by lean (radians, to the right).
func (b *bicycle) draw(m Motion, lean float64, out *mesh.Mesh) {
	tip := mesh.Roll(lean)
	out.Append(&b.frame, tip)
	spin := mesh.Pitch(math.Mod(m.Travelled/b.radius, 2*math.Pi))
	out.Append(&b.wheel, spin.Then(mesh.Move(b.rear)).Then(tip))
	steer := b.steering(m.Steer)
	out.Append(&b.steer, steer.Then(tip))
	out.Append(&b.wheel, spin.Then(mesh.Move(b.front)).Then(steer).Then(tip))
	turn := b.crankTurn(m.Travelled)
	out.Append(&b.cranks, mesh.Pitch(turn).Then(mesh.Move(b.crankAt)).Then(tip))
	for side := range sideSign {
		out.Append(&b.pedal, mesh.Move(b.pedalAt(side, turn)).Then(tip))
	}
}

// steering turns what the handlebar turns, about the steering tube.
func (b *bicycle) steering(angle float64) mesh.Affine {
	axis := b.top.Sub(b.headLow)
	return pivot(b.headLow, math.Atan2(-axis.X, axis.Z), angle)
}

// pivot turns by angle (to the left) about an axis through p that leans back
// from the upright by rake.
func pivot(p mesh.Vec, rake, angle float64) mesh.Affine {
	return mesh.Pitch(rake).Then(mesh.Yaw(angle)).Then(mesh.Pitch(-rake)).At(p)
}

// pedalAt is the middle of a side's pedal with the cranks turned.
func (b *bicycle) pedalAt(side int, turn float64) mesh.Vec {
	y := sideSign[side]
	return b.crankAt.Add(mesh.Pitch(turn).Dir(mesh.V(0, y*0.125, -y*b.crank)))
}

// cyclist is a bicycle and who rides it.
type cyclist struct {
	*bicycle
	*rider
	lean float64 // of the back
	size mesh.Vec
}

// NewCyclist makes a person who rides a bicycle; it stands with a foot on the
// ground where the speed is near 0.
func NewCyclist(d *dice.Dice) Actor {
	f := newFigure(d, min(1.92, max(1.50, 1.73+float64(0.085*d.Norm()))))
	b := newBicycle(d, f.joint[boneHips].Z)
	o := newOutfit(d, &f)
	h := hatNone
	switch b.kind {
	case racingBicycle:
		o.sport(d)
		h = hatHelmet
	default:
		if o.skirt > 0 && o.skirt < 0.5 {
			o.skirt = 0.5
		}
		o.flare = min(o.flare, 0.03)
		if d.Chance(0.4) {
			h = hatHelmet
		}
	}
	c := &cyclist{bicycle: b, rider: newRider(d, f, o, h)}
	if d.Chance(0.25) {
		c.backpack(&c.skin, d, o.loose)
	}
	c.lean = forKind(b.kind, 0.16, 0.50, 0.72) + d.Range(-0.05, 0.08)
	c.size = measured(c, 4, 2*math.Pi*b.radius*b.gear)
	return c
}

// forKind picks the value for a kind of bicycle.
func forKind(k bicycleKind, city, mountain, racing float64) float64 {
	return [...]float64{city, mountain, racing}[k]
}

// sport is what racing cyclists wear.
func (o *outfit) sport(d *dice.Dice) {
	o.top = cloth(d, 1, 0.5, 1, 5)
	o.trim = o.top
	o.legs = mesh.Material{Albedo: tint(0x151517)}
	o.loose, o.hem, o.sleeve = 0.005, -0.02, 0.7
	o.bare, o.wide, o.skirt = 0.62, 0, 0
	o.open, o.vest, o.boots = false, false, 0.1
	if d.Chance(0.4) {
		o.stripes = 1
	}
}

func (c *cyclist) Parts() []Class { return withRider[Bicycle] }

func (c *cyclist) Size() (length, width, height float64) { return c.size.X, c.size.Y, c.size.Z }

func (c *cyclist) Draw(m Motion, parts []*mesh.Mesh) {
	stop := 1 - ease(0.15, 0.7, m.Speed)
	tip := -0.09 * stop // towards the foot on the ground, the left one
	c.bicycle.draw(m, tip, parts[0])
	lean := mesh.Roll(tip)
	steer := c.steering(m.Steer)
	turn := c.crankTurn(m.Travelled)
	at := ride{
		hips: c.saddle.Add(mesh.V(0.02+float64(0.16*stop), 0, float64(0.085*c.scale)-float64(0.07*stop))),
		lean: c.lean * (1 - float64(0.3*stop)), curve: 0.14, spread: 0.05,
	}
	at.hips = lean.Point(at.hips)
	for side := range sideSign {
		g := mesh.V(c.grip.X, sideSign[side]*c.grip.Y, c.grip.Z+0.015)
		at.grip[side] = lean.Point(steer.Point(g))
		at.sole[side] = lean.Point(c.pedalAt(side, turn).Add(mesh.V(0.01, 0, 0.012)))
		at.pitch[side] = 0.18 + float64(0.2*math.Sin(turn+float64(math.Pi*float64(side))))
	}
	down := mesh.V(c.saddle.X+0.30, 0.24, 0)
	at.sole[sideL] = at.sole[sideL].Lerp(down, stop)
	at.pitch[sideL] *= 1 - stop
	c.sit(&at, m.Time, parts[1])
}

// parkedBicycle stands alone.
type parkedBicycle struct {
	*bicycle
	lean float64
	turn float64 // of the handlebar
	roll float64 // way travelled before it was parked, metres
	size mesh.Vec
}

// NewParkedBicycle makes a bicycle that leans on its stand.
func NewParkedBicycle(d *dice.Dice) Actor {
	p := &parkedBicycle{bicycle: newBicycle(d, d.Range(0.76, 0.98)), lean: d.Range(-0.15, -0.05), turn: d.Range(-0.1, 0.6), roll: d.Range(0, 6)}
	k := p.frame.Material(mesh.Material{Albedo: tint(0x8a8c90), Gloss: 0.5})
	foot := mesh.Roll(-p.lean).Point(mesh.V(p.crankAt.X-0.10, 0.20, 0.01))
	rod(&p.frame, k, p.crankAt.Add(mesh.V(-0.06, 0.03, -0.02)), foot, 0.009, 0.009, 5)
	p.size = measured(p, 0, 0)
	return p
}

func (p *parkedBicycle) Parts() []Class { return alone[Bicycle] }

func (p *parkedBicycle) Size() (length, width, height float64) { return p.size.X, p.size.Y, p.size.Z }

func (p *parkedBicycle) Draw(_ Motion, parts []*mesh.Mesh) {
	p.draw(Motion{Travelled: p.roll, Steer: p.turn}, p.lean, parts[0])
}
