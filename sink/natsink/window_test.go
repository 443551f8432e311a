package natsink

import (
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"pgregory.net/rapid"

	"braid/sink/wire"
)

// note is a receipt that counts.
type note struct{ settled int }

func (n *note) Settle(error) { n.settled++ }

// TestWindow drives a window at random beside a plain list, as the sender, the
// confirmations and the timer do.
func TestWindow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const messages, bytes = 8, 100
		w := newWindow(messages, bytes)
		routes := []*route{{slug: "a"}, {slug: "b"}}
		var (
			open = map[uint64]bool{}
			busy = map[uint64]bool{}
			size = map[uint64]int{}
		)
		settle := func(i uint64, how func(uint64) bool) {
			if got := how(i); got != open[i] {
				t.Fatalf("settling %d gave a receipt: %v, want %v", i, got, open[i])
			}
			delete(open, i)
		}
		index := rapid.Uint64Range(0, 40)
		t.Repeat(map[string]func(*rapid.T){
			"push": func(t *rapid.T) {
				n := rapid.IntRange(1, 120).Draw(t, "n")
				if !w.fits(n) {
					t.Skip()
				}
				i := w.tail
				buf := w.buffer()[:n]
				w.push(entry{record: record{buf: buf, msg: buf}, route: routes[i%2], receipt: &note{}})
				open[i], size[i] = true, n
			},
			"claim": func(t *rapid.T) {
				next := w.next
				i, e := w.claim(time.Time{})
				if e == nil {
					return
				}
				if i < next || !open[i] || busy[i] {
					t.Fatalf("claimed %d: open %v, busy %v", i, open[i], busy[i])
				}
				busy[i] = true
			},
			"release": func(t *rapid.T) {
				for i := range busy {
					w.release(i)
					delete(busy, i)
				}
			},
			"confirm": func(t *rapid.T) {
				settle(index.Draw(t, "i"), func(i uint64) bool { return w.confirm(i, i) != nil })
			},
			"settle": func(t *rapid.T) {
				settle(index.Draw(t, "i"), func(i uint64) bool { return w.settle(i) != nil })
			},
			"rewind": func(t *rapid.T) {
				if len(busy) == 0 {
					w.rewind()
				}
			},
			"": func(t *rapid.T) {
				if w.head > w.next || w.next > w.tail || w.tail-w.head > messages {
					t.Fatalf("head %d, next %d, tail %d", w.head, w.next, w.tail)
				}
				held := 0
				for i := w.head; i < w.tail; i++ {
					held += size[i]
				}
				for i := range open {
					if !w.holds(i) {
						t.Fatalf("%d is open and not held", i)
					}
				}
				if held != w.bytes || w.bytes > max(bytes, 120) {
					t.Fatalf("%d bytes counted, %d held", w.bytes, held)
				}
				if len(open) == 0 && len(busy) == 0 && !w.empty() {
					t.Fatal("not empty with nothing open")
				}
			},
		})
	})
}

func TestOvertaken(t *testing.T) {
	w := newWindow(4, 100)
	a, b := &route{slug: "a"}, &route{slug: "b"}
	for _, rt := range []*route{a, b, a, b} {
		w.push(entry{record: record{buf: w.buffer()}, route: rt, receipt: &note{}})
		w.claim(time.Time{})
	}
	for i := range uint64(4) {
		w.release(i)
	}
	w.confirm(2, 1)
	for i, want := range []bool{true, false, false, false} {
		if got := w.overtaken(uint64(i)); i != 2 && got != want {
			t.Errorf("message %d: overtaken %v, want %v", i, got, want)
		}
	}
	w.rewind()
	if i, e := w.claim(time.Time{}); i != 0 || e == nil {
		t.Errorf("after rewind the first to send is %d", i)
	}
}

func TestCovers(t *testing.T) {
	for _, c := range []struct {
		last, id string
		seq      uint64
		want     bool
	}{
		{"s:a:r:5", "s:a:r:5", 5, true},
		{"s:a:r:10", "s:a:r:9", 9, true},
		{"s:a:r:5", "s:a:r:6", 6, false},
		{"s:a:q:50", "s:a:r:6", 6, false},
		{"s:a:r2:50", "s:a:r:6", 6, false},
		{"", "s:a:r:6", 6, false},
		{"s:a:r:", "s:a:r:6", 6, false},
		{"s:a:r:x", "s:a:r:6", 6, false},
	} {
		if got := covers(c.last, c.id, c.seq); got != c.want {
			t.Errorf("covers(%q, %q): %v", c.last, c.id, got)
		}
	}
}

func TestReadAck(t *testing.T) {
	for _, c := range []struct {
		data, status string
		fails, again bool
	}{
		{`{"stream":"BRAID_FRAMES","seq":7}`, "", false, false},
		{`{"stream":"BRAID_FRAMES","seq":7,"domain":"x","duplicate": true}`, "", false, false},
		{`{"error":{"code":400,"err_code":10054,"description":"message size exceeds maximum allowed"},"stream":"S","seq":0}`, "", true, false},
		{`{"error":{"code":503,"err_code":10008,"description":"temporarily unavailable"}}`, "", true, true},
		{`{"error":{"code":429,"err_code":10167,"description":"too many requests"}}`, "", true, true},
		{``, "503", true, true},
		{`not JSON`, "", true, false},
	} {
		m := &nats.Msg{Data: []byte(c.data), Header: nats.Header{"Status": {c.status}}}
		place, err, again := readAck(m)
		if (err != nil) != c.fails || again != c.again || (place == 7) != (err == nil) {
			t.Errorf("%s: %v, again %v", c.data, err, again)
		}
	}
}

func TestDeniedSubject(t *testing.T) {
	for text, want := range map[string]string{
		`Permissions Violation for Publish to "braid.v1.a.frame.b"`:    "braid.v1.a.frame.b",
		`Permissions Violation for Subscription to "braid.v1.>"`:       "",
		`Permissions Violation for Publish with Reply of "_INBOX.a.b"`: "",
	} {
		if got := deniedSubject(errors.Join(nats.ErrPermissionViolation, errors.New(text))); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
	if got := deniedSubject(errors.New(`Publish to "a"`)); got != "" {
		t.Errorf("another error names %q", got)
	}
}

// TestWriteAllocatesNothing: what sending allocates is the client's.
func TestWriteAllocatesNothing(t *testing.T) {
	s := newSink(Config{Site: "demo"}.withDefaults(), slog.New(slog.DiscardHandler))
	defer s.timer.Stop()
	m := &wire.Frame{Camera: "Gate 1", Run: "r", Objects: make([]wire.Object, 20)}
	r := &note{}
	write := func() {
		m.Seq++
		s.Write(t.Context(), m, r)
		i, e := s.window.claim(time.Time{})
		if string(e.id[:7]) != "demo:ga" {
			t.Fatalf("id %s", e.id)
		}
		s.finish(i, nil)
	}
	if n := testing.AllocsPerRun(1000, write); n > 0 {
		t.Errorf("%v allocations", n)
	}
	if err := s.Flush(t.Context()); err != nil || r.settled != int(m.Seq) {
		t.Errorf("%v, %d of %d settled", err, r.settled, m.Seq)
	}
}
