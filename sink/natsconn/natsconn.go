// Package natsconn is how braid's NATS clients connect, publishers and
// subscribers alike: credentials, TLS, how they try again, and how a server is
// named without its secrets.
package natsconn

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
)

// Config is where the server is and how to show who one is.
type Config struct {
	URL    string // nats://, tls://, ws:// or wss://; several with commas; default nats://127.0.0.1:4222
	Client string // the name that the server shows for the connection

	// One of these, or none.
	Username, Password string
	CredsFile          string // a .creds file: JWT and seed
	NKeyFile, JWTFile  string // a user's seed, alone or with the JWT

	CAFile     string // PEM: trust servers signed by these
	CertFile   string // PEM: show the server this certificate, with KeyFile
	KeyFile    string
	ServerName string // that the server's certificate must have; default: the URL's host

	// InProcess reaches a server in the same process; URL then only names it.
	InProcess nats.InProcessConnProvider
}

// dialTimeout bounds one attempt, writeTimeout one write to a server that does
// not read; between two attempts lies from reconnectMin to reconnectMax.
const (
	dialTimeout  = 2 * time.Second
	writeTimeout = 5 * time.Second
	reconnectMin = 50 * time.Millisecond
	reconnectMax = 2 * time.Second
)

// Events tells how a connection fares. The functions are called from the client's
// goroutines, perhaps two at a time, and must not block; nil ones are left out.
type Events struct {
	Up    func()          // connected, for the first time or again
	Down  func(err error) // the connection broke, or an attempt failed
	Error func(err error) // what the server or client complains of meanwhile
}

// Connect dials and from then on connects again for ever. It returns within a
// few seconds whether the server is there or not. A configuration that cannot
// work, a server that refuses who we are (IsAuth) and one with which there is no
// TLS (ErrTLS) are errors.
func (c Config) Connect(ev Events) (*nats.Conn, error) {
	opts, err := c.options()
	if err != nil {
		return nil, err
	}
	var conn atomic.Pointer[nats.Conn]
	opts = append(opts, ev.options(&conn)...)
	nc, err := c.dial(opts)
	if err != nil && !IsAuth(err) && !errors.Is(err, ErrTLS) {
		// Not the option alone: it would hide from us that we are refused.
		nc, err = c.dial(append(opts, nats.RetryOnFailedConnect(true)))
	}
	if err != nil {
		return nil, err
	}
	conn.Store(nc)
	return nc, nil
}

// dial connects, and says what an error is about.
func (c Config) dial(opts []nats.Option) (*nats.Conn, error) {
	nc, err := nats.Connect(c.url(), opts...)
	switch {
	case IsAuth(err):
		return nil, fmt.Errorf("connecting to %s %s: %w", c.Redacted(), c.who(), err)
	case err != nil:
		return nil, fmt.Errorf("connecting to %s: %w", c.Redacted(), c.explainTLS(err))
	}
	return nc, nil
}

func (c Config) options() ([]nats.Option, error) {
	if _, err := c.urls(); err != nil {
		return nil, err
	}
	opts := []nats.Option{
		nats.Name(c.Client),
		nats.Timeout(dialTimeout),
		nats.MaxReconnects(-1),
		nats.ReconnectBufSize(-1), // what waits for the server waits with us, where it is bounded and counted
		nats.FlusherTimeout(writeTimeout),
		nats.PingInterval(20 * time.Second), // a dead link is noticed within a minute
		nats.IgnoreAuthErrorAbort(),
	}
	if c.InProcess != nil {
		opts = append(opts, nats.InProcessServer(c.InProcess))
	}
	auth, err := c.auth()
	if err != nil {
		return nil, err
	}
	opts = append(opts, auth...)
	tlsConfig, err := c.tls()
	if err != nil {
		return nil, err
	}
	if tlsConfig != nil {
		opts = append(opts, nats.Secure(tlsConfig))
	}
	return opts, nil
}

func (ev Events) options(conn *atomic.Pointer[nats.Conn]) []nats.Option {
	down := func(err error) {
		if ev.Down != nil && err != nil {
			ev.Down(err)
		}
	}
	up := func(*nats.Conn) {
		if ev.Up != nil {
			ev.Up()
		}
	}
	return []nats.Option{
		nats.ConnectHandler(up),
		nats.ReconnectHandler(up),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) { down(err) }),
		nats.ReconnectErrHandler(func(_ *nats.Conn, err error) { down(err) }),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			if IsAuth(err) {
				down(err)
			} else if ev.Error != nil {
				ev.Error(err)
			}
		}),
		nats.CustomReconnectDelay(func(round int) time.Duration {
			// No callback tells of a server that refuses us while we try to
			// connect for the first time.
			if nc := conn.Load(); nc != nil {
				down(nc.LastError())
			}
			return delay(round)
		}),
	}
}

// delay grows with the rounds over all servers, so that a server that restarts
// is found at once and one that is away is not pestered.
func delay(round int) time.Duration {
	return min(reconnectMin<<min(round, 10), reconnectMax)
}

func (c Config) url() string {
	if c.URL == "" {
		return nats.DefaultURL
	}
	return c.URL
}

// Redacted is the URL without user, password or token.
func (c Config) Redacted() string {
	urls, err := c.urls()
	if err != nil {
		return "a NATS server"
	}
	names := make([]string, len(urls))
	for i, u := range urls {
		names[i] = u.Scheme + "://" + u.Host
	}
	return strings.Join(names, ",")
}

var errURL = errors.New("nats.url: want nats://host:port, several with commas")

// urls takes the URL apart. Its errors never quote it: it may hold a password.
func (c Config) urls() ([]*url.URL, error) {
	var urls []*url.URL
	for part := range strings.SplitSeq(c.url(), ",") {
		part = strings.TrimSpace(part)
		if !strings.Contains(part, "://") {
			part = "nats://" + part
		}
		u, err := url.Parse(part)
		if err != nil || u.Host == "" {
			return nil, errURL
		}
		switch u.Scheme {
		case "nats", "tls", "ws", "wss":
		default:
			return nil, fmt.Errorf("%w: scheme %q is unknown", errURL, u.Scheme)
		}
		urls = append(urls, u)
	}
	return urls, nil
}
