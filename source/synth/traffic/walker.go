package traffic

import "braid/source/synth/dice"

// walker is somebody on foot.
type walker struct {
	speed    float64 // that it likes, m/s
	legs     []leg   // of its way; the first is under way
	pavement *pavement
	crossing *crossing // that it is on, nil for none
	toward   float64   // +1: it crosses to the road's left, -1: to its right
	party    *party    // nil for who walks alone
	radius   float64   // that others keep off

	course   point // that it walks: chosen a few times a second
	pace     float64
	patience int   // steps that it bears to be stuck before it turns round
	stuck    int   // steps since something has been in its way
	detour   point // direction that it tries when stuck
	veering  int   // steps that it still does
	arrived  bool  // at the place of the leg, where it stays
	dice     *dice.Dice
}

// party is people who walk together.
type party struct{ lead *body }

// step walks on by dt.
func (w *walker) step(t *Traffic, b *body) {
	l := &w.legs[0]
	if w.arrived {
		w.stay(t, b, l)
		return
	}
	goal := w.goal(b, l)
	if w.veering > 0 {
		w.veering--
		goal = w.detour
	}
	if (t.now+int64(b.track))%4 == 0 || w.course == (point{}) {
		w.course, w.pace = w.steer(t, b, goal, w.speed*w.together(b, l))
	}
	w.walk(t, b, w.course.mul(min(w.pace, w.ease(b, l))), point{})
	w.hurry(t, b)
	w.done(t, b, &w.legs[0])
}

// ease is the speed at which it comes to where a leg ends, if it stops there.
func (w *walker) ease(b *body, l *leg) float64 {
	if l.do != waiting && l.do != resting || w.veering > 0 {
		return w.speed * 2
	}
	return 0.15 + float64(1.2*l.to.sub(b.pose.at).len())
}

// walk takes on a velocity and turns to where it goes; or, while it stands, to
// a direction.
func (w *walker) walk(t *Traffic, b *body, want, face point) {
	const inertia, turning, slow = 0.3, 4.5, 0.2
	v := b.velocity.to(want, dt/inertia)
	if v.len() > slow {
		face = v.unit(b.pose.face)
	} else if v.len() < 0.02 && want.len() < 0.02 {
		v = point{}
	}
	turned := b.pose.face
	if face != (point{}) {
		if face.dot(turned) < -0.9 {
			face = turned.left()
		}
		turned = turned.to(face, turning*dt).unit(turned)
	}
	at := b.pose.at.add(v.mul(dt))
	if at == b.pose.at && turned == b.pose.face {
		b.velocity, b.speed = v, 0
		return
	}
	was, face := b.pose.at, b.pose.face
	switch {
	case w.move(t, b, pose{at, turned}), w.move(t, b, pose{at, face}):
	case w.move(t, b, pose{point{at.a, was.c}, face}), w.move(t, b, pose{point{was.a, at.c}, face}):
		v = b.pose.at.sub(was).mul(1 / dt) // slides along what is in the way
	default:
		v = point{}
		w.move(t, b, pose{was, turned})
	}
	b.velocity, b.speed = v, v.len()
}

// move takes the walker to a pose, if that is free and not off the kerb, where
// only those who cross go.
func (w *walker) move(t *Traffic, b *body, p pose) bool {
	_, across := b.cover(p)
	off, was := w.offKerb(across), w.offKerb(b.across)
	return (off <= 0 || off <= was) && t.move(b, p)
}

// offKerb returns how far a span reaches over the kerb; those who wait to cross
// go as far as the road's edge, over the grass where there is some.
func (w *walker) offKerb(across span) float64 {
	kerb := w.pavement.kerb
	switch l := w.legs[0]; {
	case l.do == over:
		return 0
	case l.do == waiting && w.pavement.side > 0:
		kerb = l.cross.road.hi
	case l.do == waiting:
		kerb = l.cross.road.lo
	}
	if w.pavement.side > 0 {
		return kerb - across.lo
	}
	return across.hi - kerb
}

// hurry notices that the walker does not get on. After a second it turns aside
// for a moment; after a few it goes back where it came from.
func (w *walker) hurry(t *Traffic, b *body) {
	const slow = 0.15
	if b.speed > slow {
		w.stuck, w.patience = max(0, w.stuck-2), min(w.patience+1, patience)
		return
	}
	w.patience--
	if w.veering > 0 {
		return
	}
	w.stuck++
	if l := w.legs[0]; w.patience <= 0 && (l.do == along || l.do == leaving) {
		w.legs, w.party, w.patience = t.plan(w.dice, w.pavement, b.pose.at.a, -l.way), nil, patience
	}
	if w.stuck > 0.8/dt {
		w.stuck, w.veering = 0, 0.5/dt
		w.detour = courses[w.dice.Int(len(courses))].turn(dice.Of(w.dice, point{1, 0}, point{-1, 0}))
	}
}

// patience is how many steps a walker bears to be stuck.
const patience = 6 / dt

// together is the factor on its speed that keeps a party together.
func (w *walker) together(b *body, l *leg) float64 {
	if w.party == nil || w.party.lead == b || w.party.lead.gone {
		return 1
	}
	lead, ok := w.party.lead.mind.(*walker)
	if !ok || lead.pavement != w.pavement || lead.legs[0].do != l.do || l.do != along && l.do != leaving {
		return 1
	}
	behind := (w.party.lead.pose.at.a - b.pose.at.a) * l.way
	return 1 + float64(0.35*span{-1, 1}.clamp(behind))
}
