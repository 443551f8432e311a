// Package app builds the program out of its parts: from configuration, model
// card and plan to a running graph. It holds what each command does; the command
// line itself is cmd/braid's.
package app

import (
	"context"
	"io"
	"log/slog"
	"slices"
	"strings"

	"golang.org/x/term"
)

// Env is the world that a command runs in.
type Env struct {
	In       io.Reader
	Out, Err io.Writer // data goes to Out, logs and progress to Err
	Getenv   func(string) string
	Environ  []string
	Exe      string // path of the program, "" where unknown
	Version  string
	Log      *slog.Logger
	JSON     bool            // -o json
	Drain    <-chan struct{} // closed: take nothing new, finish what was taken
	Reload   <-chan struct{} // a token: read the configuration again
	Reported bool            // the command's output has told the user of the error
}

// Choice is what the flags that every command has choose.
type Choice struct {
	Model   string
	Plan    string
	Backend string
	Set     []string
}

// draining says whether the user has asked to stop.
func (e *Env) draining() bool {
	select {
	case <-e.Drain:
		return true
	default:
		return false
	}
}

// untilDrain is a context for work that has nothing to finish: it ends with the
// user's first signal.
func (e *Env) untilDrain(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	go func() {
		select {
		case <-e.Drain:
			cancel(ErrInterrupted)
		case <-ctx.Done():
		}
	}()
	return ctx, func() { cancel(nil) }
}

// described is what has a file descriptor: a file, or the Output into one.
type described interface{ Fd() uintptr }

// terminal says whether a person reads w.
func (e *Env) terminal(w io.Writer) bool {
	f, ok := w.(described)
	return ok && term.IsTerminal(int(f.Fd()))
}

// terminalSize is the size of the terminal behind w, in characters; 80x24 where
// that is not known.
func terminalSize(w io.Writer) (width, height int) {
	if f, ok := w.(described); ok {
		if width, height, err := term.GetSize(int(f.Fd())); err == nil && width > 0 && height > 0 {
			return width, height
		}
	}
	return 80, 24
}

// Message is an error as the user sees it: one line for each problem, each once.
func Message(err error) string {
	var lines []string
	for line := range strings.Lines(err.Error()) {
		line = strings.TrimSpace(line)
		if line != "" && !slices.Contains(lines, line) {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n")
}

// oneLine folds a text into one line.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
