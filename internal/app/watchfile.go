package app

import (
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

// watchFile gives a token when something has happened in a file's folder: a file that is
// replaced is another one to the system. Without such notes only the user's asking
// is left.
func (l *live) watchFile(file string) (changes <-chan struct{}, stop func()) {
	w, err := fsnotify.NewWatcher()
	if err == nil {
		if err = w.Add(filepath.Dir(file)); err == nil {
			return onceSettled(w.Events, w.Errors), func() { _ = w.Close() } // nothing is left to do with it
		}
		_ = w.Close() // the error is told
	}
	l.env.Log.Warn("the configuration file is not watched: send SIGHUP after a change", "file", file, "error", err)
	return nil, func() {}
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
