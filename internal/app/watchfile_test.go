package app

import (
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fsnotify/fsnotify"
)

// TestSettled counts the tokens of folders that are written to in several ways.
func TestSettled(t *testing.T) {
	const ms = time.Millisecond
	for _, tt := range []struct {
		name          string
		events, every time.Duration // for how long, and how often
		lost          bool          // the watcher tells of errors only
		tokens        int
		first         time.Duration // when the first one came
	}{
		{name: "one event", events: 1, every: ms, tokens: 1, first: settle},
		{name: "an editor's steps", events: 200 * ms, every: 50 * ms, tokens: 1, first: 150*ms + settle},
		{name: "never left alone", events: 10 * time.Second, every: 100 * ms, tokens: 5, first: unsettled},
		{name: "slower than it settles", events: 3 * time.Second, every: time.Second, tokens: 3, first: settle},
		{name: "events that are lost", events: 1, every: ms, lost: true, tokens: 1, first: settle},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				events, missed := make(chan fsnotify.Event), make(chan error)
				begin, first, n := time.Now(), time.Duration(0), 0
				tokens, stop, ended := onceSettled(events, missed), make(chan struct{}), make(chan struct{})
				go func() {
					defer close(ended)
					for {
						select {
						case <-tokens:
							if n++; n == 1 {
								first = time.Since(begin)
							}
						case <-stop:
							return
						}
					}
				}()
				for ; time.Since(begin) < tt.events; <-time.After(tt.every) {
					if tt.lost {
						missed <- fsnotify.ErrEventOverflow
					} else {
						events <- fsnotify.Event{}
					}
				}
				<-time.After(time.Minute)
				close(stop)
				<-ended
				close(events)
				if n != tt.tokens || first != tt.first {
					t.Errorf("%d tokens, the first after %v; want %d, %v", n, first, tt.tokens, tt.first)
				}
			})
		})
	}
}

// TestWatchFile tells of changes from before it was read, also where it is a link to another
// folder.
func TestWatchFile(t *testing.T) {
	dir, other := t.TempDir(), t.TempDir()
	plain, linked, target := filepath.Join(dir, "a.yaml"), filepath.Join(dir, "b.yaml"), filepath.Join(other, "c.yaml")
	write := func(path, text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(plain, "first")
	write(target, "first")
	if err := os.Symlink(target, linked); err != nil {
		t.Fatal(err)
	}
	for path, written := range map[string]string{plain: plain, linked: target} {
		w := watchFile(path)
		if w.err != nil || string(w.text) != "first" {
			t.Fatalf("%q, %v", w.text, w.err)
		}
		write(written, "second")
		select {
		case <-w.changes:
		case <-time.After(20 * time.Second):
			t.Errorf("%s: no change is told", path)
		}
		w.close()
	}
	if w := watchFile(filepath.Join(dir, "none", "x.yaml")); w.err == nil || w.text != nil {
		t.Errorf("a folder that is not there: %q, %v", w.text, w.err)
	} else {
		w.close()
	}
}
