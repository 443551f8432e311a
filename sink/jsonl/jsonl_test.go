package jsonl_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"braid/sink/jsonl"
	"braid/sink/wire"
)

// receipts notes what became of each message.
type receipts []error

func (r *receipts) Settle(err error) { *r = append(*r, err) }

func frame(seq uint64) *wire.Frame { return &wire.Frame{Camera: "a", Run: "r", Seq: seq} }

func TestFileHoldsTheMessages(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out.jsonl")
	if err := os.WriteFile(path, []byte("old\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := jsonl.Open(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	var settled receipts
	for seq := range uint64(3) {
		s.Write(t.Context(), frame(seq+1), &settled)
		data, err := os.ReadFile(path)
		if err != nil || bytes.Count(data, []byte("\n")) != int(seq)+1 {
			t.Errorf("message %d was settled, but the file is %q (%v)", seq+1, data, err)
		}
	}
	if err := errors.Join(s.Flush(t.Context()), s.Close(), s.Close()); err != nil {
		t.Error(err)
	}
	if err := errors.Join(settled...); err != nil || len(settled) != 3 {
		t.Errorf("%d settled, %v", len(settled), err)
	}
	data, _ := os.ReadFile(path)
	for i, line := range strings.Split(strings.TrimSuffix(string(data), "\n"), "\n") {
		m, err := wire.ParseFrame([]byte(line))
		if err != nil || m.Seq != uint64(i)+1 {
			t.Errorf("line %d: %v, seq %d", i, err, m.Seq)
		}
	}
	s.Write(t.Context(), frame(4), &settled)
	if settled[3] == nil {
		t.Error("a message was taken after Close")
	}
}

func TestStdoutStaysOpen(t *testing.T) {
	var out bytes.Buffer
	s, err := jsonl.Open("-", &out)
	if err != nil {
		t.Fatal(err)
	}
	s.Write(t.Context(), frame(1), &receipts{})
	if err := s.Close(); err != nil || !strings.HasSuffix(out.String(), "}\n") {
		t.Errorf("%v, wrote %q", err, out.String())
	}
}

func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	for _, path := range []string{dir, filepath.Join(dir, "none", "out.jsonl")} {
		if _, err := jsonl.Open(path, nil); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("opening %s: %v", path, err)
		}
	}
}

// full takes n bytes and then no more, as a disk does.
type full struct {
	bytes.Buffer
	n int
}

func (f *full) Write(p []byte) (int, error) {
	if f.Len()+len(p) > f.n {
		n, _ := f.Buffer.Write(p[:f.n-f.Len()])
		return n, syscall.ENOSPC
	}
	return f.Buffer.Write(p)
}

func (f *full) Close() error { return nil }

func TestFullDisk(t *testing.T) {
	line := len(frame(1).AppendJSON(nil)) + 1
	out := &full{n: 2*line + 10}
	s := jsonl.New(out)
	var settled receipts
	for seq := range uint64(5) {
		s.Write(t.Context(), frame(seq+1), &settled)
	}
	for i, err := range settled {
		if failed := errors.Is(err, syscall.ENOSPC); failed != (i >= 2) {
			t.Errorf("message %d: %v", i+1, err)
		}
	}
	if out.Len() != out.n {
		t.Errorf("%d bytes were written after the error", out.Len()-out.n)
	}
	if err := s.Flush(t.Context()); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("Flush: %v", err)
	}
	if err := s.Close(); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("Close: %v", err)
	}
}

func TestClosedPipe(t *testing.T) {
	r, w := io.Pipe()
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	s := jsonl.New(w)
	var settled receipts
	s.Write(t.Context(), frame(1), &settled)
	if len(settled) != 1 || !errors.Is(settled[0], io.ErrClosedPipe) {
		t.Errorf("settled with %v", settled)
	}
}

type nothing struct{}

func (nothing) Settle(error) {}

func TestWriteAllocatesNothing(t *testing.T) {
	f, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	s, m := jsonl.New(f), frame(1)
	if n := testing.AllocsPerRun(100, func() { s.Write(t.Context(), m, nothing{}) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// TestOldLinesStay until there is a result, or it is known that there will be none.
func TestOldLinesStay(t *testing.T) {
	for _, c := range []struct {
		name string
		do   func(s *jsonl.Sink) error
		keep bool
	}{
		{"nothing was analysed", func(*jsonl.Sink) error { return nil }, true},
		{"a result", func(s *jsonl.Sink) error { s.Write(t.Context(), frame(1), &receipts{}); return nil }, false},
		{"no result", (*jsonl.Sink).Begin, false},
	} {
		path := filepath.Join(t.TempDir(), "out.jsonl")
		if err := os.WriteFile(path, []byte("old\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := jsonl.Open(path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(c.do(s), s.Close()); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		if data, err := os.ReadFile(path); err != nil || strings.HasPrefix(string(data), "old\n") != c.keep {
			t.Errorf("%s: the file holds %q, %v", c.name, data, err)
		}
	}
}

// TestOneWriter: a second one is refused as long as the first is at work.
func TestOneWriter(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out.jsonl")
	s, err := jsonl.Open(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := jsonl.Open(path, nil); !errors.Is(err, jsonl.ErrTaken) || !strings.Contains(err.Error(), path) {
		t.Errorf("a second time: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := jsonl.Open(path, nil)
	if err != nil {
		t.Fatalf("after the first: %v", err)
	}
	if err := again.Close(); err != nil {
		t.Error(err)
	}
	if s, err := jsonl.Open("/dev/null", nil); err != nil || s.Begin() != nil || s.Close() != nil {
		t.Errorf("a device: %v", err)
	}
}
