// Package natsink publishes messages on NATS. With JetStream a message is
// settled when the stream has stored it; without, when the server has received
// it. What cannot be published waits within bounds of number, bytes and time,
// and then fails: nothing is lost without its receipt hearing of it.
package natsink

import (
	"errors"
	"time"

	"braid/sink/natsconn"
	"braid/sink/spool"
)

// The errors that receipts hear, wrapped.
var (
	// ErrTimeout is that of a message which no server confirmed within MaxWait.
	// It may have been published all the same.
	ErrTimeout = errors.New("not confirmed")
	// ErrUnconfirmed is that of a message which was on its way when the
	// connection broke, without JetStream. It may have been published.
	ErrUnconfirmed = errors.New("connection lost before the server confirmed")
	// ErrOvertaken is that of a message which the server lost although it stored
	// a later one of the same camera: sent again it would break the order.
	ErrOvertaken = errors.New("lost by the server before a later message was stored")
	// ErrTooLarge is that of a message over the server's max_payload.
	ErrTooLarge = errors.New("message too large")
	// ErrRefused is that of every message while the server refuses who we are,
	// or that we publish there.
	ErrRefused = errors.New("refused by the server")
	// ErrNoJetStream is that of every message while JetStream is asked for and
	// the server has none.
	ErrNoJetStream = errors.New("JetStream is not enabled")
	// ErrStream is that of New, and of every message, where a stream is there and
	// cannot be what it is configured to be.
	ErrStream = errors.New("the stream")
	// ErrClosed is that of messages which Close could not wait for.
	ErrClosed = errors.New("sink closed")
)

// Config is where to publish, and how much may wait.
type Config struct {
	natsconn.Config

	Site      string // the subject's site; messages carry the name that is in them
	JetStream bool   // keep frames in the stream BRAID_FRAMES, changes of state in BRAID_EVENTS
	Frames    Limits // of the first stream
	Events    Limits // of the second

	// Spool is where frames wait for the server, on disk; without MaxBytes they
	// wait in memory, as long as MaxWait. It needs JetStream.
	Spool spool.Config

	// Whole is for results that may go on where they were cut off: after a message
	// that failed with ErrTimeout nothing later is published, and Flush says so.
	Whole bool

	MaxPending      int           // frames that may be unsettled, default 4096; then Write waits. With a spool 1024
	MaxPendingBytes int           // their bytes, default 64 MiB. With a spool 4 MiB, a quarter of a small one
	MaxWait         time.Duration // how long a frame waits for the server and its confirmation, default 30 s
	AckWait         time.Duration // confirmation overdue: ask and send again, default 5 s
	CloseWait       time.Duration // how long Close waits for what is unsettled, default 5 s
}

func (c Config) withDefaults() Config {
	if c.Spool.MaxBytes > 0 { // the rest waits on disk
		setDefault(&c.MaxPending, 1024)
		setDefault(&c.MaxPendingBytes, int(min(4<<20, c.Spool.MaxBytes/4))) // what is on its way is not dropped
	}
	setDefault(&c.MaxPending, 4096)
	setDefault(&c.MaxPendingBytes, 64<<20)
	setDefault(&c.MaxWait, 30*time.Second)
	setDefault(&c.AckWait, 5*time.Second)
	setDefault(&c.CloseWait, 5*time.Second)
	if c.Client == "" {
		c.Client = "braid " + c.Site
	}
	return c
}

func setDefault[T int | int64 | time.Duration](v *T, d T) {
	if *v <= 0 {
		*v = d
	}
}
