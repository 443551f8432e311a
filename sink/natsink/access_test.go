package natsink_test

import (
	"errors"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"braid/sink/natsconn"
	"braid/sink/natsink"
)

// guarded starts a server with one user, who may publish only what is allowed
// (nil: everything).
func guarded(t *testing.T, port int, allow []string) string {
	t.Helper()
	user := &server.User{Username: "braid", Password: "right"}
	if allow != nil {
		user.Permissions = &server.Permissions{Publish: &server.SubjectPermission{Allow: allow}}
	}
	srv, err := server.NewServer(&server.Options{
		Host: "127.0.0.1", Port: port, NoSigs: true, NoLog: true, Users: []*server.User{user},
		JetStream: true, StoreDir: t.TempDir(), DisableJetStreamBanner: true,
	})
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

func as(address, user string) string {
	return strings.Replace(address, "nats://", "nats://"+user+"@", 1)
}

func TestCredentials(t *testing.T) {
	address := guarded(t, server.RANDOM_PORT, nil)
	s, f := open(t, as(address, "braid:right"), nil), newFates(t)
	write(s, f, "a", 1, 10)
	flush(t, s)
	f.check(10, nil)

	_, err := tryOpen(t, as(address, "braid:wrong"), quiet, nil)
	if !natsconn.IsAuth(err) || !strings.Contains(err.Error(), address) || strings.Contains(err.Error(), "wrong") {
		t.Errorf("with a wrong password: %v", err)
	}
}

// TestRefusedLater: the server was away when the sink was opened, and refuses
// us when it comes.
func TestRefusedLater(t *testing.T) {
	b := newBroker(t)
	b.stop()
	u, err := url.Parse(b.url)
	if err != nil {
		t.Fatal(err)
	}
	port, err := strconv.Atoi(u.Port())
	if err != nil {
		t.Fatal(err)
	}
	var out record
	s, err := tryOpen(t, as(b.url, "braid:wrong"), out.log(), nil)
	if err != nil {
		t.Fatal(err)
	}
	f := newFates(t)
	write(s, f, "a", 1, 10)
	guarded(t, port, nil)
	flush(t, s) // well before MaxWait
	f.check(10, natsink.ErrRefused)
	write(s, f, "a", 11, 11)
	f.check(11, natsink.ErrRefused)
	if n := out.count("nothing can be published"); n != 1 || out.count("wrong") > 0 {
		t.Errorf("said %d times: %s", n, out.buf.String())
	}
}

func TestPermissions(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*natsink.Config)
		allow  []string
		good   error
	}{
		"core":       {core, []string{"braid.v1.demo.frame.good"}, nil},
		"jetstream":  {nil, []string{"braid.v1.demo.frame.good", "$JS.API.>"}, nil},
		"no reading": {nil, []string{"braid.v1.demo.frame.good", "$JS.API.STREAM.>"}, nil},
		// Nobody has made the stream, and the sink may not.
		"no stream": {func(c *natsink.Config) { c.AckWait, c.MaxWait = 100*time.Millisecond, 600*time.Millisecond }, []string{"braid.v1.demo.frame.good"}, natsink.ErrTimeout},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t, as(guarded(t, server.RANDOM_PORT, c.allow), "braid:right"), c.change)
			good, bad := newFates(t), newFates(t)
			write(s, good, "good", 1, 5)
			write(s, bad, "bad", 1, 5)
			write(s, good, "good", 6, 10)
			flush(t, s)
			good.check(10, c.good)
			if name != "no stream" {
				bad.check(5, natsink.ErrRefused)
			}
			for key, err := range bad.of {
				if !errors.Is(err, natsink.ErrRefused) && !errors.Is(err, natsink.ErrTimeout) {
					t.Errorf("%s: %v", key, err)
				}
			}
		})
	}
}
