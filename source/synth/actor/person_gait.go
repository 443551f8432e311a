package actor

import (
	"math"

	"braid/source/synth/dice"
)

// gait is how a person walks, runs and stands.
type gait struct {
	stride  float64 // metres of two steps, walking
	phase   float64 // radians at the start
	swing   float64 // of the arms, as a share of the usual
	bend    float64 // of the elbows, walking
	stoop   float64 // forward lean of the back
	weight  int     // side that carries the weight when standing
	sway    float64 // phase of the sway when standing
	abduct  float64 // how far the arms hang from the body
	look    float64 // yaw of the head when standing
	gesture gesture
	hand    int // side of the gesture
	held    [2]bool
}

// gesture is what one hand does all the time.
type gesture uint8

const (
	gestureNone  gesture = iota
	gesturePhone         // looks at a phone
	gestureCall          // phones
	gesturePocket
	gestureUmbrella
	gestureCarry // carries something before the body
)

func newGait(d *dice.Dice, f *figure) gait {
	return gait{
		stride: f.height * d.Range(0.76, 0.86), phase: d.Range(0, 2*math.Pi),
		swing: d.Range(0.5, 1.15), bend: d.Range(0.12, 0.4), stoop: d.Range(-0.02, 0.09),
		weight: d.Int(2), sway: d.Range(0, 2*math.Pi), abduct: d.Range(0.05, 0.14) + float64(0.05*f.stout),
		look: d.Range(-0.5, 0.5), hand: d.Int(2),
	}
}

// pose sets the angles of a moment.
func (g *gait) pose(m Motion) angles {
	moving := ease(0.05, 0.5, m.Speed)
	run := ease(2.1, 2.7, m.Speed)
	length := g.stride * (1 + float64(0.55*run))
	phase := g.phase + 2*math.Pi*m.Travelled/length
	var a angles
	for side := range 2 {
		g.leg(&a.limb[side], phase+float64(math.Pi*float64(side)), moving, run)
		g.arm(&a.limb[side], phase+float64(math.Pi*float64(side)), moving, run)
	}
	s, c := math.Sincos(phase)
	a.hips.yaw = -0.09 * c * moving
	a.hips.roll = 0.045 * s * moving
	a.hips.pitch = 0.02 + float64(0.08*run)
	a.chest.yaw = 0.17 * c * moving
	a.chest.roll = -0.05 * s * moving
	a.chest.pitch = g.stoop + float64(0.10*run)
	a.head.yaw = -0.08 * c * moving
	a.head.pitch = float64(-0.5*g.stoop) - float64(0.12*run)
	a.lift = run * 0.05 * (0.5 + float64(0.5*math.Cos(float64(2*phase)+1.2)))
	if moving < 1 {
		g.stand(&a, m.Time, 1-moving)
	}
	g.act(&a, m.Time)
	return a
}

// pulse is a smooth bump of height 1 about the phase at, of the given half
// width, radians.
func pulse(phase, at, half float64) float64 {
	d := math.Remainder(phase-at, 2*math.Pi)
	if math.Abs(d) >= half {
		return 0
	}
	return 0.5 + float64(0.5*math.Cos(math.Pi*d/half))
}

// leg sets one leg; its heel strikes at phase 0 and its toes leave the ground
// near 1.2 pi.
func (g *gait) leg(l *limbAngles, phase, moving, run float64) {
	c := math.Cos(phase)
	walk := 0.03 + float64(0.40*c) + float64(0.08*pulse(phase, 1.75*math.Pi, 0.8))
	jog := 0.16 + float64(0.62*math.Cos(phase+0.1))
	l.thigh = moving * (walk + float64((jog-walk)*run))
	knee := 0.05 + float64(0.20*pulse(phase, 0.3*math.Pi, 0.9)) + float64(1.02*pulse(phase, 1.47*math.Pi, 1.65))
	jogKnee := 0.25 + float64(0.25*pulse(phase, 0.3*math.Pi, 1)) + float64(1.45*pulse(phase, 1.45*math.Pi, 1.8))
	l.knee = 0.03 + float64(moving*(knee+float64((jogKnee-knee)*run)))
	l.foot = moving * (float64(0.33*pulse(phase, 0, 0.55)) - float64((0.85+float64(0.35*run))*pulse(phase, 1.18*math.Pi, 1.25)))
	l.thighOut = 0.02
}

// arm swings one arm against the leg of its side.
func (g *gait) arm(l *limbAngles, phase, moving, run float64) {
	c := -math.Cos(phase - 0.15)
	l.arm = moving * (0.05 + float64((float64(0.38*g.swing)+float64(0.18*run))*c))
	l.armOut = g.abduct
	l.elbow = 0.10 + float64(moving*(g.bend+float64(0.22*g.swing*max(0, c))+float64(run*1.15)))
	l.inward = 0.25 + float64(0.25*run)
	l.wrist = 0.1
}

// stand puts the weight on one leg and lets the body sway, by share.
func (g *gait) stand(a *angles, time, share float64) {
	w := sideSign[g.weight] // towards the weight: positive to the left
	slow := math.Sin(float64(0.5*time) + g.sway)
	a.hips.roll += float64(share * (float64(-0.05*w) + float64(0.012*slow)))
	a.chest.roll += float64(share * (float64(0.06*w) - float64(0.012*slow)))
	a.head.roll += float64(share * -0.01 * w)
	a.hips.yaw += float64(share * 0.08 * w * math.Sin(float64(0.23*time)+g.sway))
	a.head.yaw += float64(share * (g.look + float64(0.3*math.Sin(float64(0.31*time)+float64(2*g.sway)))))
	free, carry := &a.limb[1-g.weight], &a.limb[g.weight]
	free.thigh += float64(share * 0.20)
	free.knee += float64(share * 0.34)
	free.thighOut += float64(share * 0.10)
	carry.thighOut += float64(share * 0.03)
	for side := range a.limb {
		a.limb[side].arm += float64(share * (0.04 + float64(0.02*slow)))
		a.limb[side].elbow += float64(share * 0.14)
	}
}

// act moves the arm that does something over its swing.
func (g *gait) act(a *angles, time float64) {
	l := &a.limb[g.hand]
	slow := math.Sin(float64(0.7*time) + g.sway)
	switch g.gesture {
	case gesturePhone:
		*l = l.arms(0.42, 0.10, 1.75+float64(0.05*slow), 0.55)
		a.head.pitch += 0.38
	case gestureCall:
		*l = l.arms(0.75, 0.45, 2.35, 0.25)
		a.head.roll += float64(0.08 * -sideSign[g.hand])
	case gesturePocket:
		for side := range a.limb {
			a.limb[side] = a.limb[side].arms(-0.20, 0.22, 0.52, 0.40)
		}
	case gestureUmbrella:
		*l = l.arms(0.55, 0.12, 1.95, 0.30)
	case gestureCarry:
		for side := range a.limb {
			a.limb[side] = a.limb[side].arms(0.25, 0.15, 1.35, 0.45)
		}
	case gestureNone:
		for side, held := range g.held { // a load stills the arm
			if held {
				a.limb[side].arm *= 0.35
				a.limb[side].elbow = 0.08
			}
		}
	}
}

// arms returns l with the arm placed.
func (l limbAngles) arms(arm, out, elbow, inward float64) limbAngles {
	l.arm, l.armOut, l.elbow, l.inward = arm, out, elbow, inward
	return l
}
