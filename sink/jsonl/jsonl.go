// Package jsonl writes one braid.v1 message a line to a file or a stream.
package jsonl

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"

	"braid/sink"
	"braid/sink/wire"
)

// Sink writes lines to a stream, in the order of Write and one write each: a
// settled message is in the file or pipe and outlives the process, a reader sees
// it at once, and the system call is lost in the time of an inference. After an
// error nothing more is written, since the last line may be cut off.
type Sink struct {
	out  io.WriteCloser // nil after Close
	old  *os.File       // out, while it holds what was there before; nil: it does not
	line []byte
	err  error // the first, kept
}

var (
	_ sink.Sink = (*Sink)(nil)

	errClosed = errors.New("writing results: already closed")
)

// New writes to w, which the Sink owns: Close syncs it where it is a regular
// file, and closes it.
func New(w io.WriteCloser) *Sink { return &Sink{out: w} }

// Open creates the file, or opens the one that is there, whose lines stay until the first Write or
// Begin: what cannot be analysed costs no earlier results. "-" is stdout, which
// Close leaves open. A file that a crash left holds whole lines, but perhaps
// for the last. A file belongs to one process at a time: ErrTaken.
func Open(path string, stdout io.Writer) (*Sink, error) {
	if path == "-" {
		return New(stayOpen{stdout}), nil
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE, 0o666)
	if err != nil {
		return nil, fmt.Errorf("creating the results file: %w", err)
	}
	if err := Take(f); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &Sink{out: f, old: f}, nil
}

// ErrTaken is wrapped where another process writes the file.
var ErrTaken = errors.New("another process writes it: give each a file of its own")

// Take keeps other processes that ask from a regular file, as long as it is open.
func Take(f *os.File) error {
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return err
	}
	err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return fmt.Errorf("results file %s: %w", f.Name(), ErrTaken)
	}
	return nil // a file system without locks keeps nobody off
}

// Begin takes out what a file held before, as the first Write does.
func (s *Sink) Begin() error {
	old := s.old
	s.old = nil
	if old == nil || s.err != nil {
		return s.err
	}
	info, err := old.Stat()
	if err == nil && info.Mode().IsRegular() {
		err = old.Truncate(0)
	}
	if err != nil {
		s.err = fmt.Errorf("emptying the results file: %w", err)
	}
	return s.err
}

// Name implements sink.Sink.
func (s *Sink) Name() string { return "jsonl" }

// Write implements sink.Sink. It settles before it returns, and allocates
// nothing once a line of that length was written.
func (s *Sink) Write(_ context.Context, m *wire.Frame, r sink.Receipt) {
	if s.Begin() == nil {
		s.line = append(m.AppendJSON(s.line[:0]), '\n')
		if _, err := s.out.Write(s.line); err != nil {
			s.err = fmt.Errorf("writing results: %w", err)
		}
	}
	r.Settle(s.err)
}

// Flush returns the error that stopped the writing, if any: nothing waits.
func (s *Sink) Flush(context.Context) error { return s.err }

// Close syncs a regular file to its disk, and closes.
func (s *Sink) Close() error {
	if s.out == nil {
		return nil
	}
	err := s.err
	if f, ok := s.out.(*os.File); ok && err == nil {
		err = syncFile(f)
	}
	if cerr := s.out.Close(); cerr != nil && err == nil {
		err = fmt.Errorf("closing the results: %w", cerr)
	}
	s.out, s.err = nil, errClosed
	return err
}

// syncFile does nothing to what has no disk: a pipe, a terminal.
func syncFile(f *os.File) error {
	info, err := f.Stat()
	if err == nil && info.Mode().IsRegular() {
		err = f.Sync()
	}
	if err != nil {
		return fmt.Errorf("syncing the results: %w", err)
	}
	return nil
}

// stayOpen is a stream that belongs to someone else.
type stayOpen struct{ io.Writer }

// Close implements io.Closer.
func (stayOpen) Close() error { return nil }
