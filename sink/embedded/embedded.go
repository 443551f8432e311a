// Package embedded runs a NATS server inside the process, so that braid needs
// no other program to publish. It handles no signals and writes no log but
// through the caller's logger.
package embedded

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"braid/internal/dirlock"
)

var (
	// ErrPortInUse is wrapped by Start where something else listens already.
	ErrPortInUse = errors.New("address in use")
	// ErrStore is wrapped by Start where the store folder cannot be used.
	ErrStore = errors.New("JetStream store")
	// ErrUsers is wrapped by Start where the users file cannot be used, or is
	// missing where it must not be.
	ErrUsers = errors.New("users of the embedded NATS server")
)

// readyWait bounds the start; reading a store of 1 GiB back takes a second or two.
const readyWait = 30 * time.Second

// Config is what the server is started with.
type Config struct {
	Listen    string // host:port, default 127.0.0.1:4222; port 0: any free one
	Name      string // the server's name in logs and INFO, default "braid"
	UsersFile string // who may connect, see readUsers; "": everybody, which only loopback allows
	JetStream bool   // keep streams, in files below StoreDir
	StoreDir  string // needed for JetStream; created where it is missing; one server at a time
	MaxMemory int64  // bytes of memory streams, default 64 MiB
	MaxStore  int64  // bytes of file streams, default 2 GiB
}

// DefaultConfig listens on loopback only, with JetStream in storeDir.
func DefaultConfig(storeDir string) Config {
	return Config{
		Listen: "127.0.0.1:4222", Name: "braid",
		JetStream: true, StoreDir: storeDir, MaxMemory: 64 << 20, MaxStore: 2 << 30,
	}
}

// withDefaults fills what is empty.
func (c Config) withDefaults() Config {
	d := DefaultConfig(c.StoreDir)
	if c.Listen == "" {
		c.Listen = d.Listen
	}
	if c.Name == "" {
		c.Name = d.Name
	}
	if c.MaxMemory == 0 {
		c.MaxMemory = d.MaxMemory
	}
	if c.MaxStore == 0 {
		c.MaxStore = d.MaxStore
	}
	return c
}

// Server is a running NATS server. It is a nats.InProcessConnProvider: a client
// may reach it without a socket.
type Server struct {
	srv    *server.Server
	lock   *dirlock.Lock // nil without JetStream
	listen string
}

// Start runs a server and returns when it takes connections. Where the address is
// not loopback, it wants users.
func Start(cfg Config, log *slog.Logger) (*Server, error) {
	cfg = cfg.withDefaults()
	opts, err := options(cfg)
	if err != nil {
		return nil, err
	}
	s := &Server{listen: cfg.Listen}
	if err := probe(cfg.Listen); err != nil {
		return nil, err
	}
	if cfg.JetStream {
		if s.lock, err = lockStore(cfg.StoreDir); err != nil {
			return nil, err
		}
	}
	if err := s.run(opts, log); err != nil {
		return nil, errors.Join(err, s.lock.Release())
	}
	return s, nil
}

func (s *Server) run(opts *server.Options, log *slog.Logger) error {
	srv, err := server.NewServer(opts)
	if err != nil {
		return fmt.Errorf("making the embedded NATS server: %w", err)
	}
	logger := &logger{log: log.With("part", "nats-server"), fatal: make(chan string, 1)}
	srv.SetLoggerV2(logger, false, false, false)
	s.srv = srv
	ready := make(chan bool, 1)
	go srv.Start()
	go func() { ready <- srv.ReadyForConnections(readyWait) }()
	select {
	case ok := <-ready:
		if ok {
			return nil
		}
		err = fmt.Errorf("starting the embedded NATS server: not ready within %v", readyWait)
	case text := <-logger.fatal:
		err = fmt.Errorf("starting the embedded NATS server: %s", text)
	}
	srv.Shutdown()
	srv.WaitForShutdown()
	return err
}

// ClientURL is where clients find the server, with the port that it really has.
func (s *Server) ClientURL() string { return s.srv.ClientURL() }

// InProcessConn gives a client a connection that no socket is needed for. It
// makes a Server usable with nats.InProcessServer.
func (s *Server) InProcessConn() (net.Conn, error) { return s.srv.InProcessConn() }

// Shutdown closes all connections, writes what JetStream holds and returns when
// the server has stopped.
func (s *Server) Shutdown() error {
	s.srv.Shutdown()
	s.srv.WaitForShutdown()
	return s.lock.Release()
}

func options(cfg Config) (*server.Options, error) {
	host, portText, err := net.SplitHostPort(cfg.Listen)
	if err != nil {
		return nil, fmt.Errorf("reading nats.listen %q: want host:port: %w", cfg.Listen, err)
	}
	port, err := strconv.ParseUint(portText, 10, 16)
	if err != nil {
		return nil, fmt.Errorf("reading nats.listen %q: port %q is not 0 to 65535", cfg.Listen, portText)
	}
	if cfg.JetStream && cfg.StoreDir == "" {
		return nil, fmt.Errorf("%w: no folder given", ErrStore)
	}
	opts, err := readUsers(cfg.UsersFile)
	if err != nil {
		return nil, err
	}
	if cfg.UsersFile == "" && !isLoopback(host) {
		return nil, fmt.Errorf("%w: %s is open to the network, and everybody may connect: give a users file, or listen on 127.0.0.1", ErrUsers, cfg.Listen)
	}
	opts.ServerName, opts.Host, opts.Port = cfg.Name, host, int(port)
	opts.NoSigs, opts.DisableJetStreamBanner = true, true
	opts.JetStream, opts.StoreDir = cfg.JetStream, cfg.StoreDir
	opts.JetStreamMaxMemory, opts.JetStreamMaxStore = cfg.MaxMemory, cfg.MaxStore
	if port == 0 {
		opts.Port = server.RANDOM_PORT
	}
	if host == "" {
		opts.Host = server.DEFAULT_HOST
	}
	return opts, nil
}

func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}
