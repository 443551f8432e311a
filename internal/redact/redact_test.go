package redact

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"braid/source"
)

func TestRedact(t *testing.T) {
	tests := []struct{ url, text, want string }{
		{"rtsp://u:hunter2@cam/s", "rtsp://u:hunter2@cam/s", "rtsp://cam/s"},
		{"rtsp://u:hunter2@cam/s", "no such user u with hunter2", "no such user u with ***"},
		{"rtsp://u:p%40ss@cam/s", "sent p@ss and p%40ss", "sent *** and ***"},
		{"rtsp://u:a#b@cam/s", "rtsp://u:a#b@cam/s", "rtsp://cam/s"},
		{"rtsp://u:a/b@cam/s", "rtsp://u:a/b@cam/s", "rtsp://cam/s"},
		{"http://cam/x?user=a&password=geheim&n=1", "http://cam/x?user=a&password=geheim&n=1", "http://cam/x?user=a&password=***&n=1"},
		{"http://cam/x?token=1", "1 frame of http://cam/x?token=1", "1 frame of http://cam/x?token=***"},
		{`gst:rtspsrc location=rtsp://cam user-id=u user-pw="my pw" ! decodebin`, "my pw", Hidden},
		{`gst:rtspsrc user-pw="my pw" ! decodebin`, `gst:rtspsrc user-pw="my pw" ! decodebin`, "gst:rtspsrc user-pw=*** ! decodebin"},
		{`gst:rtspsrc user-pw = geheim ! decodebin`, `gst:rtspsrc user-pw = geheim ! decodebin`, "gst:rtspsrc user-pw = *** ! decodebin"},
		{`gst:rtspsrc user-pw='my pw' ! x`, `gst:rtspsrc user-pw='my pw' ! x`, "gst:rtspsrc user-pw=*** ! x"},
		{"nats://token@h", "nats://token@h", "nats://h"},
		{"http://cam/a@2x", "http://cam/a@2x", "http://cam/a@2x"},
		{"rtsp://cam/s", "rtsp://cam/s", "rtsp://cam/s"},
	}
	for _, tt := range tests {
		if got := New(tt.url).Text(tt.text); got != tt.want {
			t.Errorf("of %s: %q became %q, want %q", tt.url, tt.text, got, tt.want)
		}
	}
}

func TestRedactedError(t *testing.T) {
	r := New("rtsp://cam/", "hunter2")
	err := r.Err(fmt.Errorf("hunter2 refused: %w", source.ErrNotFound))
	if err.Error() != "*** refused: not found" || !errors.Is(err, source.ErrNotFound) {
		t.Errorf("%v, is ErrNotFound: %t", err, errors.Is(err, source.ErrNotFound))
	}
	if inner := errors.Unwrap(err); inner != nil {
		t.Errorf("the hidden text is one Unwrap away: %v", inner)
	}
	if plain := errors.New("nothing to hide"); !errors.Is(r.Err(plain), plain) || r.Err(nil) != nil {
		t.Error("an error without a secret was changed")
	}
}

// Whatever the password is and wherever it was given, it is never printed.
func TestRedactAnyPassword(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pw := rapid.StringMatching(`[A-Z@:/?#%&=+ _-]{6,20}`).Draw(t, "password")
		escaped := url.UserPassword("user", pw).String()
		for raw, r := range map[string]Redactor{
			"rtsp://" + escaped + "@cam/s": New("rtsp://" + escaped + "@cam/s"),
			"rtsp://cam/s":                 New("rtsp://cam/s", pw),
			"rtsp://user:" + pw + "@cam/s": New("rtsp://user:"+pw+"@cam/s", pw),
		} {
			out := r.Text("failed: " + raw + " with " + pw + " and " + url.QueryEscape(pw))
			if strings.Contains(out, pw) || strings.Contains(out, url.QueryEscape(pw)) {
				t.Fatalf("%q is in %q", pw, out)
			}
		}
	})
}
