package des

import (
	"fmt"
	"math/rand/v2"
	"time"
)

// Options say how long a System runs, and what breaks.
type Options struct {
	Seed               uint64
	Warmup             int           // frames emitted before the measurement
	Frames             int           // frames emitted in the measurement; at least 1
	Limit              time.Duration // simulated time after which it ends at the latest; 0: none
	Failures           []Failure
	TraceFrom, TraceTo time.Duration // service that begins within is recorded
}

// Failure is a device that stops. All frames that it works on fail, and all that
// come to it while it lasts. A device that does not come back ends the graph,
// as accel.ErrDeviceLost does: what is inside is dropped as cancelled.
type Failure struct {
	Device int
	At     time.Duration
	Lasts  time.Duration // 0: for good
}

// sim is one run.
type sim struct {
	System
	Options
	now      time.Duration
	agenda   agenda
	work     *Processors
	stations []*station
	streams  []*stream
	cameras  []camera
	chance   []*rand.Rand // of each node and, last, of decoding
	lost     []bool       // by device
	dead     int          // the device that ended the graph; -1: none
	turn     int          // camera that is asked next
	inside   int
	atOnce   int // frames that were let in at this time
	spare    *frame
	ids      []int

	counts   Counts
	events   int
	measure  measure
	stopping bool
}

// Run simulates a System. The same arguments give the same Result.
func Run(sys System, o Options) (*Result, error) {
	s, err := newSim(sys, o)
	if err != nil {
		return nil, fmt.Errorf("simulating: %w", err)
	}
	if err := s.run(); err != nil {
		return nil, fmt.Errorf("simulating: %w", err)
	}
	return s.result(), nil
}

func newSim(sys System, o Options) (*sim, error) {
	if err := sys.Validate(); err != nil {
		return nil, err
	}
	if o.Warmup < 0 || o.Frames < 1 || o.Limit < 0 {
		return nil, fmt.Errorf("warm-up of %d frames, %d frames, limit %v: want at least one frame", o.Warmup, o.Frames, o.Limit)
	}
	s := &sim{System: sys, Options: o, work: NewProcessors(sys.Devices), lost: make([]bool, len(sys.Devices)), dead: -1}
	s.cameras = make([]camera, sys.Source.Cameras)
	for k := range sys.Nodes {
		s.addStation(k)
	}
	for k := range len(sys.Nodes) + 1 {
		s.chance = append(s.chance, rand.New(rand.NewPCG(o.Seed, uint64(k))))
	}
	for i, f := range o.Failures {
		if f.Device < 0 || f.Device >= len(sys.Devices) || f.At < 0 || f.Lasts < 0 {
			return nil, fmt.Errorf("failure of device %d at %v for %v", f.Device, f.At, f.Lasts)
		}
		if f.Lasts > 0 && f.Device == sys.Source.Device && sys.Source.Decode.max() > 0 {
			return nil, fmt.Errorf("device %s decodes: only its loss for good is simulated", sys.Devices[f.Device].Name)
		}
		s.agenda.plan(f.At, down, i)
		if f.Lasts > 0 {
			s.agenda.plan(f.At+f.Lasts, up, i)
		}
	}
	s.measure.latency = make([]time.Duration, 0, o.Frames)
	s.measure.age = make([]time.Duration, 0, o.Frames)
	return s, nil
}

// addStation makes the streams of node k. Segments of JEDI's protocol poll, each a
// little later than the one before: their threads do not wake up together.
func (s *sim) addStation(k int) {
	n := &station{Node: &s.Nodes[k], index: k}
	if s.Slots > 0 && k < len(s.Nodes)-1 {
		n.slots = make([]bool, s.Slots)
	}
	if k > 0 && k < len(s.Nodes)-1 {
		n.poll, n.phase = s.Poll, s.Poll*time.Duration(k-1)/time.Duration(len(s.Nodes))
	}
	for i := range n.Replicas {
		for range n.Replicas[i].Streams {
			st := &stream{node: k, id: len(s.streams), index: n.streams, replica: &n.Replicas[i], listed: true}
			n.streams++
			if n.Replicas[i].Spare {
				n.spare.push(st)
			} else {
				n.free.push(st)
			}
			s.streams = append(s.streams, st)
		}
	}
	s.stations = append(s.stations, n)
}

// run goes from event to event. All that happens at one time is done before it
// ends, so that frames which end together are counted together.
func (s *sim) run() error {
	for c := range s.cameras {
		s.decode(c)
	}
	s.settle()
	if s.Warmup == 0 {
		s.begin()
	}
	for s.dead < 0 && s.atOnce <= mostAtOnce {
		at := min(s.work.Next(), s.agenda.next())
		if at == Never || s.Limit > 0 && at > s.Limit || s.stopping && at > s.now {
			return nil
		}
		if at > s.now {
			s.atOnce = 0
		}
		s.now = at
		s.happen()
		s.settle()
	}
	if s.dead < 0 {
		return fmt.Errorf("at %v time stands still: frames come and go without taking any", s.now)
	}
	return nil
}

// mostAtOnce is how many frames may be let in at one time: more than any plan has
// inside.
const mostAtOnce = 10_000

// happen is all that happens now, what devices have done first.
func (s *sim) happen() {
	for {
		f, ok := s.work.Finish(s.now)
		if !ok {
			break
		}
		s.events++
		if f.ID < len(s.streams) {
			s.record(s.streams[f.ID], f.Start)
			s.handOver(s.streams[f.ID])
			continue
		}
		s.decoded(f.ID - len(s.streams))
		s.decode(f.ID - len(s.streams))
	}
	for s.agenda.next() == s.now {
		s.events++
		e := s.agenda.pop()
		switch e.kind {
		case handedOver:
			s.end(s.streams[e.what])
		case patient:
			n := s.stations[s.streams[e.what].node]
			n.patient--
			n.ready.push(s.streams[e.what])
			n.dirty = true
		case look:
			n := s.stations[e.what]
			n.looking = false
			s.step(n)
		case arrival:
			s.cameras[e.what].decoding = false
			s.decode(e.what)
		case down:
			s.fail(s.Failures[e.what])
		case up:
			s.lost[s.Failures[e.what].Device] = false
		}
	}
}

// fail stops a device.
func (s *sim) fail(f Failure) {
	s.lost[f.Device] = true
	if f.Lasts == 0 {
		s.dead = f.Device
		return
	}
	s.ids = s.work.Drop(s.now, f.Device, s.ids[:0])
	for _, id := range s.ids {
		st := s.streams[id]
		(*st.serving.at(0)).failed = true
		if st.served.len() > 0 { // behind those that are on their way
			s.handOver(st)
		} else {
			s.pass(st)
		}
	}
}
