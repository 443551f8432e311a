package natsink_test

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"braid/internal/testdata"
	"braid/sink/natsconn"
	"braid/sink/natsink"
	"braid/sink/spool"
	reader "braid/sink/subscribe"
	"braid/sink/wire"
)

// accounts runs a server with the configuration that braid ships, but for where
// it listens and stores.
func accounts(t *testing.T) string {
	t.Helper()
	for _, user := range []string{"PUBLISHER", "SUBSCRIBER", "OPERATOR"} {
		t.Setenv(user+"_PASSWORD", strings.ToLower(user)+"-secret")
	}
	opts, err := server.ProcessConfigFile(filepath.Join(testdata.Root(t), "configs", "nats", "server.conf"))
	if err != nil {
		t.Fatal(err)
	}
	opts.Host, opts.Port, opts.StoreDir = "127.0.0.1", server.RANDOM_PORT, t.TempDir()
	opts.NoSigs, opts.NoLog, opts.DisableJetStreamBanner = true, true, true
	srv, err := server.NewServer(opts)
	if err != nil {
		t.Fatal(err)
	}
	srv.Start()
	t.Cleanup(func() {
		srv.Shutdown()
		srv.WaitForShutdown()
	})
	if !srv.ReadyForConnections(10 * time.Second) {
		t.Fatal("the server does not start")
	}
	return srv.ClientURL()
}

// login is how a user connects.
func login(address, user string) natsconn.Config {
	return natsconn.Config{URL: address, Username: user, Password: user + "-secret"}
}

// client is a connection of a user, and what the server complained of.
func client(t *testing.T, address, user string) (*nats.Conn, <-chan error) {
	t.Helper()
	complaints := make(chan error, 16)
	nc, err := login(address, user).Connect(natsconn.Events{Error: func(err error) { complaints <- err }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	return nc, complaints
}

// TestAccounts runs braid's own publisher and readers as the users of the example
// configuration, and demands that the server has nothing to complain of.
func TestAccounts(t *testing.T) {
	address := accounts(t)
	var out record
	s, err := tryOpen(t, address, out.log(), func(c *natsink.Config) {
		c.Config = login(address, "publisher")
		c.Frames = natsink.Limits{MaxAge: 2 * time.Hour}
		c.Spool, c.CloseWait = spool.Config{Dir: t.TempDir(), MaxBytes: 8 << 20}, 10*time.Second // all is confirmed
	})
	if err != nil {
		t.Fatal(err)
	}
	f := newFates(t)
	write(s, f, "a", 1, 50)
	if err := s.PublishCamera(&wire.Camera{Camera: "a", State: wire.StatePlaying}); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(s.Close()); err != nil {
		t.Fatal(err)
	}
	f.check(50, nil)

	read(t, address, out.log(), 50, func(c *reader.Config) { c.Durable = "billing" })
	read(t, address, out.log(), 50, func(c *reader.Config) { c.Since = time.Hour })
	if out.count("WARN") > 0 {
		t.Errorf("the log:\n%s", out.text())
	}

	// Changed limits and a break: it may change its stream and ask how far it is.
	s, err = tryOpen(t, address, out.log(), func(c *natsink.Config) {
		c.Config = login(address, "publisher")
		c.Frames = natsink.Limits{MaxAge: 3 * time.Hour}
	})
	if err != nil {
		t.Fatal(err)
	}
	write(s, f, "a", 51, 60)
	flush(t, s)
	f.check(60, nil)
	if out.count("key=max_age from=2h0m0s to=3h0m0s") != 1 || out.count("WARN") > 0 {
		t.Errorf("the log:\n%s", out.text())
	}
	operate(t, address)
}

// read reads n frames as the subscriber.
func read(t *testing.T, address string, log *slog.Logger, n int, change func(*reader.Config)) {
	t.Helper()
	cfg := reader.Config{Config: login(address, "subscriber")}
	change(&cfg)
	r, err := reader.Open(t.Context(), cfg, log)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	last := uint64(0)
	err = r.Run(within(t, 20*time.Second), reader.Handler{
		Camera: func(*wire.Camera) error { return nil },
		Stats:  func(*wire.Stats) error { return nil },
		Frame: func(f *wire.Frame) error {
			if last++; f.Seq != last {
				t.Errorf("seq %d, want %d", f.Seq, last)
			}
			if last == uint64(n) {
				return reader.ErrStop
			}
			return nil
		},
	})
	if err != nil || last != uint64(n) {
		t.Errorf("read %d of %d: %v", last, n, err)
	}
}

// operate does what is the operator's: manage streams, ask braid.
func operate(t *testing.T, address string) {
	t.Helper()
	nc, complaints := client(t, address, "operator")
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	ctx := within(t, 10*time.Second)
	stream, err := js.Stream(ctx, wire.StreamEvents)
	if err == nil {
		err = stream.Purge(ctx)
	}
	if err == nil {
		err = js.DeleteStream(ctx, wire.StreamEvents)
	}
	if err != nil {
		t.Errorf("managing: %v", err)
	}
	braid, _ := client(t, address, "publisher")
	if _, err := braid.Subscribe("braid.v1.demo.control.host", func(m *nats.Msg) { _ = m.Respond([]byte("done")) }); err != nil {
		t.Fatal(err)
	}
	if err := braid.Flush(); err != nil {
		t.Fatal(err)
	}
	answer, err := nc.RequestWithContext(ctx, "braid.v1.demo.control.host", nil)
	if err != nil || string(answer.Data) != "done" {
		t.Errorf("asking braid: %v", err)
	}
	select {
	case err := <-complaints:
		t.Errorf("the server complains: %v", err)
	default:
	}
}

// TestAccountsRefuse tries what a user must not do.
func TestAccountsRefuse(t *testing.T) {
	address := accounts(t)
	for _, c := range []struct {
		user               string
		publish, subscribe []string
	}{
		{
			"subscriber",
			[]string{
				"braid.v1.demo.frame.a", "braid.v1.demo.camera.a", "braid.v1.demo.stats.x", "braid.v1.demo.event.x.y", "braid.v1.demo.control.host",
				"$KV.BRAID_STATE.x", "$JS.API.STREAM.CREATE.BRAID_FRAMES", "$JS.API.STREAM.UPDATE.BRAID_FRAMES", "$JS.API.STREAM.DELETE.BRAID_FRAMES",
				"$JS.API.STREAM.PURGE.BRAID_FRAMES", "$JS.API.STREAM.MSG.DELETE.BRAID_FRAMES", "$JS.API.CONSUMER.CREATE.OTHER.x", "$JS.API.CONSUMER.CREATE.KV_BRAID_STATE.x", "other",
			},
			[]string{">", "braid.v1.*.control.*", "_INBOX.>", "_INBOX.publisher.>", "$JS.API.>", "$KV.>"},
		},
		{
			"publisher",
			[]string{
				"braid.v1.demo.control.host", "$JS.API.STREAM.DELETE.BRAID_FRAMES", "$JS.API.STREAM.PURGE.BRAID_FRAMES", "$JS.API.STREAM.CREATE.OTHER",
				"$JS.API.CONSUMER.CREATE.BRAID_FRAMES.x", "other",
			},
			[]string{">", "braid.v1.*.frame.*", "_INBOX.>", "_INBOX.operator.>"},
		},
		{
			"operator",
			[]string{"braid.v1.demo.frame.a", "braid.v1.demo.camera.a", "braid.v1.demo.stats.x", "other"},
			[]string{">", "_INBOX.publisher.>"},
		},
	} {
		nc, complaints := client(t, address, c.user)
		refused := func(what, subject string) {
			t.Helper()
			select {
			case err := <-complaints:
				if !errors.Is(err, nats.ErrPermissionViolation) || !strings.Contains(err.Error(), `"`+subject+`"`) {
					t.Errorf("%s %s %s: %v", c.user, what, subject, err)
				}
			case <-within(t, 5*time.Second).Done():
				t.Errorf("%s may %s %s", c.user, what, subject)
			}
		}
		for _, subject := range c.publish {
			if err := nc.Publish(subject, nil); err != nil {
				t.Fatal(err)
			}
			refused("publish to", subject)
		}
		for _, subject := range c.subscribe {
			sub, err := nc.SubscribeSync(subject)
			if err != nil {
				t.Fatal(err)
			}
			refused("subscribe to", subject)
			_ = sub.Unsubscribe() // the server knows nothing of it
		}
	}
	for user, password := range map[string]string{"subscriber": "wrong", "": "", "nobody": "subscriber-secret"} {
		_, err := natsconn.Config{URL: address, Username: user, Password: password}.Connect(natsconn.Events{})
		if !natsconn.IsAuth(err) || password != "" && strings.Contains(err.Error(), password) {
			t.Errorf("as %q: %v", user, err)
		}
	}
}

// TestSubscriberRunsThePublisher: braid's publisher with the reader's account
// publishes nothing and says why.
func TestSubscriberRunsThePublisher(t *testing.T) {
	address := accounts(t)
	s, err := tryOpen(t, address, quiet, func(c *natsink.Config) {
		c.Config, c.AckWait = login(address, "subscriber"), 200*time.Millisecond
	})
	if err != nil {
		t.Fatal(err)
	}
	f := newFates(t)
	write(s, f, "a", 1, 5)
	flush(t, s)
	f.check(5, natsink.ErrRefused)
}

// TestExamplesHoldNoPassword: nobody runs a server with a password of ours.
func TestExamplesHoldNoPassword(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(testdata.Root(t), "configs", "nats", "users.conf"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		if _, value, ok := strings.Cut(line, "password: "); ok && !strings.HasPrefix(value, "$") {
			t.Errorf("a password: %s", line)
		}
	}
}
