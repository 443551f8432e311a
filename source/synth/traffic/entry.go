package traffic

import (
	"math"

	"braid/source/synth/street"
)

// enter lets bodies into the street.
func (t *Traffic) enter() {
	for _, l := range t.lanes {
		if l.use == street.Drive {
			if l.next--; l.next <= 0 {
				l.next = t.enterMotor(l)
			}
		}
		if l.cycles {
			if l.nextCycle--; l.nextCycle <= 0 {
				l.nextCycle = t.enterCycle(l)
			}
		}
	}
	t.enterPeople()
}

// most is how many bodies a street has at the same time, and retry after how
// many steps somebody who found no room tries again.
const (
	most  = 110
	retry = 0.6 / dt
)

// motors are the kinds of Drive bands, in the order of mix.motors.
var motors = [4]kind{car, bus, truck, motorcyclist}

// enterMotor sends a motor vehicle into a lane and returns when the next one
// may come, steps.
func (t *Traffic) enterMotor(l *lane) int {
	k, ok := t.someMotor(l)
	if !ok || len(t.bodies) >= most || l.roomAt(t, l.ahead.lo) < 9 {
		return retry
	}
	if !t.send(l, k, l.ahead.lo) {
		return retry
	}
	if t.dice.Chance(0.25) {
		return int(t.dice.Range(1.8, 3) / dt) // close behind
	}
	return int(t.dice.Range(0.3, 2.1) * 60 / t.mix.flow / dt)
}

// enterCycle does the same for a cyclist.
func (t *Traffic) enterCycle(l *lane) int {
	if l.barred[cyclist] || len(t.bodies) >= most || l.roomAt(t, l.ahead.lo) < 5 {
		return retry
	}
	if !t.send(l, cyclist, l.ahead.lo) {
		return retry
	}
	return int(t.dice.Range(0.3, 1.7) * 60 / t.mix.cycles / dt)
}

// someMotor picks what drives in a lane; ok is false where nothing does.
func (t *Traffic) someMotor(l *lane) (k kind, ok bool) {
	var weights [len(motors)]float64
	for i, k := range motors {
		if l.barred[k] {
			continue
		}
		weights[i], ok = t.mix.motors[i], true
		if !l.kerb && (k == bus || k == truck) {
			weights[i] *= 0.6 // they keep to the right
		}
	}
	if !ok {
		return 0, false
	}
	return motors[t.dice.Pick(weights[:]...)], true
}

// send puts a vehicle into a lane, its front at s (its rear, where the lane
// begins before the camera), and says whether there was room.
func (t *Traffic) send(l *lane, k kind, s float64) bool {
	b := t.make(k)
	d := t.decisions(b)
	v := newVehicle(k, l, b, t.mix.speed, d)
	if !l.fits(b.width) {
		return false
	}
	v.s = s - b.length/2
	if l.ahead.cutLo {
		v.s = max(v.s, l.ahead.lo+0.3+b.length/2)
	}
	room := l.roomAt(t, v.s+b.length/2)
	if room < v.gap0() {
		return false
	}
	v.v = min(v.driver.speed*0.95, math.Sqrt(2*v.driver.brake*0.8*max(0, room-v.gap0())), v.approach(b))
	b.mind = v
	if !t.add(b, v.pose(v.s, v.y, 0)) {
		return false
	}
	b.velocity, b.speed = b.pose.face.mul(v.v), v.v
	v.choose(b, d)
	return true
}

// gap0 is the room that a vehicle wants before it to enter.
func (v *vehicle) gap0() float64 { return v.driver.gap + 0.5 }

// approach is the speed from which it can still stop at the crossing ahead.
func (v *vehicle) approach(b *body) float64 {
	for _, st := range v.lane.stops {
		if d := st.at - v.s - b.length/2; d > -1 {
			return math.Sqrt(2 * 2 * max(0, d))
		}
	}
	return math.Inf(1)
}

// fill places the vehicles that are in the street from the start.
func (t *Traffic) fill() {
	for _, l := range t.lanes {
		if l.use == street.Drive && !l.barred[car] {
			for _, y := range l.bays {
				t.occupy(l, y)
			}
			mean := t.mix.speed * 60 / t.mix.flow
			for s := l.ahead.hi - t.dice.Range(0, mean); s > l.ahead.lo; s -= float64(t.dice.Range(0.3, 1.7) * mean) {
				if k, ok := t.someMotor(l); ok && len(t.bodies) < most {
					t.send(l, k, s)
				}
			}
		}
		if l.cycles && !l.barred[cyclist] {
			mean := 5 * 60 / t.mix.cycles
			for s := l.ahead.hi - t.dice.Range(0, mean); s > l.ahead.lo; s -= float64(t.dice.Range(0.3, 1.7) * mean) {
				t.send(l, cyclist, s)
			}
		}
		l.next = int(t.dice.Range(0, 1) * 60 / t.mix.flow / dt)
		l.nextCycle = int(t.dice.Range(0, 1) * 60 / t.mix.cycles / dt)
	}
	t.fillPeople()
}

// occupy lets a car stand in a bay from the start, at times.
func (t *Traffic) occupy(l *lane, y *bay) {
	if y.inLane || !t.dice.Chance(0.4) {
		return
	}
	b := t.make(car)
	if b.width > 2.1 {
		return
	}
	d := t.decisions(b)
	v := newVehicle(car, l, b, t.mix.speed, d)
	v.s, v.y, v.aim = y.s, y.y, y.y
	v.bay, v.atBay, v.dwell, v.idle = y, true, int(d.Range(10, 70)/dt), 1/dt*10
	b.mind = v
	if t.add(b, v.pose(v.s, v.y, 0)) {
		y.user = v
	}
}
