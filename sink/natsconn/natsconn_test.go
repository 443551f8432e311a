package natsconn

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
)

func TestRedacted(t *testing.T) {
	for raw, want := range map[string]string{
		"":                             "nats://127.0.0.1:4222",
		"host:4222":                    "nats://host:4222",
		"nats://u:secret@host:4222":    "nats://host:4222",
		"tls://secret@a, nats://b:1/x": "tls://a,nats://b:1",
		"nats://u:secret@%zz":          "a NATS server",
	} {
		if got := (Config{URL: raw}).Redacted(); got != want {
			t.Errorf("%q: %q, want %q", raw, got, want)
		}
	}
}

func TestOptionsRefuse(t *testing.T) {
	text := filepath.Join(t.TempDir(), "text.pem")
	if err := os.WriteFile(text, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		cfg  Config
		says string
	}{
		{Config{URL: "nats://u:secret@"}, "nats.url"},
		{Config{URL: "mqtt://u:secret@h"}, `"mqtt"`},
		{Config{CAFile: text}, "no PEM certificate"},
		{Config{CAFile: "none"}, "none"},
		{Config{CertFile: text, KeyFile: text}, "certificate"},
		{Config{CredsFile: "none"}, "credentials"},
	} {
		_, err := c.cfg.options()
		if err == nil || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%+v: %v", c.cfg, err)
		}
	}
	if _, err := (Config{URL: "a,b", Client: "test"}).options(); err != nil {
		t.Error(err)
	}
}

func TestDelay(t *testing.T) {
	last := time.Duration(0)
	for round := 1; round < 100; round++ {
		d := delay(round)
		if d < last || d < reconnectMin || d > reconnectMax {
			t.Fatalf("round %d: %v after %v", round, d, last)
		}
		last = d
	}
}

func TestIsAuth(t *testing.T) {
	for err, want := range map[error]bool{
		fmt.Errorf("connecting: %w", nats.ErrAuthorization): true,
		nats.ErrAuthExpired:                    true,
		nats.ErrPermissionViolation:            false,
		fmt.Errorf("authorization violation?"): false,
	} {
		if got := IsAuth(err); got != want {
			t.Errorf("%v: %v", err, got)
		}
	}
}
