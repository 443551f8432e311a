package traffic

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// Whatever somebody ahead does, who follows by the model never hits it.
func TestFollowerNeverHitsTheLeader(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := func(name string, lo, hi float64) float64 { return rapid.Float64Range(lo, hi).Draw(t, name) }
		d := driver{draw("speed", 3.5, 14), draw("accel", 0.8, 2.6), draw("brake", 1.8, 2.4), draw("headway", 0.8, 1.8), draw("gap", 0.9, 3)}
		v, lead := draw("v", 0, d.speed), draw("lead", 0, 14)
		gap := d.gap + needed(v, 1)/d.brake + draw("room", 0, 30)
		for range 60 {
			push, steps := draw("push", -7, 2), rapid.IntRange(5, 100).Draw(t, "steps")
			for range steps {
				acc := d.follow(v, gap, lead)
				was, led := v, lead
				v, lead = max(0, v+acc*dt), min(14, max(0, lead+push*dt))
				gap += (led + lead - was - v) / 2 * dt
				if gap <= 0 {
					t.Fatalf("gap %.3f m at %.2f m/s behind %.2f m/s", gap, v, lead)
				}
				if v > d.speed+0.01 {
					t.Fatalf("drives at %.2f m/s, wants %.2f", v, d.speed)
				}
			}
		}
	})
}

func TestFollow(t *testing.T) {
	d := driver{speed: 10, accel: 1.5, brake: 2, headway: 1.2, gap: 2}
	for _, c := range []struct {
		name         string
		v, gap, lead float64
		want, tol    float64
	}{
		{"starts on a free road", 0, math.Inf(1), 0, 1.5, 1e-9},
		{"keeps the speed it wants", 10, math.Inf(1), 0, 0, 1e-9},
		{"slows down comfortably when too fast", 20, math.Inf(1), 0, -2, 1e-9},
		{"stays in the queue", 0, 2, 0, 0, 1e-9},
		{"keeps its distance", 5, (2 + 6) / math.Sqrt(1-1./16), 5, 0, 1e-9},
		{"stops for a standing car", 10, 25 + 2 + 12, 0, -2, 0.8},
		{"brakes as hard as it can", 10, 0.5, 0, -hardest, 1e-9},
		{"lets a faster one go", 5, 6, 9, 1, 0.5},
	} {
		if got := d.follow(c.v, c.gap, c.lead); math.Abs(got-c.want) > c.tol {
			t.Errorf("%s: acceleration %.3f m/s², want %.3f", c.name, got, c.want)
		}
	}
}
