package metrics

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

// get asks for a path of a server.
func get(t *testing.T, s *Server, path string) (code int, body string) {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	r, err := client.Get("http://" + s.Addr() + path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	data, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return r.StatusCode, string(data)
}

func TestServer(t *testing.T) {
	var unready []string
	s, err := Serve(Options{Listen: "127.0.0.1:0", Read: example, Unready: func() []string { return unready }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	for _, c := range []struct {
		path    string
		unready []string
		code    int
		want    string
	}{
		{"/healthz", []string{"nats: away"}, 200, "ok\n"},
		{"/readyz", nil, 200, "ready\n"},
		{"/readyz", []string{"nats: away", "camera gate-1: connecting"}, 503, "nats: away\ncamera gate-1: connecting\n"},
		{"/metrics", nil, 200, `braid_frames_published_total{camera="gate-1"} 90`},
		{"/metrics", nil, 200, "go_goroutines"},
		{"/metrics", nil, 200, "process_open_fds"},
		{"/debug/pprof/", nil, 404, ""},
		{"/other", nil, 404, ""},
	} {
		unready = c.unready
		if code, body := get(t, s, c.path); code != c.code || !strings.Contains(body, c.want) {
			t.Errorf("%s: %d\n%s\nwant %d with %q", c.path, code, body, c.code, c.want)
		}
	}
	if _, err := Serve(Options{Listen: s.Addr()}); err == nil || !strings.Contains(err.Error(), s.Addr()) || !strings.Contains(err.Error(), "in use") {
		t.Errorf("the same port again: %v", err)
	}
}

func TestProfilesOnRequest(t *testing.T) {
	s, err := Serve(Options{Listen: "127.0.0.1:0", Read: example, Pprof: true})
	if err != nil {
		t.Fatal(err)
	}
	if code, body := get(t, s, "/debug/pprof/goroutine?debug=1"); code != 200 || !strings.Contains(body, "goroutine profile") {
		t.Errorf("%d\n%s", code, body)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}
