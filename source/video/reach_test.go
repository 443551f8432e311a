package video

import (
	"net"
	"net/url"
	"strings"
	"testing"

	"braid/internal/porttest"
)

func TestAddress(t *testing.T) {
	for raw, want := range map[string]string{
		"rtsp://cam/x": "cam:554", "rtsps://cam/x": "cam:322", "http://cam": "cam:80", "https://cam/": "cam:443",
		"rtsp://10.0.0.1:8554/x": "10.0.0.1:8554", "http://[::1]/x": "[::1]:80",
	} {
		u, err := url.Parse(raw)
		if err != nil {
			t.Fatal(err)
		}
		if got := address(u); got != want {
			t.Errorf("%s listens at %s, want %s", raw, got, want)
		}
	}
}

func TestUnreachable(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if err := unreachable(t.Context(), l.Addr().String()); err != nil {
		t.Errorf("a host that listens: %v", err)
	}
	free := porttest.Address(t)
	if err := unreachable(t.Context(), free); err == nil || !strings.Contains(err.Error(), free) || !strings.Contains(err.Error(), "refused") {
		t.Errorf("nobody listens: %v", err)
	}
	if err := unreachable(t.Context(), "no-such-host.invalid:80"); err == nil || !strings.Contains(err.Error(), "no-such-host.invalid") {
		t.Errorf("no such host: %v", err)
	}
}
