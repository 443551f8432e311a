package traffic

import "braid/source/synth/dice"

// phase is what a signal at a crossing shows.
type phase uint8

const (
	drive phase = iota // vehicles go, people wait
	amber              // vehicles stop if they can
	red                // nobody starts
	walk               // people may start
	empty              // people finish, nobody starts
)

// signal runs through its phases for ever. Its lamps are not drawn: it is seen
// in what traffic does.
type signal struct {
	lasts  [5]int64 // steps, by phase
	offset int64
}

// newSignal makes a signal whose people need so many seconds to get over.
func newSignal(d *dice.Dice, over float64) *signal {
	seconds := func(s float64) int64 { return int64(s / dt) }
	s := &signal{lasts: [5]int64{seconds(d.Range(9, 22)), seconds(3), seconds(1.5), seconds(d.Range(5, 9)), seconds(over)}}
	s.offset = int64(d.Range(0, 40) / dt)
	return s
}

// at returns the phase at a step.
func (s *signal) at(step int64) phase {
	cycle := int64(0)
	for _, l := range s.lasts {
		cycle += l
	}
	x := (step + s.offset + warmUp) % cycle
	for i, l := range s.lasts {
		if x < l {
			return phase(i)
		}
		x -= l
	}
	return empty
}
