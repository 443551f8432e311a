//go:build e2e && !nogst

package video

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"braid/internal/gst"
	"braid/internal/gst/gsttest"
	"braid/source"
	"braid/source/video/rtsptest"
)

// reconnect has cameras that close after three frames play so many times in all, and
// stops them.
func reconnect(t *testing.T, urls []string, times int) {
	t.Helper()
	s := newStation(t)
	var all []*watched
	for i, url := range urls {
		all = append(all, s.add(Config{Name: fmt.Sprint("cam", i), URL: url}, source.Backoff{First: time.Millisecond, Max: time.Millisecond}))
	}
	s.until("enough reconnects", func() bool {
		n := 0
		for _, w := range all {
			n += w.been(source.Playing)
		}
		return n >= times
	})
	s.close()
}

func closing(t *testing.T, cameras int) (urls []string) {
	t.Helper()
	clip := rtsptest.NewClip(t, 320, 240, 20)
	for range cameras {
		urls = append(urls, rtsptest.Start(t, rtsptest.Options{Clip: clip, CloseAfter: 3}).URL)
	}
	return urls
}

// TestReconnectsLeakNothing holds descriptors, goroutines, threads and memory to what
// they were, over 200 reconnects.
func TestReconnectsLeakNothing(t *testing.T) {
	urls := closing(t, 8)
	type usage struct{ fds, goroutines, threads, kb int }
	use := func() usage {
		debug.FreeOSMemory()
		return usage{count(t, "fd"), runtime.NumGoroutine(), count(t, "task"), residentKB(t)}
	}
	reconnect(t, urls, 60)
	before := use()
	reconnect(t, urls, 200)
	after := use()
	t.Logf("before %+v, after %+v", before, after)
	if after.fds > before.fds+2 || after.goroutines > before.goroutines+4 || after.threads > before.threads+6 || after.kb > before.kb+16384 { // one picture for each reconnect would be 23 MB
		t.Errorf("before 200 reconnects %+v, after them %+v", before, after)
	}
}

// TestNoObjectIsLeft counts GStreamer's own objects, in a process of its own: the
// tracer that lists them must be there from the start.
func TestNoObjectIsLeft(t *testing.T) {
	const child = "BRAID_TEST_LEAKS"
	if os.Getenv(child) == "" {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestNoObjectIsLeft$", "-test.v", "-test.timeout=2m")
		cmd.Env = append(os.Environ(), child+"=1")
		out, err := cmd.CombinedOutput()
		if err != nil || !strings.Contains(string(out), "objects live before") {
			t.Fatalf("%v\n%s", err, out)
		}
		return
	}
	gsttest.Trace(t)
	urls := closing(t, 4)
	reconnect(t, urls, 8)
	before := gsttest.Live(t)
	reconnect(t, urls, 24)
	after := gsttest.Live(t)
	total := 0
	for _, n := range before {
		total += n
	}
	t.Logf("%d objects live before, of %d types", total, len(before))
	for kind, n := range after {
		if n > before[kind]+2 { // what GStreamer caches
			t.Errorf("%s: %d live after 24 reconnects, %d before", kind, n, before[kind])
		}
	}
}

// TestPicturesGoBack has four recordings of large pictures play over and over at once:
// when they have gone the system has the memory of the pictures again, and the heaps of
// the C library's threads have not kept it.
func TestPicturesGoBack(t *testing.T) {
	file := filepath.Join(t.TempDir(), "large.mp4")
	rtsptest.Launch(t, "videotestsrc num-buffers=6 pattern=ball ! video/x-raw,width=1920,height=1080 ! x264enc speed-preset=ultrafast ! mp4mux ! filesink location=%s", file)
	playAll := func(cameras, times int) {
		var group errgroup.Group
		for range cameras {
			group.Go(func() error {
				for range times {
					if err := open(t, Config{URL: file}).run(t.Context(), newProbe(t, nil)); err != nil {
						return err
					}
				}
				return nil
			})
		}
		if err := group.Wait(); err != nil {
			t.Fatal(err)
		}
		debug.FreeOSMemory()
	}
	playAll(1, 1)
	before := residentKB(t)
	playAll(4, 3)
	after := residentKB(t)
	t.Logf("resident: %d KB before, %d KB after", before, after)
	if after > before+96<<10 { // without returnMemory some 360 MB
		t.Errorf("%d KB are resident after 12 recordings, %d KB before", after, before)
	}
}

// A pipeline that does not stop is left behind, counted, and frees itself when it
// stops after all; meanwhile the camera goes on, but not for ever.
func TestStuckPipelineIsLeftBehind(t *testing.T) {
	s := open(t, Config{Name: "stuck", URL: "gst:videotestsrc is-live=true ! identity sleep-time=6000000"})
	s.plan.options.Stop = 100 * time.Millisecond
	begin := time.Now()
	for n := range maxLeft {
		if err := cancelledAfter(t, s, 700*time.Millisecond); !errors.Is(err, errEnough) || s.Info().Abandoned != n+1 {
			t.Fatalf("%v, %d left behind", err, s.Info().Abandoned)
		}
	}
	if took := time.Since(begin); took > 3700*time.Millisecond {
		t.Errorf("stopping took %v", took)
	}
	if err := s.run(t.Context(), newProbe(t, nil)); err == nil || !strings.Contains(err.Error(), "opening no other") || errors.Is(err, gst.ErrStuck) {
		t.Errorf("one more: %v", err)
	}
	for late := time.After(40 * time.Second); s.left.Load() > 0; {
		select {
		case <-late:
			t.Fatalf("%d pipelines have not freed themselves", s.left.Load())
		default:
			runtime.Gosched()
		}
	}
}
