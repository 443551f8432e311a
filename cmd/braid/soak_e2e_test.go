//go:build e2e

package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"braid/internal/porttest"
	"braid/sink/wire"
)

// soakTime is for how long the soak test runs: $SOAK_TIME, a minute without it.
func soakTime(t *testing.T) time.Duration {
	t.Helper()
	text := os.Getenv("SOAK_TIME")
	if text == "" {
		return time.Minute
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < 20*time.Second {
		t.Fatalf("SOAK_TIME is %q: want a time of 20s or more", text)
	}
	return d
}

// The cameras send 320 frames/s for each core, more than the fastest CPU that this ran on
// analyses.
const (
	soakCameras = 8
	soakRate    = 40 // of each camera, for each core
	soakBudget  = 400 * time.Millisecond
)

func soakConfig(remote, listen string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "site: soak\ninstance: box\nnats: {url: %q, jetstream: true, max_per_camera: 1000000}\nhttp: {listen: %q}\nmodel: braid-nano-320\ncameras:\n", remote, listen)
	for i := range soakCameras {
		fmt.Fprintf(&b, "  - {name: c%d, url: \"test:?pattern=ball&size=320x240&fps=%d\", budget: %s}\n", i, soakRate*runtime.GOMAXPROCS(0), soakBudget)
	}
	return b.String()
}

// TestSoak runs eight cameras that send more than there is room for, with subscribers that
// never read and a server that goes away twice: what grows, grows for ever. Every frame
// is accounted for, and every message arrives once and in order.
func TestSoak(t *testing.T) {
	lasts := soakTime(t)
	r := newRemote(t)
	listen := porttest.Address(t)
	cmd := command(t, "run", "-o", "json", "--log-format", "json", "-c", writeFile(t, "braid.yaml", soakConfig(r.url, listen)))
	var out, logs lockedBuffer
	cmd.Stdout, cmd.Stderr = &out, &logs
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // it has ended, unless the test failed
		if t.Failed() {
			t.Logf("logs of braid run:\n%s", logs.String())
		}
	})
	r.await(100)
	for range 3 {
		stalled(t, r.url)
	}
	var gauges []gauge
	begin, away := time.Now(), []time.Duration{lasts / 3, 2 * lasts / 3}
	for ticks := time.NewTicker(500 * time.Millisecond); time.Since(begin) < lasts; <-ticks.C {
		gauges = append(gauges, gaugesOf(t, listen))
		if len(away) > 0 && time.Since(begin) > away[0] {
			away = away[1:]
			r.stop()
			r.start()
		}
	}
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Fatalf("braid run: %v", err)
	}
	s := summaryOf(t, out.String())
	balanced(t, s)
	steady(t, gauges)
	arrived(t, r, s)
}

// stalled subscribes to everything and reads nothing.
func stalled(t *testing.T, server string) {
	t.Helper()
	u, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	c, err := net.Dial("tcp", u.Host)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if _, err := io.WriteString(c, "CONNECT {\"verbose\":false}\r\nSUB braid.> 1\r\n"); err != nil {
		t.Fatal(err)
	}
}

// gauge is what must not grow.
type gauge struct{ memory, goroutines, descriptors float64 }

func gaugesOf(t *testing.T, listen string) (g gauge) {
	t.Helper()
	resp, err := http.Get("http://" + listen + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
		name, value, _ := strings.Cut(lines.Text(), " ")
		for metric, to := range map[string]*float64{
			"process_resident_memory_bytes": &g.memory, "go_goroutines": &g.goroutines, "process_open_fds": &g.descriptors,
		} {
			if name == metric {
				if *to, err = strconv.ParseFloat(value, 64); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	if g.memory == 0 || g.goroutines == 0 || g.descriptors == 0 {
		t.Fatalf("/metrics lacks what is looked for: %+v", g)
	}
	return g
}

// steady holds the last quarter of a run against the second.
func steady(t *testing.T, all []gauge) {
	t.Helper()
	median := func(part []gauge, of func(gauge) float64) float64 {
		var list []float64
		for _, g := range part {
			list = append(list, of(g))
		}
		slices.Sort(list)
		return list[len(list)/2]
	}
	n := len(all)
	for _, c := range []struct {
		what  string
		of    func(gauge) float64
		grows func(before float64) float64 // the most that is not growth
	}{
		{"memory", func(g gauge) float64 { return g.memory }, func(b float64) float64 { return 1.1*b + 16<<20 }},
		{"goroutines", func(g gauge) float64 { return g.goroutines }, func(b float64) float64 { return b + 8 }},
		{"descriptors", func(g gauge) float64 { return g.descriptors }, func(b float64) float64 { return b + 4 }},
	} {
		before, after := median(all[n/4:n/2], c.of), median(all[3*n/4:], c.of)
		t.Logf("%s: %.0f, then %.0f", c.what, before, after)
		if after > c.grows(before) {
			t.Errorf("%s grew from %.0f to %.0f", c.what, before, after)
		}
	}
}

// arrived holds what the stream has against the summary: each message once, in order, and
// young; and the cameras, which are all alike, got the same.
func arrived(t *testing.T, r *remote, s summary) {
	t.Helper()
	want, sum, squares := uint64(0), 0.0, 0.0
	for _, c := range s.Cameras {
		want += c.Published
		sum, squares = sum+float64(c.Published), squares+float64(c.Published)*float64(c.Published)
	}
	r.await(want)
	last := map[string]uint64{}
	late, n := 0, uint64(0)
	for _, m := range r.stored() {
		f, err := wire.ParseFrame(m.Data)
		if err != nil {
			t.Fatal(err)
		}
		if f.Seq != last[f.Camera]+1 {
			t.Errorf("camera %s: message %d comes behind %d", f.Camera, f.Seq, last[f.Camera])
		}
		last[f.Camera] = f.Seq
		n++
		if f.Age > float64(soakBudget/time.Millisecond) {
			late++
		}
	}
	if n != want {
		t.Errorf("%d messages are stored, %d were published", n, want)
	}
	jain := sum * sum / (float64(len(s.Cameras)) * squares)
	t.Logf("%d frames, %.2f %% older than %v, Jain's index %.4f", n, 100*float64(late)/float64(n), soakBudget, jain)
	if float64(late) > 0.05*float64(n) { // a hundredth on a machine of one's own: docs/results.md
		t.Errorf("%d of %d messages are older than %v", late, n, soakBudget)
	}
	if jain < 0.95 {
		t.Errorf("Jain's index of the cameras is %.3f, want 0.95: %+v", jain, s.Cameras)
	}
	dropped := uint64(0)
	for _, c := range s.Cameras {
		dropped += c.Dropped["late"] + c.Dropped["policy"]
	}
	if dropped == 0 {
		t.Error("nothing was dropped: there was no overload to try")
	}
}
