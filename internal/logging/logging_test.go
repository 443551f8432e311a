package logging

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"
)

func TestRepeatedFaultIsOneLineASecond(t *testing.T) {
	var out bytes.Buffer
	now := time.Unix(1000, 0)
	log := slog.New(newRepeat(slog.NewTextHandler(&out, nil), func() time.Time { return now }))
	cam := log.With("camera", "a")

	for range 50 {
		cam.Warn("publishing failed", "error", "away")
	}
	log.With("camera", "b").Warn("publishing failed") // another camera is another fault
	log.Warn("publishing failed", "sink", "nats")
	now = now.Add(period)
	cam.Warn("publishing failed", "error", "away")
	cam.Info("one")
	cam.Info("one") // only faults are held back

	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != 6 {
		t.Fatalf("got %d lines, want 6:\n%s", len(lines), out.String())
	}
	if !strings.Contains(lines[3], "repeated=49") {
		t.Errorf("fourth line %q does not count the 49 left out", lines[3])
	}
}

func TestNewRefusesWhatItDoesNotKnow(t *testing.T) {
	for _, c := range []Config{{"loud", "text"}, {"info", "xml"}, {}} {
		if _, err := New(c, &bytes.Buffer{}); err == nil {
			t.Errorf("New(%+v) has no error", c)
		}
	}
	var out bytes.Buffer
	log, err := New(Config{"warn", "json"}, &out)
	if err != nil {
		t.Fatal(err)
	}
	log.Info("quiet")
	log.Warn("loud")
	if got := out.String(); strings.Contains(got, "quiet") || !strings.Contains(got, `"msg":"loud"`) {
		t.Errorf("wrote %s", got)
	}
}

func TestFaultMemoryIsBounded(t *testing.T) {
	f := &faults{now: time.Now, by: map[string]*fault{}}
	for i := range 3 * maxFaults {
		f.pass(strings.Repeat("x", i%7) + time.Duration(i).String())
	}
	if len(f.by) > maxFaults {
		t.Errorf("remembers %d faults, bound is %d", len(f.by), maxFaults)
	}
}
