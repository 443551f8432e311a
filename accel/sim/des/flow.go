package des

import (
	"slices"
	"time"
)

// admit lets frames in: one at a time, when the first node can have it.
func (s *sim) admit() {
	first := s.stations[0]
	for first.waiting.len() == 0 && !s.stopping && s.atOnce <= mostAtOnce {
		if s.InFlight > 0 && s.inside >= s.InFlight {
			return
		}
		f := s.newFrame()
		if !s.take(f) {
			s.recycle(f)
			return
		}
		f.index, f.admitted = s.counts.Admitted, s.now
		s.counts.Admitted++
		s.inside++
		s.atOnce++
		first.waiting.push(f)
		s.assign(first)
	}
}

// settle does all that can be done now, the last node first, since it makes room
// for those before it.
func (s *sim) settle() {
	for again := true; again; {
		again = false
		for _, n := range slices.Backward(s.stations) {
			if !n.dirty {
				continue
			}
			n.dirty = false
			again = true
			if n.poll == 0 {
				s.step(n)
			} else {
				s.planLook(n)
			}
		}
	}
}

// planLook plans the next poll of a node, once.
func (s *sim) planLook(n *station) {
	if n.looking {
		return
	}
	n.looking = true
	since := max(0, s.now-n.phase)
	s.agenda.plan(n.phase+(since+n.poll-1)/n.poll*n.poll, look, n.index)
}

// step is what a node does when it looks.
func (s *sim) step(n *station) {
	n.account(s.now)
	for n.ended.len() > 0 {
		s.leave(n, n.ended.pop())
	}
	s.assign(n)
	if n.index == 0 {
		s.admit()
		n.account(s.now)
		n.blocked = n.blocked || s.InFlight > 0 && s.inside >= s.InFlight && s.offered()
	}
}

// assign gives waiting frames to free streams.
func (s *sim) assign(n *station) {
	n.account(s.now)
	n.blocked = false
	for n.waiting.len() > 0 && n.free.len()+n.ready.len() > 0 {
		if s.Slots > 0 && !s.claim(n) {
			return
		}
		f := n.waiting.pop()
		st := n.next()
		st.listed = false
		st.queue.push(f)
		f.at[n.index] = st
		if st.replica.Ahead && !st.replica.Waits {
			s.offer(st)
			s.forward(n, f)
		}
		s.serve(st)
	}
	s.rest(n)
}

// next is the stream that gets the next frame.
func (n *station) next() *stream {
	if n.free.len() > 0 {
		return n.free.pop()
	}
	return n.ready.pop()
}

// rest lets spare streams wait: for a frame, or where frames wait for others to take them, one for each.
func (s *sim) rest(n *station) {
	for n.ready.len() > 0 && n.waiting.len() == 0 {
		n.spare.push(n.ready.pop())
	}
	for n.spare.len() > 0 && n.patient < n.waiting.len() {
		st := n.spare.pop()
		n.patient++
		s.agenda.plan(s.now+st.replica.Patience, patient, st.id)
	}
}

// held is how many frames a stream has.
func (st *stream) held() int {
	return st.queue.len() + st.serving.len() + st.served.len()
}

// hasRoom is whether a stream may be given one more frame.
func (st *stream) hasRoom() bool {
	r := st.replica
	switch {
	case !r.Ahead:
		return st.held() == 0
	case r.Waits && st.queue.len() > 0:
		return false
	}
	return r.Most == 0 || st.held() < r.Most
}

// offer lists a stream that has room among the free ones, once.
func (s *sim) offer(st *stream) {
	if !st.listed && st.hasRoom() {
		st.listed = true
		s.stations[st.node].list(st)
	}
}

// list puts a stream that has had a frame among those that can be given one.
func (n *station) list(st *stream) {
	if st.replica.Spare {
		n.ready.push(st)
		return
	}
	n.free.push(st)
}

// claim takes the slot behind n of the frame whose turn it is, which it brings to
// the front.
func (s *sim) claim(n *station) bool {
	for range n.waiting.len() {
		if (*n.waiting.at(0)).index == n.turn {
			break
		}
		n.waiting.push(n.waiting.pop())
	}
	f := *n.waiting.at(0)
	if f.index != n.turn {
		return false
	}
	if n.slots != nil {
		slot := &n.slots[f.index%s.Slots]
		if *slot {
			n.blocked = true
			return false
		}
		*slot = true
	}
	if n.index == 0 {
		f.admitted = s.now
	}
	n.turn++
	return true
}

// serve begins the frames of a stream's queue that have come: one, or all where the device has a queue.
func (s *sim) serve(st *stream) {
	for st.queue.len() > 0 && (*st.queue.at(0)).done >= st.node && (st.held() == st.queue.len() || s.enqueues(st.replica)) {
		f := st.queue.pop()
		s.begins(st, f)
		if st.replica.Waits {
			s.forward(s.stations[st.node], f)
			s.offer(st)
		}
	}
}

// enqueues is whether a stream gives its device each frame as soon as that has come, whether or not
// the one before is done: a chain of events on a device that works first in, first out. Its copies are
// in that queue.
func (s *sim) enqueues(r *Replica) bool { return r.Ahead && s.Devices[r.Device].Servers > 0 }

// begins gives the device a frame.
func (s *sim) begins(st *stream, f *frame) {
	n := s.stations[st.node]
	n.account(s.now)
	if st.serving.len()+st.served.len() == 0 {
		n.busy++
	}
	st.serving.push(f)
	if !f.failed && s.lost[st.replica.Device] {
		f.failed = true
	}
	var took time.Duration
	if !f.failed {
		took = st.replica.Service.draw(s.chance[st.node])
		if s.enqueues(st.replica) {
			took += st.replica.Copies
		}
	}
	if took == 0 && st.serving.len()+st.served.len() == 1 {
		s.pass(st)
		return
	}
	s.work.Start(s.now, st.replica.Device, st.id, took, st.replica.Share, st.replica.Kind)
}

// pass takes a stream's first frame through without the device and the hand-over.
func (s *sim) pass(st *stream) {
	st.served.push(st.serving.pop())
	s.end(st)
}

// handOver is called when a device is done with a stream's first frame.
func (s *sim) handOver(st *stream) {
	st.served.push(st.serving.pop())
	d := s.stations[st.node].Handover
	if !s.enqueues(st.replica) {
		d += st.replica.Copies
	}
	if d > 0 {
		s.agenda.plan(s.now+d, handedOver, st.id)
		return
	}
	s.end(st)
}

// end tells the node that a stream has done its first frame.
func (s *sim) end(st *stream) {
	n := s.stations[st.node]
	n.ended.push(st)
	n.dirty = true
}

// leave takes a frame out of a stream and passes it on.
func (s *sim) leave(n *station, st *stream) {
	f := st.served.pop()
	if st.serving.len()+st.served.len() == 0 {
		n.busy--
	}
	f.done++
	if n.index > 0 && s.Slots > 0 {
		before := s.stations[n.index-1]
		before.slots[f.index%s.Slots] = false
		before.dirty = true
	}
	s.offer(st)
	if st.replica.Ahead {
		s.serve(st)
	}
	switch {
	case n.index == len(s.stations)-1:
		s.finish(f)
	case !st.replica.Ahead:
		s.forward(n, f)
	case f.at[n.index+1] != nil: // else it waits for a stream
		s.serve(f.at[n.index+1])
	}
}

// forward gives a frame to the node behind n.
func (s *sim) forward(n *station, f *frame) {
	if n.index+1 == len(s.stations) {
		return
	}
	behind := s.stations[n.index+1]
	behind.waiting.push(f)
	behind.dirty = true
}

// finish emits the frames of a camera whose turn it is.
func (s *sim) finish(f *frame) {
	l := &s.cameras[f.camera].lane
	l.push(f)
	for f = l.pop(); f != nil; f = l.pop() {
		s.emit(f)
		s.inside--
		s.stations[0].dirty = true
		s.recycle(f)
	}
}

func (s *sim) newFrame() *frame {
	f := s.spare
	if f == nil {
		return &frame{at: make([]*stream, len(s.stations))}
	}
	s.spare, f.next = f.next, nil
	return f
}

func (s *sim) recycle(f *frame) {
	at := f.at
	clear(at)
	*f = frame{at: at, next: s.spare}
	s.spare = f
}
