package control_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/goleak"

	"braid/internal/porttest"
	"braid/internal/testdata"
	"braid/sink/control"
	"braid/sink/embedded"
	"braid/sink/embedded/embeddedtest"
	"braid/sink/natsconn"
	"braid/sink/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m, embeddedtest.Leaks()...) }

var quiet = slog.New(slog.DiscardHandler)

// instance is a braid as control sees one.
type instance struct {
	*control.Server
	stop context.CancelFunc
	done chan struct{}

	mu      sync.Mutex
	cameras []wire.Camera
	asked   []control.Request
	answer  error
}

// shortTTL is for instances that are seen to expire or to live on, longTTL for those that
// are gone long before.
const (
	shortTTL = 2 * time.Second
	longTTL  = 30 * time.Second
)

// serve starts an instance on a server that asks nobody who they are.
func serve(t *testing.T, url, name string, jetStream bool, cameras ...string) *instance {
	t.Helper()
	return serveAs(t, natsconn.Config{URL: url}, name, jetStream, longTTL, cameras...)
}

func serveAs(t *testing.T, login natsconn.Config, name string, jetStream bool, ttl time.Duration, cameras ...string) *instance {
	t.Helper()
	i := &instance{done: make(chan struct{})}
	for _, c := range cameras {
		i.cameras = append(i.cameras, wire.Camera{Site: "s", Instance: name, Camera: c, State: wire.StateConnecting, Since: time.Now()})
	}
	s, err := control.Open(control.Config{
		Config: login, Site: "s", Instance: name, JetStream: jetStream, TTL: ttl,
		Read: func() control.State {
			i.mu.Lock()
			defer i.mu.Unlock()
			return control.State{Instance: control.Instance{Site: "s", Instance: name, Cameras: len(i.cameras)}, Cameras: slices.Clone(i.cameras)}
		},
		Do: func(_ context.Context, r control.Request) error {
			i.mu.Lock()
			defer i.mu.Unlock()
			i.asked = append(i.asked, r)
			return i.answer
		},
	}, quiet)
	if err != nil {
		t.Fatal(err)
	}
	i.Server = s
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	i.stop = cancel
	go func() {
		defer close(i.done)
		s.Run(ctx)
	}()
	t.Cleanup(i.end)
	return i
}

// end stops an instance in order.
func (i *instance) end() {
	i.stop()
	<-i.done
	_ = i.Close() // always nil
}

func (i *instance) set(camera int, state string) {
	i.mu.Lock()
	i.cameras[camera].State = state
	i.mu.Unlock()
	i.Changed()
}

func broker(t *testing.T, jetStream bool) (*embedded.Server, embedded.Config) {
	t.Helper()
	cfg := embedded.DefaultConfig(t.TempDir())
	cfg.Listen, cfg.JetStream = porttest.Address(t), jetStream
	s, err := embedded.Start(cfg, quiet)
	if err != nil {
		t.Fatal(err)
	}
	return s, cfg
}

// connect is a connection that is not braid's.
func connect(t *testing.T, url string) *nats.Conn {
	t.Helper()
	nc, err := nats.Connect(url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	return nc
}

func dial(t *testing.T, url string) *control.Client {
	t.Helper()
	return dialAs(t, natsconn.Config{URL: url})
}

func dialAs(t *testing.T, login natsconn.Config) *control.Client {
	t.Helper()
	c, err := control.Dial(login)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// until lists a site's cameras until they are as wanted: "box/gate playing".
func until(t *testing.T, c *control.Client, want ...string) time.Duration {
	t.Helper()
	begin, tick := time.Now(), time.NewTicker(20*time.Millisecond)
	defer tick.Stop()
	for {
		states, err := c.List(t.Context(), "s")
		if err != nil && !errors.Is(err, control.ErrNoState) {
			t.Fatal(err)
		}
		var got []string
		for _, s := range states {
			for _, m := range s.Cameras {
				got = append(got, fmt.Sprintf("%s/%s %s", m.Instance, m.Camera, m.State))
			}
		}
		if slices.Equal(got, want) {
			return time.Since(begin)
		}
		if time.Since(begin) > 20*time.Second {
			t.Fatalf("the bucket has %q, want %q", got, want)
		}
		<-tick.C
	}
}

func TestStateStandsInTheBucket(t *testing.T) {
	srv, _ := broker(t, true)
	t.Cleanup(func() { _ = srv.Shutdown() })
	c := dial(t, srv.ClientURL())
	if _, err := c.List(t.Context(), ""); !errors.Is(err, control.ErrNoState) {
		t.Errorf("without a bucket: %v", err)
	}
	a := serve(t, srv.ClientURL(), "a", true, "Gate 1", "gate-2")
	b := serve(t, srv.ClientURL(), "b", true, "yard")
	until(t, c, "a/Gate 1 connecting", "a/gate-2 connecting", "b/yard connecting")
	a.set(0, wire.StatePlaying)
	until(t, c, "a/Gate 1 playing", "a/gate-2 connecting", "b/yard connecting")
	a.mu.Lock()
	a.cameras = a.cameras[1:]
	a.mu.Unlock()
	a.Changed()
	until(t, c, "a/gate-2 connecting", "b/yard connecting")
	b.end()
	if took := until(t, c, "a/gate-2 connecting"); took > longTTL/2 { // its keys would expire later than that
		t.Errorf("an instance that stopped in order was there for %v", took)
	}
}

// An instance that lives tells so by its heartbeat.
func TestHeartbeat(t *testing.T) {
	t.Parallel()
	srv, _ := broker(t, true)
	t.Cleanup(func() { _ = srv.Shutdown() })
	c := dial(t, srv.ClientURL())
	a := serveAs(t, natsconn.Config{URL: srv.ClientURL()}, "a", true, shortTTL, "x", "y")
	until(t, c, "a/x connecting", "a/y connecting")
	<-time.After(2 * shortTTL)
	a.set(0, wire.StatePlaying) // it writes no other key than x's
	until(t, c, "a/x playing", "a/y connecting")
}

// An instance that dies cannot take its keys out: they expire.
func TestDeadInstanceExpires(t *testing.T) {
	t.Parallel()
	srv, _ := broker(t, true)
	t.Cleanup(func() { _ = srv.Shutdown() })
	c := dial(t, srv.ClientURL())
	a := serveAs(t, natsconn.Config{URL: srv.ClientURL()}, "a", true, shortTTL, "x")
	until(t, c, "a/x connecting")
	_ = a.Close() // the connection goes, as with kill -9
	if took := until(t, c); took < shortTTL/4 || took > 3*shortTTL {
		t.Errorf("it expired after %v, its keys live for %v", took, shortTTL)
	}
}

// Keys expire while a list reads them: it ends all the same, without them.
func TestKeysExpireUnderAList(t *testing.T) {
	srv, _ := broker(t, true)
	t.Cleanup(func() { _ = srv.Shutdown() })
	js, err := jetstream.New(connect(t, srv.ClientURL()))
	if err != nil {
		t.Fatal(err)
	}
	kv, err := js.CreateKeyValue(t.Context(), jetstream.KeyValueConfig{Bucket: control.Bucket, TTL: 3 * time.Second, Storage: jetstream.MemoryStorage})
	if err != nil {
		t.Fatal(err)
	}
	value, err := json.Marshal(wire.Camera{Schema: wire.SchemaCamera, Site: "s", Instance: "a", Camera: "x", State: wire.StatePlaying, Since: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	clients := make([]*control.Client, 8) // connected now: the keys do not live long
	for i := range clients {
		clients[i] = dial(t, srv.ClientURL())
	}
	for i := range 1000 {
		if _, err := kv.Put(t.Context(), control.CameraKey("s", "a", fmt.Sprint("x", i)), value); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	var lists sync.WaitGroup
	var seen atomic.Bool
	for _, c := range clients {
		lists.Go(func() {
			for left := 1; left > 0; {
				states, err := c.List(ctx, "s")
				if err != nil {
					t.Error(err)
				}
				if left = len(states); left > 0 {
					seen.Store(true)
				}
			}
		})
	}
	lists.Wait()
	if !seen.Load() {
		t.Error("no key was there")
	}
}

// The bucket is in the server's memory: one that restarts gets the state again.
func TestServerRestarts(t *testing.T) {
	srv, cfg := broker(t, true)
	url := srv.ClientURL()
	a := serve(t, url, "a", true, "x")
	c := dial(t, url)
	until(t, c, "a/x connecting")
	if err := srv.Shutdown(); err != nil {
		t.Fatal(err)
	}
	srv, err := embedded.Start(cfg, quiet)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = srv.Shutdown() })
	if took := until(t, dial(t, url), "a/x connecting"); took > longTTL/4 {
		t.Errorf("the state is back after %v, with a heartbeat", took)
	}
	a.end()
}

func TestRequests(t *testing.T) {
	srv, _ := broker(t, false)
	t.Cleanup(func() { _ = srv.Shutdown() })
	a := serve(t, srv.ClientURL(), "a", false)
	c := dial(t, srv.ClientURL())
	r := control.Request{Op: control.Set, Camera: "x", Set: []string{"policy=block"}}
	if err := c.Ask(t.Context(), "s", "a", r); err != nil {
		t.Error(err)
	}
	a.mu.Lock()
	a.answer = errors.New("no camera\nhas this name")
	got := a.asked
	a.mu.Unlock()
	if len(got) != 1 || got[0].Camera != "x" || !slices.Equal(got[0].Set, r.Set) {
		t.Errorf("asked for %+v", got)
	}
	if err := c.Ask(t.Context(), "s", "a", r); err == nil || err.Error() != "no camera has this name" || errors.Is(err, control.ErrInvalid) {
		t.Errorf("refused: %v", err)
	}
	a.mu.Lock()
	a.answer = control.Invalid(errors.New("no such key"))
	a.mu.Unlock()
	if err := c.Ask(t.Context(), "s", "a", r); !errors.Is(err, control.ErrInvalid) || err.Error() != "no such key" {
		t.Errorf("refused as invalid: %v", err)
	}
	if err := c.Ask(t.Context(), "s", "nobody", r); !errors.Is(err, control.ErrNobody) {
		t.Errorf("nobody: %v", err)
	}
	m, err := connect(t, srv.ClientURL()).Request(control.Subject("s", "a"), []byte(`{"op":"format","camera":"x"}`), 5*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(m.Data), "none of add, rm, set") {
		t.Errorf("nonsense: %s", m.Data)
	}
	if len(a.asked) != 3 {
		t.Errorf("%d requests were done, want 3", len(a.asked))
	}
}

// The server tells the connection of a refusal, not the request: who may not ask
// is told so now, not after the time that an answer may take.
func TestRefusedAtOnce(t *testing.T) {
	users := filepath.Join(t.TempDir(), "users.conf")
	if err := os.WriteFile(users, []byte(`authorization { users: [ {user: reader, password: p, permissions: {publish: "nothing", subscribe: ">"}} ] }`), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg := embedded.DefaultConfig(t.TempDir())
	cfg.Listen, cfg.UsersFile = "127.0.0.1:0", users
	srv, err := embedded.Start(cfg, quiet)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = srv.Shutdown() })
	c, err := control.Dial(natsconn.Config{URL: srv.ClientURL(), Username: "reader", Password: "p"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	if err := c.Ask(t.Context(), "s", "a", control.Request{Op: control.Remove, Camera: "x"}); !errors.Is(err, nats.ErrPermissionViolation) {
		t.Errorf("a request: %v", err)
	}
	if _, err := c.List(t.Context(), "s"); !errors.Is(err, nats.ErrPermissionViolation) {
		t.Errorf("the list: %v", err)
	}
}

// The users of the example configuration may do what is theirs, and no more.
func TestShippedAccounts(t *testing.T) {
	for _, user := range []string{"publisher", "subscriber", "operator"} {
		t.Setenv(strings.ToUpper(user)+"_PASSWORD", user+"-secret")
	}
	cfg := embedded.DefaultConfig(t.TempDir())
	cfg.Listen, cfg.UsersFile = "127.0.0.1:0", filepath.Join(testdata.Root(t), "configs", "nats", "users.conf")
	srv, err := embedded.Start(cfg, quiet)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = srv.Shutdown() })
	login := func(user string) natsconn.Config {
		return natsconn.Config{URL: srv.ClientURL(), Username: user, Password: user + "-secret"}
	}
	a := serveAs(t, login("publisher"), "a", true, longTTL, "x", "y")
	reader := dialAs(t, login("subscriber"))
	until(t, reader, "a/x connecting", "a/y connecting")
	a.set(1, wire.StatePlaying)
	until(t, reader, "a/x connecting", "a/y playing")
	r := control.Request{Op: control.Remove, Camera: "x"}
	if err := reader.Ask(t.Context(), "s", "a", r); !errors.Is(err, nats.ErrPermissionViolation) {
		t.Errorf("a reader asks: %v", err)
	}
	operator := dialAs(t, login("operator"))
	if err := operator.Ask(t.Context(), "s", "a", r); err != nil {
		t.Errorf("an operator asks: %v", err)
	}
	a.end()
	if took := until(t, operator); took > longTTL/2 { // they would expire later than that
		t.Errorf("an instance that stopped in order was there for %v", took)
	}
}

func TestNoServer(t *testing.T) {
	if _, err := control.Dial(natsconn.Config{URL: "nats://127.0.0.1:1"}); err == nil || !strings.Contains(err.Error(), "127.0.0.1:1") {
		t.Errorf("%v", err)
	}
}

func FuzzParseRequest(f *testing.F) {
	for _, s := range []string{
		`{"op":"add","camera":"x","set":["url=test:"]}`, `{"op":"rm","camera":"x"}`, `{"op":"set","camera":"x","set":["a=b"],"more":1}`, `{`, `{"op":"rm","camera":"x"}{}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := control.ParseRequest(data)
		if err != nil {
			return
		}
		if r.Camera == "" || (r.Op == control.Remove) != (len(r.Set) == 0) {
			t.Errorf("%q is taken: %+v", data, r)
		}
	})
}
