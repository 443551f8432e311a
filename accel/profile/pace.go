package profile

import "time"

// pace divides a budget over steps. What a step leaves goes to those behind it.
type pace struct {
	end  time.Time
	left int // shares
}

func newPace(budget time.Duration, steps []step) *pace {
	p := &pace{end: time.Now().Add(budget)}
	for _, s := range steps {
		p.left += s.share
	}
	return p
}

// deadline is when a step that begins now has to end.
func (p *pace) deadline(s step) time.Time {
	now := time.Now()
	mine := time.Duration(float64(p.end.Sub(now)) * float64(s.share) / float64(p.left))
	p.left -= s.share
	return now.Add(max(mine, 0))
}
