//go:build e2e

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"braid/internal/porttest"
	"braid/internal/testdata"
	"braid/sink/embedded"
	"braid/sink/wire"
)

// remote is a NATS server outside braid, that goes away and comes back.
type remote struct {
	t   *testing.T
	cfg embedded.Config
	srv *embedded.Server
	url string
}

func newRemote(t *testing.T) *remote {
	t.Helper()
	r := &remote{t: t, cfg: embedded.DefaultConfig(t.TempDir())}
	r.cfg.Listen = porttest.Address(t)
	r.start()
	t.Cleanup(r.stop)
	return r
}

func (r *remote) start() {
	r.t.Helper()
	srv, err := embedded.Start(r.cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		r.t.Fatal(err)
	}
	r.srv, r.url = srv, srv.ClientURL()
}

func (r *remote) stop() {
	if r.srv == nil {
		return
	}
	if err := r.srv.Shutdown(); err != nil {
		r.t.Error(err)
	}
	r.srv = nil
}

// jetStream is a connection for the test.
func (r *remote) jetStream() jetstream.JetStream {
	r.t.Helper()
	nc, err := nats.Connect(r.url)
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(nc.Close)
	js, err := jetstream.New(nc)
	if err != nil {
		r.t.Fatal(err)
	}
	return js
}

// stored is what the stream of frames holds, in its order.
func (r *remote) stored() []*jetstream.RawStreamMsg {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), patience)
	defer cancel()
	stream, err := r.jetStream().Stream(ctx, wire.StreamFrames)
	if err != nil {
		r.t.Fatal(err)
	}
	var all []*jetstream.RawStreamMsg
	for at := uint64(1); ; at++ {
		m, err := stream.GetMsg(ctx, at, jetstream.WithGetMsgSubject("braid.v1.>"))
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			return all
		}
		if err != nil {
			r.t.Fatal(err)
		}
		all = append(all, m)
		at = m.Sequence
	}
}

// await returns when the stream holds n messages.
func (r *remote) await(n uint64) {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), patience)
	defer cancel()
	js := r.jetStream()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		stream, err := js.Stream(ctx, wire.StreamFrames)
		if err == nil && stream.CachedInfo().State.Msgs >= n {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			r.t.Fatalf("the stream does not get to %d messages: %v", n, err)
		}
	}
}

// publish starts a braid that publishes to the server and keeps its state.
func (r *remote) publish(state, site string, more ...string) *exec.Cmd {
	r.t.Helper()
	cmd := command(r.t, slices.Concat([]string{"run", "-o", "json", "--log-format", "json", "-c", writeFile(r.t, "braid.yaml", fmt.Sprintf(`
site: %s
instance: box
nats: {url: %q, jetstream: true}
model: ball
cameras: [{name: a, url: "test:?pattern=ball&size=320x240&fps=50"}, {name: b, url: "test:?pattern=ball&size=320x240&fps=25"}]
`, site, r.url))}, more)...)
	cmd.Env = append(cmd.Env, "XDG_STATE_HOME="+state)
	var out, logs lockedBuffer
	cmd.Stdout, cmd.Stderr = &out, &logs
	if err := cmd.Start(); err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() {
		_ = cmd.Process.Kill() // it has ended, unless the test failed
		if r.t.Failed() {
			r.t.Logf("logs of braid run:\n%s", logs.String())
		}
	})
	return cmd
}

// spoolGrows returns when the spool has grown by n bytes.
func spoolGrows(t *testing.T, state string, n int64) {
	t.Helper()
	size := func() (sum int64) {
		files, _ := filepath.Glob(filepath.Join(state, "braid", "spool", "box", "*.spool"))
		for _, f := range files {
			if info, err := os.Stat(f); err == nil {
				sum += info.Size()
			}
		}
		return sum
	}
	start := size()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	late := time.After(patience)
	for size() < start+n {
		select {
		case <-tick.C:
		case <-late:
			t.Fatalf("the spool holds %d bytes", size())
		}
	}
}

// TestFramesWaitForTheServer takes the server away, kills braid with frames in
// its spool, starts it again and lets the server come back: each frame is stored
// once, in order.
func TestFramesWaitForTheServer(t *testing.T) {
	r, state := newRemote(t), t.TempDir()
	first := r.publish(state, "one")
	r.await(60)
	r.stop()
	spoolGrows(t, state, 30_000)
	if err := first.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = first.Wait() // killed
	second := r.publish(state, "one")
	spoolGrows(t, state, 30_000)
	r.start()
	r.await(300)
	if err := second.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := second.Wait(); err != nil {
		t.Errorf("braid run: %v", err)
	}
	last, runs := map[string]uint64{}, map[string]bool{}
	for _, m := range r.stored() {
		f, err := wire.ParseFrame(m.Data)
		if err != nil {
			t.Fatal(err)
		}
		key := f.Camera + " of run " + f.Run
		if f.Seq != last[key]+1 {
			t.Errorf("%s: seq %d after %d", key, f.Seq, last[key])
		}
		last[key] = f.Seq
		runs[f.Run] = true
	}
	if len(last) != 4 || len(runs) != 2 {
		t.Errorf("stored %v", last)
	}
	if left, _ := filepath.Glob(filepath.Join(state, "braid", "spool", "box", "*.spool")); len(left) > 0 {
		t.Errorf("the spool still has %v", left)
	}
}

// says returns when a command has logged a text.
func says(t *testing.T, cmd *exec.Cmd, text string) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	late := time.After(patience)
	for !strings.Contains(cmd.Stderr.(*lockedBuffer).String(), text) {
		select {
		case <-tick.C:
		case <-late:
			t.Fatalf("%q is not logged", text)
		}
	}
}

// TestDropsOfTheSpoolAreInTheLedger: the server stays away until more was written
// than a small spool holds. The summary says how many frames the server has, how many
// were dropped on disk and how many still wait there, and the next start sends those.
func TestDropsOfTheSpoolAreInTheLedger(t *testing.T) {
	r, state := newRemote(t), t.TempDir()
	small := []string{"--set", "nats.spool.max_bytes=64KiB"}
	cmd := r.publish(state, "one", small...)
	r.await(60)
	r.stop()
	says(t, cmd, "the spool is full")
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("braid run: %v, want exit code 0", err)
	}
	published, left, dropped := uint64(0), uint64(0), uint64(0)
	s := summaryOf(t, cmd.Stdout.(*lockedBuffer).String())
	for _, c := range s.Cameras {
		sum := c.Published + c.InFlight
		for _, n := range c.Dropped {
			sum += n
		}
		if sum != c.In || len(c.Failed) > 0 || c.InFlight != c.Spooled || c.Spooled == 0 || c.Published == 0 {
			t.Errorf("the ledger of %s: %+v", c.Camera, c)
		}
		published, left, dropped = published+c.Published, left+c.Spooled, dropped+c.Dropped["spool"]
	}
	if dropped == 0 || published < 60 {
		t.Errorf("%d are published, %d dropped: %+v", published, dropped, s.Cameras)
	}
	r.start()
	if n := uint64(len(r.stored())); n < published || n > published+left {
		t.Errorf("%d are stored, %d were published and %d wait", n, published, left)
	}
	next := r.publish(state, "one") // with room: a full spool drops its oldest for frames that come before the server has taken any
	r.await(published + left + 20)
	if err := next.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := next.Wait(); err != nil {
		t.Error(err)
	}
	first := uint64(0)
	runs := map[string]bool{}
	for _, m := range r.stored() {
		f, err := wire.ParseFrame(m.Data)
		if err != nil {
			t.Fatal(err)
		}
		if runs[f.Run] = true; len(runs) == 1 {
			first++
		}
	}
	if first != published+left {
		t.Errorf("of the first start %d are stored, want %d published and %d that waited", first, published, left)
	}
	balanced(t, summaryOf(t, next.Stdout.(*lockedBuffer).String()))
}

// TestBatchSurvivesKills kills a batch again and again, and resumes it: file and
// stream are those of a batch that ran through.
func TestBatchSurvivesKills(t *testing.T) {
	video, photos := testdata.Path(t, "videos/sam2_01_dog.mp4"), filepath.Dir(testdata.Path(t, "images/well-known/dog.jpg"))
	whole, cut := newRemote(t), newRemote(t)
	dir := t.TempDir()
	args := func(r *remote, out string, more ...string) []string {
		a := []string{"batch", video, photos, "--model", "ball", "--max-frames", "280", "--nats", r.url, "--set", "nats.jetstream=true"}
		if out != "" {
			a = append(a, "--out", filepath.Join(dir, out))
		}
		return append(a, more...)
	}
	mustRun(t, args(whole, "whole.jsonl")...)
	want := whole.stored()
	for _, tt := range []struct{ name, out string }{{"file and stream", "cut.jsonl"}, {"stream alone", ""}} {
		t.Run(tt.name, func(t *testing.T) {
			if err := cut.jetStream().DeleteStream(t.Context(), wire.StreamFrames); err != nil && !errors.Is(err, jetstream.ErrStreamNotFound) {
				t.Fatal(err)
			}
			kills := 0
			for at := uint64(15); ; at += 30 {
				cmd := command(t, args(cut, tt.out, "--resume")...)
				if err := cmd.Start(); err != nil {
					t.Fatal(err)
				}
				ended := make(chan error, 1)
				go func() { ended <- cmd.Wait() }()
				if at < 110 {
					cut.await(at)
					_ = cmd.Process.Kill() // it may have ended
					kills++
				}
				if err := <-ended; err == nil {
					break
				}
			}
			got := cut.stored()
			if len(got) != len(want) || len(want) < 280 {
				t.Fatalf("after %d kills %d messages are stored, want %d", kills, len(got), len(want))
			}
			for i := range want {
				if got[i].Subject != want[i].Subject || got[i].Header.Get("Nats-Msg-Id") != want[i].Header.Get("Nats-Msg-Id") || !bytes.Equal(got[i].Data, want[i].Data) {
					t.Fatalf("message %d is\n%s\nwant\n%s", i+1, got[i].Data, want[i].Data)
				}
			}
			if tt.out != "" && !bytes.Equal(read(t, filepath.Join(dir, tt.out)), read(t, filepath.Join(dir, "whole.jsonl"))) {
				t.Error("the file has other bytes")
			}
			if kills < 3 {
				t.Errorf("killed %d times", kills)
			}
		})
	}
}

func TestResumeNeedsSomethingToReadBack(t *testing.T) {
	for _, args := range [][]string{
		{"--out", "-", "--resume"}, {"--nats", "127.0.0.1:1", "--resume"}, {"--out", "-", "--nats", "127.0.0.1:1", "--set", "nats.jetstream=true", "--resume"},
	} {
		if r := braid(t, append([]string{"batch", "x.mp4", "--model", "ball"}, args...)...); r.code != 2 || !strings.Contains(r.stderr, "--out FILE.jsonl") {
			t.Errorf("%v: exit %d\n%s", args, r.code, r.stderr)
		}
	}
}

// TestDryRun: it tells, and does nothing.
func TestDryRun(t *testing.T) {
	r := newRemote(t)
	config := writeFile(t, "braid.yaml", fmt.Sprintf("nats: {url: %q, jetstream: true, max_age: 2h}\nmodel: ball\ncameras: [{name: a, url: 'test:'}]\n", r.url))
	says := func(code int, texts ...string) {
		t.Helper()
		got := braid(t, "run", "--dry-run", "-c", config)
		for _, text := range texts {
			if got.code != code || !strings.Contains(got.out+got.stderr, text) {
				t.Errorf("exit %d, want %d and %q:\n%s%s", got.code, code, text, got.out, got.stderr)
			}
		}
	}
	says(0, "stream BRAID_FRAMES would be made: max_age 2h0m0s, max_bytes 1073741824", "stream BRAID_EVENTS would be made", "camera a: test:", "plan p-", "frames wait in ")
	js := r.jetStream()
	if _, err := js.Stream(t.Context(), wire.StreamFrames); !errors.Is(err, jetstream.ErrStreamNotFound) {
		t.Errorf("the stream: %v", err)
	}
	made := jetstream.StreamConfig{Name: wire.StreamFrames, Subjects: []string{"braid.v1.*.frame.>"}, Storage: jetstream.MemoryStorage}
	if _, err := js.CreateStream(t.Context(), made); err != nil {
		t.Fatal(err)
	}
	says(4, "stream BRAID_FRAMES: max_age is 0s, configured is 2h0m0s: would be changed", "storage is memory, configured is file: cannot be changed", "set nats.storage: memory, or remove the stream")
	if got := braid(t, "run", "-c", config); got.code != 4 || !strings.Contains(got.stderr, "set nats.storage: memory") {
		t.Errorf("a run: exit %d\n%s", got.code, got.stderr)
	}
	r.stop()
	says(4, r.url)
	says(4, "camera a: test:")
	got := mustRun(t, "run", "--dry-run", "-o", "json", "-c", "configs/demo.yaml", "--set", "model=ball", "--plan", "auto")
	if !strings.Contains(got.out, `"stream":"BRAID_EVENTS"`) {
		t.Errorf("of the embedded server:\n%s", got.out)
	}
}

// TestGuardedServer opens the embedded server to the network, with users.
func TestGuardedServer(t *testing.T) {
	for _, user := range []string{"PUBLISHER", "SUBSCRIBER", "OPERATOR"} {
		t.Setenv(user+"_PASSWORD", "s3cret-"+strings.ToLower(user))
	}
	password := func(user string) string { return writeFile(t, user, "s3cret-"+user+"\n") }
	users := filepath.Join(testdata.Root(t), "configs", "nats", "users.conf")
	guard := func(more string) string {
		return fmt.Sprintf("nats: {listen: '0.0.0.0:0'%s}\nmodel: ball\ncameras: [{name: a, url: 'test:?pattern=ball&size=320x240&fps=25'}]\n", more)
	}
	for name, c := range map[string]struct {
		more string
		code int
		says string
	}{
		"open":           {"", 3, "braid.yaml:1: nats.listen: 0.0.0.0:0 is open to the network"},
		"nobody":         {fmt.Sprintf(", users_file: %q", users), 3, "braid is a user too"},
		"no file":        {", users_file: none.conf, username: publisher, password: p", 3, "none.conf"},
		"wrong password": {fmt.Sprintf(", users_file: %q, username: publisher, password_file: %q", users, password("operator")), 4, "as user publisher: nats: Authorization Violation"},
	} {
		r := braid(t, "run", "-c", writeFile(t, "braid.yaml", guard(c.more)))
		if r.code != c.code || !strings.Contains(r.stderr, c.says) || strings.Contains(r.stderr, "s3cret") {
			t.Errorf("%s: exit %d, want %d and %q\n%s", name, r.code, c.code, c.says, r.stderr)
		}
	}
	s := serve(t, guard(fmt.Sprintf(", users_file: %q, username: publisher, password_file: %q", users, password("publisher"))))
	as := []string{"--username", "subscriber", "--password-file", password("subscriber")}
	if got := s.watch(t, "10", as...); len(got) != 10 {
		t.Errorf("%d frames", len(got))
	}
	if got := s.watch(t, "10", slices.Concat(as, []string{"--durable", "d"})...); len(got) != 10 || got[0].Seq != 1 {
		t.Errorf("durable: %d frames", len(got))
	}
	cameras := func(user string, args ...string) result {
		return braid(t, slices.Concat([]string{"cameras"}, args, []string{"--nats", s.url, "--username", user, "--password-file", password(user)})...)
	}
	for _, user := range []string{"subscriber", "operator"} {
		if r := cameras(user, "ls"); r.code != 0 || !strings.Contains(r.out, "playing") {
			t.Errorf("cameras ls as %s: exit %d\n%s%s", user, r.code, r.out, r.stderr)
		}
	}
	if r := cameras("subscriber", "set", "a", "max_fps=5"); r.code == 0 || !strings.Contains(strings.ToLower(r.stderr), "permissions violation") {
		t.Errorf("a subscriber changes a camera: exit %d\n%s%s", r.code, r.out, r.stderr)
	}
	if r := cameras("operator", "set", "a", "max_fps=5"); r.code != 0 {
		t.Errorf("cameras set as operator: exit %d\n%s", r.code, r.stderr)
	}
	if r := braid(t, "watch", "--nats", s.url, "--count", "1"); r.code != 4 || !strings.Contains(r.stderr, "without credentials") {
		t.Errorf("without credentials: exit %d\n%s", r.code, r.stderr)
	}
	balanced(t, s.stop(t, syscall.SIGTERM, 0))
}
