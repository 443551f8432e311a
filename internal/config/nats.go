package config

import (
	"net"
	"net/url"
	"slices"
	"strings"
	"time"

	"braid/internal/strict"
)

// NATS says where detections go.
type NATS struct {
	URL       string `yaml:"url" rule:"required" doc:"embedded starts a server inside braid; else nats://, tls://, ws:// or wss:// URLs, with commas between"`
	Listen    string `yaml:"listen" doc:"host:port of the embedded server; port 0 takes a free one. Another host than this one's loopback needs users_file"`
	UsersFile string `yaml:"users_file,omitempty" doc:"who may use the embedded server: authorization, accounts and tls as nats-server's own configuration has them"`

	Username     string `yaml:"username,omitempty" doc:"who braid is to the server"`
	UsernameFile string `yaml:"username_file,omitempty" doc:"file with the user name"`
	Password     string `yaml:"password,omitempty" doc:"with username; better ${VAR} or password_file"`
	PasswordFile string `yaml:"password_file,omitempty" doc:"file with the password"`
	CredsFile    string `yaml:"creds_file,omitempty" doc:"credentials file: JWT and seed in one"`
	NKeyFile     string `yaml:"nkey_file,omitempty" doc:"file with the seed of a user's NKey"`
	JWTFile      string `yaml:"jwt_file,omitempty" doc:"file with the user's JWT, with nkey_file"`
	TLS          TLS    `yaml:"tls,omitempty"`

	JetStream       *bool        `yaml:"jetstream" doc:"keep frames in the stream BRAID_FRAMES and changes of state in BRAID_EVENTS. Default: true where embedded, else false"`
	StoreDir        string       `yaml:"store_dir,omitempty" doc:"folder of the embedded server's streams. Default: $XDG_STATE_HOME/braid"`
	MaxBytes        strict.Bytes `yaml:"max_bytes" rule:"min=1MiB" doc:"the size of BRAID_FRAMES, the oldest frames go first"`
	MaxAge          Duration     `yaml:"max_age" rule:"min=1s" doc:"how long BRAID_FRAMES keeps frames"`
	MaxPerCamera    int          `yaml:"max_per_camera" rule:"min=1" doc:"how many messages of one camera a stream keeps"`
	DuplicateWindow Duration     `yaml:"duplicate_window,omitempty" rule:"min=100ms,zero" doc:"how long the streams know the ids of messages, to drop repeated ones; at most max_age and events.max_age. Default: 2m, or the least of these where that is less"`
	Storage         Storage      `yaml:"storage" doc:"where the server keeps the streams"`
	Retention       Retention    `yaml:"retention" doc:"limits keeps messages until a limit is reached, interest only until every durable reader has them"`
	Replicas        int          `yaml:"replicas" rule:"min=1,max=5" doc:"copies of the streams in a cluster; 1 with embedded, which is one server"`
	Events          Events       `yaml:"events"`
	Spool           Spool        `yaml:"spool"`
}

// Events are the limits of the stream of events.
type Events struct {
	MaxBytes strict.Bytes `yaml:"max_bytes" rule:"min=1MiB" doc:"the size of BRAID_EVENTS"`
	MaxAge   Duration     `yaml:"max_age" rule:"min=1s" doc:"how long BRAID_EVENTS keeps changes of state"`
}

// Spool is where messages wait for an external server.
type Spool struct {
	MaxBytes strict.Bytes `yaml:"max_bytes" rule:"min=64KiB,zero" doc:"bytes of frames and changes of state that wait on disk while an external server with JetStream is away; the oldest go first; 0 lets them wait in memory, for half a minute"`
	Dir      string       `yaml:"dir,omitempty" doc:"folder of what waits. Default: $XDG_STATE_HOME/braid/spool/ and the instance"`
}

// TLS are the files of a TLS connection to NATS.
type TLS struct {
	CAFile     string `yaml:"ca_file,omitempty" doc:"certificates to trust. Default: the system's"`
	CertFile   string `yaml:"cert_file,omitempty" doc:"own certificate, with key_file"`
	KeyFile    string `yaml:"key_file,omitempty" doc:"key of the own certificate"`
	ServerName string `yaml:"server_name,omitempty" doc:"the name that the server's certificate must have. Default: the host of url"`
}

// Embedded is the NATS URL of the server inside braid.
const Embedded = "embedded"

// UsesJetStream says whether messages are kept in streams.
func (n NATS) UsesJetStream() bool {
	if n.JetStream == nil {
		return n.URL == Embedded
	}
	return *n.JetStream
}

// Spools says whether frames go to disk before they go to the server. The
// embedded server's store is on the same disk.
func (n NATS) Spools() bool {
	return n.URL != Embedded && n.UsesJetStream() && n.Spool.MaxBytes > 0
}

// Storage is where a stream is kept.
type Storage string

// Values are both kinds of storage.
func (Storage) Values() []string { return []string{"file", "memory"} }

// UnmarshalText refuses anything else.
func (s *Storage) UnmarshalText(text []byte) error {
	*s = Storage(text)
	return strict.OneOf(text, s.Values())
}

// Retention is when a stream lets go of a message.
type Retention string

// Values are the kinds of retention that several readers can live with.
func (Retention) Values() []string { return []string{"limits", "interest"} }

// UnmarshalText refuses anything else.
func (r *Retention) UnmarshalText(text []byte) error {
	*r = Retention(text)
	return strict.OneOf(text, r.Values())
}

// defaultDuplicates is how long ids are known where nothing says it.
const defaultDuplicates = 2 * time.Minute

// duplicates is the default of DuplicateWindow: no longer than a stream keeps anything.
func (n NATS) duplicates() Duration {
	return max(0, min(defaultDuplicates, n.MaxAge, n.Events.MaxAge))
}

func (n NATS) problems() (errs strict.Errors) {
	n.credentialProblems(&errs)
	n.windowProblems(&errs)
	if n.URL == Embedded {
		n.embeddedProblems(&errs)
		return errs
	}
	if n.UsersFile != "" {
		errs.Addf("users_file", "belongs to embedded: a server of its own has its users in its own configuration")
	}
	for s := range strings.SplitSeq(n.URL, ",") {
		u, err := url.Parse(strings.TrimSpace(s))
		switch {
		case n.URL == "":
		case err != nil || u.Host == "":
			errs.Addf("url", "want %s or nats://HOST:PORT", Embedded)
		case !slices.Contains([]string{"nats", "tls", "ws", "wss"}, u.Scheme):
			errs.Addf("url", "unknown scheme %q, want nats, tls, ws or wss", u.Scheme)
		}
	}
	if (n.TLS.CertFile == "") != (n.TLS.KeyFile == "") {
		errs.Addf("tls", "cert_file and key_file go together")
	}
	return errs
}

// windowProblems refuses what a server would not make a stream with.
func (n NATS) windowProblems(errs *strict.Errors) {
	if !n.UsesJetStream() {
		return
	}
	for _, a := range []struct {
		key string
		age Duration
	}{{"max_age", n.MaxAge}, {"events.max_age", n.Events.MaxAge}} {
		if n.DuplicateWindow > a.age && a.age > 0 { // an age that is no age is said by its rule
			errs.Addf("duplicate_window", "%v is more than nats.%s %v: set it to that at most", n.DuplicateWindow, a.key, a.age)
		}
	}
}

func (n NATS) credentialProblems(errs *strict.Errors) {
	var ways []string
	for _, w := range []struct{ key, value string }{{"username", n.Username}, {"creds_file", n.CredsFile}, {"nkey_file", n.NKeyFile}} {
		if w.value != "" {
			ways = append(ways, w.key)
		}
	}
	if len(ways) > 1 {
		errs.Addf(ways[1], "%s is there too, give one of the two", ways[0])
	}
	if (n.Username == "") != (n.Password == "") {
		errs.Addf("username", "username and password go together, each by itself or from its file")
	}
	if n.JWTFile != "" && n.NKeyFile == "" {
		errs.Addf("jwt_file", "needs the seed in nkey_file; creds_file takes both in one file")
	}
	if n.Username != "" && hasUserinfo(n.URL) {
		errs.Addf("username", "the url has credentials already, give them once")
	}
}

func (n NATS) embeddedProblems(errs *strict.Errors) {
	host, msg := listenHost(n.Listen)
	if msg != "" {
		errs.Addf("listen", "%s", msg)
	}
	if n.TLS != (TLS{}) && n.UsersFile == "" {
		errs.Addf("tls", "belongs to a NATS server's url, or to an embedded one with a certificate in its users_file")
	}
	if n.Replicas > 1 {
		errs.Addf("replicas", "%d: an embedded server is one server, and copies need a cluster: set nats.replicas: 1, or nats.url to a cluster's", n.Replicas)
	}
	own := n.Username != "" || n.CredsFile != "" || n.NKeyFile != ""
	switch {
	case msg == "" && !isLoopback(host) && n.UsersFile == "":
		errs.Addf("listen", "%s is open to the network and asks nobody who they are: set nats.users_file (configs/nats/users.conf is one to start from) with nats.username and nats.password_file, or listen on 127.0.0.1", n.Listen)
	case n.UsersFile != "" && !own:
		errs.Addf("users_file", "braid is a user too: set nats.username and nats.password_file, or nats.nkey_file")
	case n.UsersFile == "" && own:
		errs.Addf("users_file", "is required with credentials: without it the embedded server asks nobody who they are")
	}
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
