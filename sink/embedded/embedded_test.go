package embedded_test

import (
	"bytes"
	"errors"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"go.uber.org/goleak"

	"braid/sink/embedded"
	"braid/sink/embedded/embeddedtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m, embeddedtest.Leaks()...) }

var quiet = slog.New(slog.DiscardHandler)

func start(t *testing.T, cfg embedded.Config) *embedded.Server {
	t.Helper()
	s, err := embedded.Start(cfg, quiet)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func stop(t *testing.T, s *embedded.Server) {
	t.Helper()
	if err := s.Shutdown(); err != nil {
		t.Error(err)
	}
}

func TestServesBothWays(t *testing.T) {
	s := start(t, embedded.Config{Listen: "127.0.0.1:0"})
	defer stop(t, s)
	if !strings.HasPrefix(s.ClientURL(), "nats://127.0.0.1:") || strings.HasSuffix(s.ClientURL(), ":0") {
		t.Errorf("ClientURL is %s", s.ClientURL())
	}
	socket, err := nats.Connect(s.ClientURL())
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	inside, err := nats.Connect("", nats.InProcessServer(s))
	if err != nil {
		t.Fatal(err)
	}
	defer inside.Close()
	sub, err := socket.SubscribeSync("a")
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(socket.Flush(), inside.Publish("a", []byte("b"))); err != nil {
		t.Fatal(err)
	}
	if m, err := sub.NextMsg(5 * time.Second); err != nil || string(m.Data) != "b" {
		t.Errorf("%v, %v", m, err)
	}
	if _, err := socket.JetStream(); err != nil {
		t.Error(err)
	}
}

func TestStoreOutlivesTheServer(t *testing.T) {
	cfg := embedded.DefaultConfig(filepath.Join(t.TempDir(), "a", "store"))
	cfg.Listen = "127.0.0.1:0"
	for round := range uint64(2) {
		s := start(t, cfg)
		nc, err := nats.Connect(s.ClientURL())
		if err != nil {
			t.Fatal(err)
		}
		js, err := nc.JetStream()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := js.AddStream(&nats.StreamConfig{Name: "S", Subjects: []string{"a"}}); err != nil {
			t.Fatal(err)
		}
		ack, err := js.Publish("a", nil)
		if err != nil || ack.Sequence != round+1 {
			t.Errorf("round %d: %+v, %v", round, ack, err)
		}
		nc.Close()
		stop(t, s)
	}
}

func TestStartRefuses(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	addr := taken.Addr().String()
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	users := func(text string) string {
		path := filepath.Join(t.TempDir(), "users.conf")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	used := filepath.Join(dir, "used")
	s := start(t, embedded.Config{Listen: "127.0.0.1:0", JetStream: true, StoreDir: used})
	defer stop(t, s)

	for _, c := range []struct {
		cfg  embedded.Config
		is   error
		says string
	}{
		{embedded.Config{Listen: addr}, embedded.ErrPortInUse, addr + ": stop what listens there, set nats.listen"},
		{embedded.Config{Listen: "127.0.0.1:0", JetStream: true}, embedded.ErrStore, "no folder"},
		{embedded.Config{Listen: "127.0.0.1:0", JetStream: true, StoreDir: file}, embedded.ErrStore, file},
		{embedded.Config{Listen: "127.0.0.1:0", JetStream: true, StoreDir: used}, embedded.ErrStore, used + " is used by another process: stop the braid that runs there, or set nats.store_dir to another folder"},
		{embedded.Config{Listen: "4222"}, nil, "want host:port"},
		{embedded.Config{Listen: "127.0.0.1:99999"}, nil, "99999"},
		{embedded.Config{Listen: "192.0.2.1:0"}, embedded.ErrUsers, "192.0.2.1:0 is open to the network"},
		{embedded.Config{Listen: "0.0.0.0:0"}, embedded.ErrUsers, "0.0.0.0:0"},
		{embedded.Config{Listen: ":0"}, embedded.ErrUsers, ":0"},
		{embedded.Config{Listen: "0.0.0.0:0", UsersFile: "none"}, embedded.ErrUsers, "none"},
		{embedded.Config{Listen: "0.0.0.0:0", UsersFile: users("authorization { users: [] }")}, embedded.ErrUsers, "names none"},
		{embedded.Config{Listen: "0.0.0.0:0", UsersFile: users("port: 1\nauthorization { user: a, password: b }")}, embedded.ErrUsers, `key "port"`},
		{embedded.Config{Listen: "0.0.0.0:0", UsersFile: users("authorization {\n user: }")}, embedded.ErrUsers, "users.conf"},
	} {
		_, err := embedded.Start(c.cfg, quiet)
		if err == nil || c.is != nil && !errors.Is(err, c.is) || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%+v: %v", c.cfg, err)
		}
	}
}

// lines is a log that several goroutines write.
type lines struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

func TestLog(t *testing.T) {
	for _, listen := range []string{"127.0.0.1:0", "localhost:0", "[::1]:0"} {
		var out lines
		log := slog.New(slog.NewTextHandler(&out, nil))
		s, err := embedded.Start(embedded.Config{Listen: listen, JetStream: true, StoreDir: t.TempDir()}, log)
		if err != nil {
			t.Fatal(err)
		}
		stop(t, s)
		if out.String() != "" {
			t.Errorf("%s: the log is %q", listen, out.String())
		}
	}
}
