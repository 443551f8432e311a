package des

import "time"

// frame is one frame's trip. Frames are used again.
type frame struct {
	index    int // from 0, over all cameras, in order of admission
	camera   int
	ticket   int // from 0, of its camera
	arrived  time.Duration
	admitted time.Duration
	done     int  // nodes that it has come through, hand-over included
	failed   bool // no node works on it any more
	at       []*stream
	next     *frame // in its camera's lane, or among the free
}

// stream has frames in order.
type stream struct {
	node    int
	id      int // of the streams of all nodes
	index   int // in its node
	replica *Replica
	queue   ring[*frame] // given to it, the first to be served next
	serving ring[*frame] // with the device: one, or where that is a queue all that have come
	served  ring[*frame] // done there, and not handed over
	listed  bool         // among its node's free ones
}

// station is a node at work.
type station struct {
	*Node
	index   int
	streams int
	waiting ring[*frame]  // came, not given to a stream
	free    ring[*stream] // can be given a frame, the one that has waited longest first
	ready   ring[*stream] // spare ones that have just had a frame, or have waited: can be given one where none of free can
	spare   ring[*stream] // spare ones that had none
	patient int           // spare ones that wait, since a frame does
	ended   ring[*stream] // have ended a frame, which the node has not seen
	slots   []bool        // JEDI: of the edge behind; true: held
	turn    int           // JEDI: index of the frame to be given next
	poll    time.Duration
	phase   time.Duration // of its polls
	looking bool          // a poll is planned
	dirty   bool          // has something to do now

	blocked bool // has a frame and a free stream, and no room for it
	busy    int  // streams that serve
	last    time.Duration
	area    [2]time.Duration // of busy and of blocked streams over time
}

// account closes the time up to now, before something changes.
func (n *station) account(now time.Duration) {
	dt := now - n.last
	n.last = now
	n.area[0] += dt * time.Duration(n.busy)
	if n.blocked {
		n.area[1] += dt * time.Duration(n.streams-n.busy)
	}
}

// lane restores the order of one camera: who is early waits, by ticket.
type lane struct {
	issued, emitted int
	waiting         *frame
}

func (l *lane) push(f *frame) {
	at := &l.waiting
	for *at != nil && (*at).ticket < f.ticket {
		at = &(*at).next
	}
	f.next, *at = *at, f
}

// pop takes out the frame whose turn it is, nil where it is not there.
func (l *lane) pop() *frame {
	f := l.waiting
	if f == nil || f.ticket != l.emitted {
		return nil
	}
	l.emitted++
	l.waiting, f.next = f.next, nil
	return f
}
