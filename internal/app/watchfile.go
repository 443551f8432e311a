package app

import (
	"os"
	"path/filepath"
	"time"

	"github.com/fsnotify/fsnotify"
)

// settle is how long a configuration file must be left alone before it is read:
// editors write in several steps. Where its folder is never left alone, as another
// program writes there, the file is read every unsettled all the same.
const (
	settle    = 250 * time.Millisecond
	unsettled = 2 * time.Second
)

// watchedFile is a file, what was in it when it began to be watched, and where its changes
// are told: a token when something has happened in its folder, for a file that is replaced is
// another one to the system.
type watchedFile struct {
	path    string
	text    []byte // nil where it could not be read
	changes <-chan struct{}
	err     error // why there will be no changes
	watcher *fsnotify.Watcher
}

// watchFile watches from before it reads: nothing that comes later is missed.
func watchFile(path string) *watchedFile {
	w := &watchedFile{path: path}
	if w.watcher, w.err = fsnotify.NewWatcher(); w.err == nil {
		if w.err = w.watcher.Add(filepath.Dir(path)); w.err == nil {
			if target, err := filepath.EvalSymlinks(path); err == nil {
				_ = w.watcher.Add(filepath.Dir(target)) // the same folder mostly; else what a link leads to changes there
			}
		}
		w.changes = onceSettled(w.watcher.Events, w.watcher.Errors)
	}
	w.text, _ = os.ReadFile(path) // without a file there is none to compare with
	return w
}

func (w *watchedFile) close() {
	if w.watcher != nil {
		_ = w.watcher.Close() // nothing is left to do with it
	}
}

// onceSettled gives a token when events have ended for settle, or not ended for unsettled,
// until there are no more. An error of the watcher is that it has missed some.
func onceSettled(events <-chan fsnotify.Event, missed <-chan error) <-chan struct{} {
	tokens := make(chan struct{}, 1)
	go func() {
		var since time.Time // the first event without a token, zero: none
		quiet := time.NewTimer(settle)
		quiet.Stop()
		for {
			open := true
			select {
			case _, open = <-events:
			case _, open = <-missed:
			case <-quiet.C:
				since = time.Time{}
				select {
				case tokens <- struct{}{}:
				default:
				}
				continue
			}
			if !open {
				quiet.Stop()
				return
			}
			if since.IsZero() {
				since = time.Now()
			}
			quiet.Reset(min(settle, time.Until(since.Add(unsettled))))
		}
	}()
	return tokens
}
