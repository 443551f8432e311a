package natsink

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"braid/sink/wire"
)

// Limits bound what a stream keeps, and how. Zero values are the defaults when
// the stream is made; of a stream that exists, only what is set here is looked at.
type Limits struct {
	MaxAge       time.Duration // default 1 h, of events 7 days
	MaxBytes     int64         // default 1 GiB, of events 64 MiB
	MaxPerCamera int64         // messages of one camera, default 20,000
	Duplicates   time.Duration // how long ids are known, default 2 min; about 100 bytes of memory each
	Replicas     int           // default 1
	Storage      string        // file (default) or memory
	Retention    string        // limits (default): until a limit is reached; interest: until every durable reader has it
}

// Difference is a setting of a stream that is not as it is configured.
type Difference struct {
	Key   string `json:"key"` // of the configuration, below nats
	Have  string `json:"is,omitempty"`
	Want  string `json:"configured"`
	Fixed bool   `json:"fixed,omitempty"` // the server does not change it
}

// Change is what is to be done about a stream.
type Change struct {
	Stream      string       `json:"stream"`
	Create      bool         `json:"create"`                // it is not there
	Settings    []Difference `json:"settings,omitempty"`    // of a new one, without Have
	Differences []Difference `json:"differences,omitempty"` // of one that is there
}

// setting is one that a stream has and Limits name.
type setting struct {
	key  string
	text func(c *jetstream.StreamConfig) string
	set  func(c *jetstream.StreamConfig, l Limits) // where l names it
	// fixed reports whether the server refuses to change it. nil: it changes it.
	fixed func(have, want *jetstream.StreamConfig) bool
}

var settings = []setting{
	{
		key:  "max_age",
		text: func(c *jetstream.StreamConfig) string { return c.MaxAge.String() },
		set:  func(c *jetstream.StreamConfig, l Limits) { set(&c.MaxAge, l.MaxAge) },
	},
	{
		key:  "max_bytes",
		text: func(c *jetstream.StreamConfig) string { return fmt.Sprint(c.MaxBytes) },
		set:  func(c *jetstream.StreamConfig, l Limits) { set(&c.MaxBytes, l.MaxBytes) },
	},
	{
		key:  "max_per_camera",
		text: func(c *jetstream.StreamConfig) string { return fmt.Sprint(c.MaxMsgsPerSubject) },
		set:  func(c *jetstream.StreamConfig, l Limits) { set(&c.MaxMsgsPerSubject, l.MaxPerCamera) },
	},
	{
		key:  "duplicate_window",
		text: func(c *jetstream.StreamConfig) string { return c.Duplicates.String() },
		set: func(c *jetstream.StreamConfig, l Limits) {
			set(&c.Duplicates, l.Duplicates)
			if c.MaxAge > 0 {
				c.Duplicates = min(c.Duplicates, c.MaxAge) // the server wants it so
			}
		},
	},
	{
		key:  "replicas",
		text: func(c *jetstream.StreamConfig) string { return fmt.Sprint(c.Replicas) },
		set:  func(c *jetstream.StreamConfig, l Limits) { set(&c.Replicas, l.Replicas) },
	},
	{
		key:  "storage",
		text: func(c *jetstream.StreamConfig) string { return strings.ToLower(c.Storage.String()) },
		set: func(c *jetstream.StreamConfig, l Limits) {
			switch l.Storage {
			case "file":
				c.Storage = jetstream.FileStorage
			case "memory":
				c.Storage, c.Compression = jetstream.MemoryStorage, jetstream.NoCompression
			}
		},
		fixed: func(_, _ *jetstream.StreamConfig) bool { return true },
	},
	{
		key:  "retention",
		text: func(c *jetstream.StreamConfig) string { return strings.ToLower(c.Retention.String()) },
		set: func(c *jetstream.StreamConfig, l Limits) {
			switch l.Retention {
			case "limits":
				c.Retention = jetstream.LimitsPolicy
			case "interest":
				c.Retention = jetstream.InterestPolicy
			}
		},
		fixed: func(have, _ *jetstream.StreamConfig) bool { return have.Retention == jetstream.WorkQueuePolicy },
	},
	{
		key:  "subjects",
		text: func(c *jetstream.StreamConfig) string { return strings.Join(c.Subjects, " ") },
		set:  func(*jetstream.StreamConfig, Limits) {}, // see wanted
	},
}

func set[T int | int64 | time.Duration](dst *T, v T) {
	if v > 0 {
		*dst = v
	}
}

// wantedStream is a stream that braid looks after.
type wantedStream struct {
	made     jetstream.StreamConfig // by default
	limits   Limits
	required bool // without it nothing can be published
}

// streams are those of a configuration.
func (c Config) streams() []wantedStream {
	common := jetstream.StreamConfig{
		Retention: jetstream.LimitsPolicy, Discard: jetstream.DiscardOld, Storage: jetstream.FileStorage,
		Compression: jetstream.S2Compression, AllowDirect: true,
		MaxMsgsPerSubject: 20_000, Duplicates: 2 * time.Minute, Replicas: 1,
	}
	frames, events := common, common
	frames.Name, frames.Description = wire.StreamFrames, "what braid found in each frame, see docs/messages.md"
	frames.Subjects = []string{"braid.v1.*.frame.>"}
	frames.MaxAge, frames.MaxBytes = time.Hour, 1<<30
	events.Name, events.Description = wire.StreamEvents, "what happened to braid's cameras, see docs/messages.md"
	events.Subjects = []string{"braid.v1.*.camera.*", "braid.v1.*.event.>"}
	events.MaxAge, events.MaxBytes = 7*24*time.Hour, 64<<20
	return []wantedStream{{frames, c.Frames, true}, {events, c.Events, false}}
}

// new is the stream as it is made.
func (w wantedStream) new() jetstream.StreamConfig { return w.applied(w.made) }

// applied is a stream as it should be: what the limits name, and the subjects.
// Nothing else: its owner may have tuned it.
func (w wantedStream) applied(have jetstream.StreamConfig) jetstream.StreamConfig {
	for _, s := range settings {
		s.set(&have, w.limits)
	}
	for _, subject := range w.made.Subjects {
		if !slices.Contains(have.Subjects, subject) {
			have.Subjects = append(slices.Clone(have.Subjects), subject)
		}
	}
	return have
}

// change says what is to be done where the server has such a stream, or none.
func (w wantedStream) change(have *jetstream.StreamConfig) Change {
	c := Change{Stream: w.made.Name, Create: have == nil}
	if have == nil {
		made := w.new()
		for _, s := range settings {
			c.Settings = append(c.Settings, Difference{Key: s.key, Want: s.text(&made)})
		}
		return c
	}
	want := w.applied(*have)
	for _, s := range settings {
		if h, w := s.text(have), s.text(&want); h != w {
			c.Differences = append(c.Differences, Difference{s.key, h, w, s.fixed != nil && s.fixed(have, &want)})
		}
	}
	return c
}
