package app

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"syscall"
)

// Output is the program's stdout. It remembers the first write that failed:
// printing a table says nothing of it, and a result that is on no disk must not
// look like one.
type Output struct {
	file *os.File

	mu   sync.Mutex
	lost error
}

// NewOutput is an Output into a file.
func NewOutput(f *os.File) *Output { return &Output{file: f} }

// Write implements io.Writer.
func (o *Output) Write(p []byte) (int, error) {
	n, err := o.file.Write(p)
	if err != nil && !errors.Is(err, syscall.EPIPE) { // a reader that went away, as head does, has what it wanted
		o.mu.Lock()
		defer o.mu.Unlock()
		if o.lost == nil {
			o.lost = err
		}
	}
	return n, err
}

// Fd tells whether a terminal is behind it, and how large.
func (o *Output) Fd() uintptr { return o.file.Fd() }

// Settle is how a command ended whose own error is err, and whether the user has
// read of that already: said, where its output tells, is no longer so once that
// is lost.
func (o *Output) Settle(err error, said bool) (_ error, read bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.lost == nil || errors.Is(err, o.lost) { // the command has noticed
		return err, said
	}
	lost := fmt.Errorf("writing the result: %w", o.lost)
	if said {
		return lost, false
	}
	return errors.Join(err, lost), false
}
