package actor

import (
	"math"

	"braid/source/synth/dice"
	"braid/source/synth/mesh"
)

// motorcycleKind is what a motorcycle is built for.
type motorcycleKind uint8

const (
	scooter motorcycleKind = iota
	nakedBike
	sportBike
	cruiser
)

// motorcycle is a motorcycle's geometry, metres in its own axes, and its meshes.
type motorcycle struct {
	kind        motorcycleKind
	rear, front mesh.Vec // axles
	radius      [2]float64
	tyre        [2]float64 // radius of the tyres' section: rear, front
	headLow     mesh.Vec   // the steering turns about a line through it
	rake        float64
	grip        mesh.Vec // left one, steering straight
	peg         mesh.Vec // under the ball of the left foot
	seat        mesh.Vec // top of the saddle below the rider
	lean        float64  // of the rider's back
	body, steer mesh.Mesh
	wheel       [2]mesh.Mesh
	tail        [2]mesh.Mesh // rear light: dark, braking
}

// newMotorcycle rolls a motorcycle.
func newMotorcycle(d *dice.Dice) *motorcycle {
	b := &motorcycle{kind: motorcycleKind(d.Pick(3, 3.2, 2.5, 2))}
	switch b.kind {
	case scooter:
		b.frameScooter(d)
	case nakedBike:
		b.frameNaked(d)
	case sportBike:
		b.frameSport(d)
	case cruiser:
		b.frameCruiser(d)
	}
	b.body, b.steer = *weld(&b.body), *weld(&b.steer)
	return b
}

// chassis sets what all kinds have: axles from the wheelbase, wheels and the
// steering's line.
func (b *motorcycle) chassis(base, rRear, rFront, tRear, tFront, rake float64) {
	b.rear, b.front = mesh.V(-0.48*base, 0, rRear), mesh.V(0.52*base, 0, rFront)
	b.radius, b.tyre = [2]float64{rRear, rFront}, [2]float64{tRear, tFront}
	b.rake = rake
	up := 0.36
	b.headLow = b.front.Add(mesh.V(float64(-math.Tan(rake)*up)-0.04, 0, up))
}

// draw appends the motorcycle, leaning by lean (radians, to the right).
func (b *motorcycle) draw(m Motion, lean float64, out *mesh.Mesh) {
	tip := mesh.Roll(lean)
	out.Append(&b.body, tip)
	lit := 0
	if m.Brake {
		lit = 1
	}
	out.Append(&b.tail[lit], tip)
	steer := b.steering(m.Steer)
	out.Append(&b.steer, steer.Then(tip))
	spin := func(i int) mesh.Affine { return mesh.Pitch(math.Mod(m.Travelled/b.radius[i], 2*math.Pi)) }
	out.Append(&b.wheel[0], spin(0).Then(mesh.Move(b.rear)).Then(tip))
	out.Append(&b.wheel[1], spin(1).Then(mesh.Move(b.front)).Then(steer).Then(tip))
}

func (b *motorcycle) steering(angle float64) mesh.Affine { return pivot(b.headLow, b.rake, angle) }

// banked is how far a two-wheeler leans into a curve (radians, to the right)
// that it rides with the given base between its axles: the balance of weight
// and centrifugal force, up to what looks at ease.
func banked(m Motion, base float64) float64 {
	curve := math.Tan(m.Steer) / base
	return max(-0.4, min(0.4, -math.Atan(float64(m.Speed*m.Speed)*curve/9.81)))
}

// motorcyclist is a motorcycle and who rides it.
type motorcyclist struct {
	*motorcycle
	*rider
	size mesh.Vec
}

// NewMotorcyclist makes a person with a helmet who rides a motorcycle or a
// scooter; a foot is on the ground where the speed is near 0.
func NewMotorcyclist(d *dice.Dice) Actor {
	b := newMotorcycle(d)
	f := newFigure(d, min(1.92, max(1.58, 1.75+float64(0.08*d.Norm()))))
	o := newOutfit(d, &f)
	o.protect(d, b.kind)
	c := &motorcyclist{motorcycle: b, rider: newRider(d, f, o, hatFullHelmet)}
	if d.Chance(0.2) {
		c.backpack(&c.skin, d, o.loose)
	}
	c.size = measured(c, 8, 1)
	return c
}

// protect dresses for riding a motorcycle.
func (o *outfit) protect(d *dice.Dice, k motorcycleKind) {
	if k != scooter || d.Chance(0.5) {
		dyes := dice.Of(d, darkCloth, leather, darkCloth, vividCloth)
		o.top = mesh.Material{Albedo: dyed(d, dyes), Gloss: 0.12}
		o.trim = o.top
		o.loose, o.hem, o.sleeve, o.open = d.Range(0.022, 0.034), -0.02, 2, false
		o.bare, o.wide, o.boots = 0, 0.008, 0.26
		o.shoes = mesh.Material{Albedo: tint(0x141416), Gloss: 0.3}
		if d.Chance(0.7) {
			o.gloved, o.gloves = true, mesh.Material{Albedo: tint(0x19191b)}
		}
	}
	if k == sportBike && d.Chance(0.5) { // leathers of one piece
		o.legs = o.top
		o.wide = 0.008
	}
	if o.skirt > 0 {
		o.skirt, o.bare, o.wide = 0, 0, 0.02
		o.hem = -0.05
	}
	o.vest, o.stripes = d.Chance(0.06), 0
}

func (c *motorcyclist) Parts() []Class { return withRider[Motorcycle] }

func (c *motorcyclist) Size() (length, width, height float64) { return c.size.X, c.size.Y, c.size.Z }

func (c *motorcyclist) Draw(m Motion, parts []*mesh.Mesh) {
	stop := 1 - ease(0.2, 1.2, m.Speed)
	tip := float64(banked(m, c.front.X-c.rear.X)*(1-stop)) - float64(0.04*stop)
	c.motorcycle.draw(m, tip, parts[0])
	lean, steer := mesh.Roll(tip), c.steering(m.Steer)
	at := ride{hips: lean.Point(c.seat.Add(mesh.V(0, 0, 0.085*c.scale))), lean: c.lean, curve: 0.18, spread: 0.35}
	for side := range sideSign {
		y := sideSign[side]
		at.grip[side] = lean.Point(steer.Point(mesh.V(c.grip.X, y*c.grip.Y, c.grip.Z+0.015)))
		at.sole[side] = lean.Point(mesh.V(c.peg.X, y*c.peg.Y, c.peg.Z))
		at.pitch[side] = 0.05
		if c.kind == sportBike {
			at.pitch[side] = 0.35
		}
	}
	down := mesh.V(c.seat.X+0.22, 0.30, 0)
	at.sole[sideL] = at.sole[sideL].Lerp(down, stop)
	at.pitch[sideL] *= 1 - stop
	c.sit(&at, m.Time, parts[1])
}

// parkedLean is how far a motorcycle leans to the left on its stand, radians.
const parkedLean = 0.14

// parkedMotorcycle stands alone.
type parkedMotorcycle struct {
	*motorcycle
	turn, roll float64
	size       mesh.Vec
}

// NewParkedMotorcycle makes a motorcycle or scooter on its stand.
func NewParkedMotorcycle(d *dice.Dice) Actor {
	p := &parkedMotorcycle{motorcycle: newMotorcycle(d), turn: d.Range(-0.2, 0.55), roll: d.Range(0, 6)}
	for _, m := range []*mesh.Mesh{&p.body, &p.steer} { // its lamps are off
		for i := range m.Materials {
			m.Materials[i].Glow = mesh.Color{}
		}
	}
	for i := range p.tail[0].Materials {
		p.tail[0].Materials[i].Glow = mesh.Color{}
	}
	k := p.body.Material(mesh.Material{Albedo: tint(0x2a2a2c), Gloss: 0.4})
	foot := mesh.Roll(parkedLean).Point(mesh.V(p.peg.X-0.15, 0.26, 0.012))
	rod(&p.body, k, mesh.V(p.peg.X-0.05, 0.1, p.peg.Z-0.03), foot, 0.012, 0.012, 5)
	p.size = measured(p, 0, 0)
	return p
}

func (p *parkedMotorcycle) Parts() []Class { return alone[Motorcycle] }

func (p *parkedMotorcycle) Size() (length, width, height float64) {
	return p.size.X, p.size.Y, p.size.Z
}

func (p *parkedMotorcycle) Draw(_ Motion, parts []*mesh.Mesh) {
	p.draw(Motion{Travelled: p.roll, Steer: p.turn}, -parkedLean, parts[0])
}
