package app

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"braid/internal/config"
	"braid/sink/control"
)

// camerasFrom reads "name:url …".
func camerasFrom(text string) (c config.Config) {
	for f := range strings.FieldsSeq(text) {
		name, url, _ := strings.Cut(f, ":")
		c.Cameras = append(c.Cameras, config.Camera{Name: name, URL: url})
	}
	return c
}

// TestMerge: what the file says anew holds, and what was asked for stays where the
// file says nothing new.
func TestMerge(t *testing.T) {
	for _, c := range []struct{ name, have, said, now, want string }{
		{"nothing new", "a:1 b:1", "a:1 b:1", "a:1 b:1", "a:1 b:1"},
		{"one added, one changed, one gone", "a:1 b:1 c:1", "a:1 b:1 c:1", "a:2 c:1 d:1", "a:2 c:1 d:1"},
		{"the order is the file's", "a:1 b:1", "a:1 b:1", "b:1 a:1", "b:1 a:1"},
		{"added by request", "a:1 x:1", "a:1", "a:2", "a:2 x:1"},
		{"changed by request", "a:9 b:1", "a:1 b:1", "a:1 b:2", "a:9 b:2"},
		{"changed by request and by the file", "a:9", "a:1", "a:2", "a:2"},
		{"removed by request", "b:1", "a:1 b:1", "a:1 b:2", "b:2"},
		{"removed by request, and the file has news of it", "b:1", "a:1 b:1", "a:2 b:1", "a:2 b:1"},
		{"added by request and by the file", "a:1 x:9", "a:1", "a:1 x:1", "a:1 x:1"},
		{"another name of the same slug", "Gate-1:1", "Gate-1:1", "gate-1:1", "gate-1:1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			for _, cam := range merge(camerasFrom(c.have), camerasFrom(c.said), camerasFrom(c.now)).Cameras {
				got = append(got, fmt.Sprintf("%s:%s", cam.Name, cam.URL))
			}
			if !slices.Equal(got, strings.Fields(c.want)) {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

func TestHarmless(t *testing.T) {
	l := &live{load: config.Options{File: "/etc/braid/braid.yaml"}}
	for _, c := range []struct{ set, want, refused string }{
		{set: "url=rtsp://h/s", want: "url=rtsp://h/s"},
		{set: "password_file=a/b", want: "password_file=/etc/braid/a/b"},
		{set: " password_file = pw", want: "password_file=/etc/braid/pw"},
		{set: "password_file=/etc/shadow", refused: "within the folder"},
		{set: "password_file=../shadow", refused: "within the folder"},
		{set: " url= GST:filesrc", refused: "configuration file only"},
	} {
		got, err := l.harmless([]string{c.set})
		if c.refused != "" {
			if err == nil || !strings.Contains(err.Error(), c.refused) {
				t.Errorf("%q: %v, want %q", c.set, err, c.refused)
			}
			continue
		}
		if err != nil || !slices.Equal(got, []string{c.want}) {
			t.Errorf("%q: %q, %v, want %q", c.set, got, err, c.want)
		}
	}
}

// TestRequestsThatAreInvalid: the fault is the request's, and the camera is named as
// who asks knows it.
func TestRequestsThatAreInvalid(t *testing.T) {
	cfg, err := config.Load(config.Options{Environ: []string{"HOME=/h"}, Hostname: "h", Set: []string{"model=m", "cameras.gate.url=test:"}})
	if err != nil {
		t.Fatal(err)
	}
	l := &live{env: &Env{Log: slog.New(slog.DiscardHandler)}, cfg: cfg}
	for _, c := range []struct {
		op, camera string
		set        []string
		want       string
	}{
		{control.Add, "new", []string{"url=nonsense:x"}, `cameras.new.url: unknown scheme "nonsense"`},
		{control.Add, "new", []string{"url=test:", "polcy=block"}, "cameras.new.polcy: unknown key"},
		{control.Add, "gate", []string{"url=test:"}, "already"},
		{control.Add, "new", []string{"url=gst:x"}, "configuration file only"},
		{control.Set, "gate", []string{"queue=99"}, "cameras.gate.queue: 99"},
		{control.Set, "nobody", []string{"queue=9"}, `"nobody"`},
		{control.Remove, "nobody", nil, `"nobody"`},
	} {
		err := l.request(t.Context(), control.Request{Op: c.op, Camera: c.camera, Set: c.set})
		if !errors.Is(err, control.ErrInvalid) || ExitCode(err) != 3 || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s %s %q: %v, exit code %d; want %q", c.op, c.camera, c.set, err, ExitCode(err), c.want)
		}
	}
	l.once = true
	if err := l.request(t.Context(), control.Request{Op: control.Remove, Camera: "gate"}); errors.Is(err, control.ErrInvalid) {
		t.Errorf("not the request's fault: %v", err)
	}
}
