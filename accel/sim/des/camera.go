package des

import (
	"time"
)

// camera decodes frames, one at a time, into its gate.
type camera struct {
	lane
	gate     ring[time.Duration] // when those that wait there arrived
	next     int                 // index of the next frame to decode
	decoding bool
	arrived  time.Duration // of the frame that is decoded
}

// arrives is when a camera's frame i comes. Cameras are spread over one interval.
func (s *sim) arrives(camera, i int) time.Duration {
	if s.Source.FPS == 0 {
		return s.now
	}
	interval := 1e9 / s.Source.FPS
	return time.Duration(interval * (float64(i) + float64(camera)/float64(s.Source.Cameras)))
}

// decode begins a camera's next frame, if that has come and there is room for it.
func (s *sim) decode(c int) {
	cam := &s.cameras[c]
	for !cam.decoding {
		if s.Source.Policy == Block && cam.gate.len() >= s.Source.Queue {
			return
		}
		at := s.arrives(c, cam.next)
		if at > s.now {
			s.agenda.plan(at, arrival, c)
			cam.decoding = true
			return
		}
		cam.arrived = at
		cam.next++
		s.counts.Arrived++
		cam.decoding = true
		if took := s.Source.Decode.draw(s.chance[len(s.stations)]); took > 0 {
			s.work.Start(s.now, s.Source.Device, len(s.streams)+c, took, s.Source.Share, 0)
			return
		}
		s.decoded(c)
	}
}

// decoded puts a frame into the gate.
func (s *sim) decoded(c int) {
	cam := &s.cameras[c]
	cam.decoding = false
	if s.Source.Policy == DropOldest && cam.gate.len() >= s.Source.Queue {
		cam.gate.pop()
		s.counts.Dropped++
	}
	cam.gate.push(cam.arrived)
	s.stations[0].dirty = true
}

// take gives f the next frame of the cameras, in turn; false where none waits.
func (s *sim) take(f *frame) bool {
	for range s.cameras {
		c := s.turn
		s.turn = (s.turn + 1) % len(s.cameras)
		cam := &s.cameras[c]
		if cam.gate.len() == 0 {
			continue
		}
		f.camera, f.arrived = c, cam.gate.pop()
		f.ticket = cam.issued
		cam.issued++
		s.decode(c)
		return true
	}
	return false
}

// offered says whether a frame waits at a gate.
func (s *sim) offered() bool {
	for i := range s.cameras {
		if s.cameras[i].gate.len() > 0 {
			return true
		}
	}
	return false
}
