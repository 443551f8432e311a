package natsink_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"braid/sink/natsink"
	"braid/sink/wire"
)

func api(t *testing.T, b *broker) jetstream.JetStream {
	t.Helper()
	js, err := jetstream.New(b.connect())
	if err != nil {
		t.Fatal(err)
	}
	return js
}

func streamConfig(t *testing.T, b *broker, name string) jetstream.StreamConfig {
	t.Helper()
	stream, err := api(t, b).Stream(within(t, 5*time.Second), name)
	if err != nil {
		t.Fatal(err)
	}
	return stream.CachedInfo().Config
}

func TestStreamsAreMadeAtTheStart(t *testing.T) {
	b := newBroker(t)
	open(t, b.url, nil)
	c := streamConfig(t, b, wire.StreamFrames)
	if c.MaxAge != time.Hour || c.MaxBytes != 1<<30 || c.MaxMsgsPerSubject != 20000 || c.Duplicates != 2*time.Minute || c.Retention != jetstream.LimitsPolicy ||
		!c.AllowDirect || c.Compression != jetstream.S2Compression || c.Discard != jetstream.DiscardOld || c.Storage != jetstream.FileStorage {
		t.Errorf("frames: %+v", c)
	}
	c = streamConfig(t, b, wire.StreamEvents)
	if c.MaxAge != 7*24*time.Hour || c.MaxBytes != 64<<20 || !slices.Equal(c.Subjects, []string{"braid.v1.*.camera.*", "braid.v1.*.event.>"}) {
		t.Errorf("events: %+v", c)
	}
}

// TestStreamsAreChanged: what the configuration names, and nothing else; each
// difference is a line of the log.
func TestStreamsAreChanged(t *testing.T) {
	b := newBroker(t)
	made := jetstream.StreamConfig{
		Name: wire.StreamFrames, Subjects: []string{"other.>"}, MaxAge: 3 * time.Hour, MaxBytes: 1 << 29, MaxMsgs: 77, Duplicates: time.Minute,
	}
	if _, err := api(t, b).CreateStream(within(t, 5*time.Second), made); err != nil {
		t.Fatal(err)
	}
	var out record
	s, err := tryOpen(t, b.url, out.log(), func(c *natsink.Config) {
		c.Frames = natsink.Limits{MaxAge: 24 * time.Hour, MaxBytes: 1 << 29, MaxPerCamera: 100, Storage: "file", Retention: "interest"}
		c.Events = natsink.Limits{MaxBytes: 1 << 20}
	})
	if err != nil {
		t.Fatal(err)
	}
	f := newFates(t)
	write(s, f, "a", 1, 1)
	flush(t, s)
	f.check(1, nil)
	c := streamConfig(t, b, wire.StreamFrames)
	if c.MaxAge != 24*time.Hour || c.MaxBytes != 1<<29 || c.MaxMsgs != 77 || c.MaxMsgsPerSubject != 100 || c.Duplicates != time.Minute ||
		c.Retention != jetstream.InterestPolicy || !slices.Equal(c.Subjects, []string{"other.>", "braid.v1.*.frame.>"}) {
		t.Errorf("changed to %+v", c)
	}
	for _, line := range []string{
		"key=max_age from=3h0m0s to=24h0m0s", "key=max_per_camera from=-1 to=100", "key=retention from=limits to=interest",
		`key=subjects from=other.> to="other.> braid.v1.*.frame.>"`,
	} {
		if out.count(line) != 1 {
			t.Errorf("%q was said %d times", line, out.count(line))
		}
	}
	if n := out.count("stream changed"); n != 4 {
		t.Errorf("%d changes were said:\n%s", n, out.buf.String())
	}
	if c := streamConfig(t, b, wire.StreamEvents); c.MaxBytes != 1<<20 {
		t.Errorf("events: %+v", c)
	}
}

func TestStreamThatCannotBeChanged(t *testing.T) {
	b := newBroker(t)
	made := jetstream.StreamConfig{Name: wire.StreamFrames, Subjects: []string{"braid.v1.*.frame.>"}, Storage: jetstream.MemoryStorage, Retention: jetstream.WorkQueuePolicy}
	if _, err := api(t, b).CreateStream(within(t, 5*time.Second), made); err != nil {
		t.Fatal(err)
	}
	_, err := tryOpen(t, b.url, quiet, func(c *natsink.Config) { c.Frames = natsink.Limits{Storage: "file", Retention: "limits"} })
	want := "the stream BRAID_FRAMES on " + b.url + ": storage is memory, configured is file, retention is workqueue, configured is limits, and the server cannot change that: " +
		"set nats.storage: memory and nats.retention: workqueue, or remove the stream (nats stream rm BRAID_FRAMES)"
	if !errors.Is(err, natsink.ErrStream) || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

// TestServerRefusesTheLimits asks for more than the server has.
func TestServerRefusesTheLimits(t *testing.T) {
	b := newBroker(t)
	huge := func(c *natsink.Config) { c.Frames.MaxBytes = 1 << 50 }
	if _, err := tryOpen(t, b.url, quiet, huge); !errors.Is(err, natsink.ErrStream) || !strings.Contains(err.Error(), "cannot be made on "+b.url) {
		t.Errorf("made: %v", err)
	}
	open(t, b.url, nil)
	if _, err := tryOpen(t, b.url, quiet, huge); !errors.Is(err, natsink.ErrStream) || !strings.Contains(err.Error(), fmt.Sprintf("max_bytes is %d, configured is %d", 1<<30, 1<<50)) {
		t.Errorf("changed: %v", err)
	}
}

// TestServerRefusesReplicas: one server has no room for copies, and its refusal
// names no key. The error that ends the start is not logged too.
func TestServerRefusesReplicas(t *testing.T) {
	b := newBroker(t)
	three := func(c *natsink.Config) { c.Frames.Replicas = 3 }
	refused := func(what string, parts ...string) {
		t.Helper()
		var out record
		_, err := tryOpen(t, b.url, out.log(), three)
		if !errors.Is(err, natsink.ErrStream) {
			t.Fatalf("%s: %v", what, err)
		}
		for _, part := range append(parts, "nats.replicas is 3, and each copy needs a server of its own in one cluster: set nats.replicas to no more than") {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("%s: %v, want %q in it", what, err, part)
			}
		}
		if out.count("nothing can be published") != 0 {
			t.Errorf("%s: said twice", what)
		}
	}
	refused("made", "BRAID_FRAMES cannot be made on "+b.url)
	open(t, b.url, nil)
	refused("changed", "BRAID_FRAMES on "+b.url+": replicas is 1, configured is 3, and the server does not change that: ")
}

func TestInspect(t *testing.T) {
	b := newBroker(t)
	cfg := natsink.Config{}
	cfg.URL = b.url
	cfg.Frames = natsink.Limits{MaxAge: 2 * time.Hour, Storage: "memory"}
	changes, err := natsink.Inspect(within(t, 5*time.Second), cfg)
	if err != nil || len(changes) != 2 || !changes[0].Create || changes[0].Stream != wire.StreamFrames || !changes[1].Create {
		t.Fatalf("%+v, %v", changes, err)
	}
	if s := changes[0].Settings; len(s) != 8 || s[0] != (natsink.Difference{Key: "max_age", Want: "2h0m0s"}) {
		t.Errorf("settings %+v", s)
	}
	if b.stream(t.Context()) != nil {
		t.Error("looking made the stream")
	}
	open(t, b.url, nil)
	changes, err = natsink.Inspect(within(t, 5*time.Second), cfg)
	want := []natsink.Difference{{Key: "max_age", Have: "1h0m0s", Want: "2h0m0s"}, {Key: "storage", Have: "file", Want: "memory", Fixed: true}}
	if err != nil || changes[0].Create || !slices.Equal(changes[0].Differences, want) || changes[1].Differences != nil {
		t.Errorf("%+v, %v", changes, err)
	}
	b.stop()
	if _, err := natsink.Inspect(within(t, 5*time.Second), cfg); err == nil || !strings.Contains(err.Error(), b.url) {
		t.Errorf("without a server: %v", err)
	}
}

// TestEventsAreKept: a state that is published again with a new connection is in
// the stream once.
func TestEventsAreKept(t *testing.T) {
	b := newBroker(t)
	s := open(t, b.url, nil)
	say := func(state string) {
		t.Helper()
		if err := s.PublishCamera(&wire.Camera{Camera: "Gate 1", State: state, Since: time.Unix(int64(len(state)), 0)}); err != nil {
			t.Fatal(err)
		}
	}
	kept := func(n uint64) {
		t.Helper()
		ctx := within(t, 10*time.Second)
		for have := ^n; have != n; {
			stream, err := api(t, b).Stream(ctx, wire.StreamEvents)
			if err != nil {
				t.Fatal(err)
			}
			if have = stream.CachedInfo().State.Msgs; have > n {
				t.Fatalf("%d events are kept, want %d", have, n)
			}
		}
	}
	say(wire.StatePlaying)
	kept(1)
	say(wire.StateStalled)
	kept(2)
	b.stop()
	b.start()
	write(s, newFates(t), "a", 1, 1)
	flush(t, s) // it is connected again, and behind what it repeats
	say(wire.StateFailed)
	kept(3)
}
