package natsink

import (
	"time"

	"braid/sink"
	"braid/sink/spool"
	"braid/sink/wire"
)

// window holds the messages that are not settled, in the order of Write. It is
// a ring of fixed size; indices count up for ever and are the tokens in reply
// subjects. It knows neither NATS nor goroutines: the Sink guards it.
//
//	head ≤ next ≤ tail: [head, next) was sent, [next, tail) was not
type window struct {
	ring             []entry
	head, next, tail uint64
	bytes, maxBytes  int
	free             [][]byte  // buffers to write records into, the warm ones last
	spooled          uint64    // unsettled messages that are on disk too
	past             spool.Pos // the last of these that has left
}

// entry is one message.
type entry struct {
	record   // its buffer is from window.buffer
	route    *route
	receipt  sink.Receipt
	deadline time.Time // zero: it may wait for ever
	sentAt   time.Time
	spooled  bool // it is on disk too, up to end
	end      spool.Pos
	doubtful bool   // an earlier process may have sent it
	place    uint64 // its sequence in the stream, 0: not known
	tries    uint8  // how often it was sent, as far as that matters
	busy     bool   // being sent: the record is read outside the lock
	done     bool   // settled; leaves when it is the head
}

// route is a camera's way out: of its frames, or of the changes of its state.
type route struct {
	slug    string
	subject string
	schema  string
	stream  string
	acked   uint64 // index behind the last message known to be published
	floor   uint64 // stream sequence that all messages still in the window are behind

	run   []byte // of the last message that was sent
	asked bool   // last is known
	last  string // id of the last message that the stream had when it was asked

	change        change // the last one of the camera's state
	written, told uint64 // changes by number: the last one, and the last one that was published
}

// ofChanges reports whether the route is not one of frames.
func (rt *route) ofChanges() bool { return rt.stream == wire.StreamEvents }

func newWindow(messages, bytes int) *window {
	return &window{ring: make([]entry, messages), maxBytes: bytes}
}

func (w *window) at(i uint64) *entry { return &w.ring[i%uint64(len(w.ring))] }

func (w *window) empty() bool { return w.head == w.tail }

// holds reports whether i is in the window and unsettled.
func (w *window) holds(i uint64) bool { return w.head <= i && i < w.tail && !w.at(i).done }

// fits reports whether a message of n bytes may enter. One always may enter an
// empty window.
func (w *window) fits(n int) bool {
	return w.empty() || int(w.tail-w.head) < len(w.ring) && w.bytes+n <= w.maxBytes
}

// buffer lends an empty buffer, for push or putBack.
func (w *window) buffer() []byte {
	if n := len(w.free); n > 0 {
		b := w.free[n-1]
		w.free = w.free[:n-1]
		return b[:0]
	}
	return make([]byte, 0, 2048)
}

func (w *window) putBack(b []byte) { w.free = append(w.free, b) }

// push adds a message that fits.
func (w *window) push(e entry) {
	*w.at(w.tail) = e
	w.tail++
	w.bytes += len(e.msg)
	if e.spooled {
		w.spooled++
	}
}

// claim takes the next message to send; release must follow.
func (w *window) claim(now time.Time) (i uint64, e *entry) {
	if e = w.upcoming(); e == nil {
		return 0, nil
	}
	i = w.next
	w.next++
	e.busy, e.sentAt = true, now
	e.tries += min(1, ^e.tries)
	return i, e
}

// upcoming is the next message to send, nil where all were sent.
func (w *window) upcoming() *entry {
	for ; w.next < w.tail; w.next++ {
		if e := w.at(w.next); !e.done {
			return e
		}
	}
	return nil
}

// release ends the sending of a claimed message.
func (w *window) release(i uint64) {
	w.at(i).busy = false
	w.advance()
}

// settle takes the message out and returns the receipt to settle, nil where
// that was done before.
func (w *window) settle(i uint64) sink.Receipt {
	if !w.holds(i) {
		return nil
	}
	e := w.at(i)
	r := e.receipt
	e.done, e.receipt = true, nil
	if e.spooled {
		w.spooled--
	}
	w.advance()
	return r
}

// advance lets go of what is settled at the head.
func (w *window) advance() {
	for w.head < w.tail {
		e := w.at(w.head)
		if !e.done || e.busy {
			break
		}
		w.bytes -= len(e.msg)
		w.putBack(e.buf)
		if e.spooled {
			w.past = e.end
		}
		if e.route != nil && e.place > 0 {
			e.route.floor = e.place
		}
		e.record, e.route = record{}, nil
		w.head++
	}
	// A settled message that was never sent may have been the last.
	w.next = max(w.next, w.head)
}

// leave takes a message out, which is known to be published where err is nil.
func (w *window) leave(i uint64, err error) sink.Receipt {
	if err == nil && w.holds(i) {
		e := w.at(i)
		e.route.told = max(e.route.told, e.seq)
	}
	return w.settle(i)
}

// confirm notes that the message was published, and where in the stream it is.
func (w *window) confirm(i, place uint64) sink.Receipt {
	if !w.holds(i) {
		return nil
	}
	w.at(i).place = place
	rt := w.at(i).route
	rt.acked = max(rt.acked, i+1)
	return w.leave(i, nil)
}

// overtaken reports whether a later message of the same camera was published.
func (w *window) overtaken(i uint64) bool { return i < w.at(i).route.acked }

// rewind makes everything unsettled unsent.
func (w *window) rewind() { w.next = w.head }

// oldest is the first unsettled message.
func (w *window) oldest() *entry {
	for i := w.head; i < w.tail; i++ {
		if e := w.at(i); !e.done {
			return e
		}
	}
	return nil
}
