package traffic

import "math"

// driver is how somebody drives or rides, by the Intelligent Driver Model:
// Treiber, Hennecke and Helbing, "Congested traffic states in empirical
// observations and microscopic simulations", Physical Review E 62, 1805 (2000).
type driver struct {
	speed   float64 // that is wanted, m/s
	accel   float64 // at most, m/s²
	brake   float64 // that is comfortable, m/s²
	headway float64 // to who is ahead, seconds
	gap     float64 // kept at standstill, metres
}

// hardest is the strongest braking there is, m/s².
const hardest = 8

// follow returns the acceleration, m/s², at speed v behind somebody at speed
// lead and a distance of gap metres. A gap of infinity is a free road.
func (d driver) follow(v, gap, lead float64) float64 {
	r := v / max(d.speed, 0.1)
	r *= r
	free := max(1-float64(r*r), -d.brake/d.accel)
	want := d.gap + max(0, float64(v*d.headway)+float64(v*(v-lead)/(2*math.Sqrt(d.accel*d.brake))))
	q := want / max(gap, 0.05)
	return max(float64(d.accel*(free-float64(q*q))), -hardest)
}

// needed returns the braking, m/s², that stops a vehicle of speed v within a
// distance.
func needed(v, distance float64) float64 { return float64(v*v) / (2 * max(distance, 0.05)) }
