package embedded_test

import (
	"path/filepath"
	"strings"
	"testing"

	"braid/internal/testdata"
	"braid/sink/embedded"
	"braid/sink/natsconn"
)

// TestUsers opens the server to the network with the users that braid ships as an
// example.
func TestUsers(t *testing.T) {
	for _, user := range []string{"PUBLISHER", "SUBSCRIBER", "OPERATOR"} {
		t.Setenv(user+"_PASSWORD", "secret-of-"+strings.ToLower(user))
	}
	s := start(t, embedded.Config{
		Listen: "0.0.0.0:0", JetStream: true, StoreDir: t.TempDir(),
		UsersFile: filepath.Join(testdata.Root(t), "configs", "nats", "users.conf"),
	})
	defer stop(t, s)
	cfg := natsconn.Config{URL: s.ClientURL(), Username: "publisher", Password: "secret-of-publisher"}
	if ok, err := natsconn.Probe(t.Context(), cfg); !ok || err != nil {
		t.Errorf("as the publisher: JetStream %v, %v", ok, err)
	}
	cfg.Password = "secret-of-subscriber"
	if _, err := natsconn.Probe(t.Context(), cfg); !natsconn.IsAuth(err) || !strings.Contains(err.Error(), "as user publisher") || strings.Contains(err.Error(), "secret") {
		t.Errorf("with another's password: %v", err)
	}
	cfg.Username = ""
	if _, err := natsconn.Probe(t.Context(), cfg); !natsconn.IsAuth(err) {
		t.Errorf("as nobody: %v", err)
	}
}
