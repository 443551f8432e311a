package source

import "time"

// lane is a Gate at the Mux, and what it has had of the graph.
type lane struct {
	gate *Gate
	pass float64   // frames that it was given, over its weight, as if it had never been idle
	last time.Time // when it was given one
}

// shares divides the graph among cameras that want more than there is: by start-time fair
// queueing (Goyal, Vin and Cheng, SIGCOMM 1996), each frame costs its camera one over its
// weight, and whoever has paid least is next. Who had nothing to send meanwhile saves
// nothing up. A camera that is below its min_fps goes first.
type shares struct {
	lanes []lane
	now   float64 // the virtual time: what the last one served had paid
}

func (s *shares) add(g *Gate, now time.Time) {
	s.lanes = append(s.lanes, lane{gate: g, pass: s.now, last: now})
}

// best is the lane that is next among those that want says yes to, -1 for none.
func (s *shares) best(now time.Time, want func(*Gate) bool) int {
	best, owed := -1, time.Duration(0)
	for i := range s.lanes {
		l := &s.lanes[i]
		if !want(l.gate) {
			continue
		}
		switch o := l.owed(now); {
		case best < 0, o > owed, o == owed && s.start(l) < s.start(&s.lanes[best]):
			best, owed = i, o
		}
	}
	return best
}

// start is when the lane's next frame begins, in virtual time.
func (s *shares) start(l *lane) float64 { return max(l.pass, s.now) }

// owed is for how long a frame of the camera's min_fps has been due; 0 for none.
func (l *lane) owed(now time.Time) time.Duration {
	if l.gate.minFPS <= 0 {
		return 0
	}
	return max(0, now.Sub(l.last)-time.Duration(float64(time.Second)/l.gate.minFPS))
}

// serve charges a lane for a frame. One that min_fps had due was not its turn, so that
// the others' virtual time is none the later.
func (s *shares) serve(i int, now time.Time) {
	l := &s.lanes[i]
	start := s.start(l)
	if l.owed(now) == 0 {
		s.now = start
	}
	l.pass, l.last = start+1/l.gate.weight, now
}
