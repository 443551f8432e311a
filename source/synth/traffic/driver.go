package traffic

import (
	"braid/source/synth/dice"
	"braid/source/synth/street"
)

// newVehicle makes the driver or rider of a body.
func newVehicle(k kind, l *lane, b *body, speed float64, d *dice.Dice) *vehicle {
	v := &vehicle{lane: l, dice: d, agile: cautious(k), axles: 0.6 * b.length, polite: d.Chance(0.85)}
	y := l.y
	switch k {
	case bus:
		v.driver = driver{speed * d.Range(0.8, 0.95), d.Range(0.9, 1.2), 1.8, d.Range(1.3, 1.7), d.Range(1.8, 2.8)}
		v.tight = 0.085
		y += d.Range(-0.1, 0.1)
	case truck:
		v.driver = driver{speed * d.Range(0.8, 1), d.Range(0.8, 1.2), 1.8, d.Range(1.3, 1.8), d.Range(1.8, 3)}
		v.tight = 0.1
		y += d.Range(-0.12, 0.12)
	case motorcyclist:
		v.driver = driver{speed * d.Range(0.85, 1.2), d.Range(1.8, 2.6), 2.4, d.Range(0.9, 1.3), d.Range(1.2, 2)}
		v.tight = 0.25
		y += d.Range(-0.7, 0.6)
	case cyclist:
		v.driver = driver{d.Range(3.6, 6.4), d.Range(0.8, 1.2), 1.8, d.Range(0.8, 1.1), d.Range(0.9, 1.5)}
		v.tight = 0.4
		if l.use == street.Drive {
			y += b.width/2 + 0.15 + d.Range(0, 0.12) - l.width/2
		} else {
			y += d.Range(-0.15, 0.15)
		}
	default:
		v.driver = driver{speed * d.Range(0.85, 1.2), d.Range(1.2, 2), 2.2, d.Range(1, 1.6), d.Range(1.4, 2.4)}
		v.tight = 0.16
		y += d.Range(-0.25, 0.25)
	}
	if k != cyclist {
		v.driver.speed = span{6, 14}.clamp(v.driver.speed)
	}
	v.y = l.room(b.width).clamp(y)
	v.base, v.aim = v.y, v.y
	return v
}

// cautious is how many metres a kind of vehicle takes to change y.
func cautious(k kind) float64 {
	switch k {
	case bus, truck:
		return 11
	case cyclist:
		return 4
	case motorcyclist:
		return 5
	default:
		return 8
	}
}
