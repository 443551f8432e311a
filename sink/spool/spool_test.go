package spool

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"braid/internal/dirlock"
)

// record is one that says its number, n bytes long.
func record(number, n int) []byte {
	b := bytes.Repeat([]byte{0xaa}, Head+max(n, 8))
	binary.LittleEndian.PutUint64(b[Head:], uint64(number))
	return b
}

func numberOf(rec []byte) int { return int(binary.LittleEndian.Uint64(rec[Head:])) }

func open(t testing.TB, dir string, bound int64) *Queue {
	t.Helper()
	q, err := Open(Config{Dir: dir, MaxBytes: bound})
	if err != nil {
		t.Fatal(err)
	}
	return q
}

func appendAll(t testing.TB, q *Queue, first, last, size int) {
	t.Helper()
	for i := first; i <= last; i++ {
		if _, _, err := q.Append(record(i, size), false); err != nil {
			t.Fatal(err)
		}
	}
}

// drain takes what waits and says that it is done.
func drain(t testing.TB, q *Queue) (numbers []int) {
	t.Helper()
	var buf []byte
	for {
		rec, end, ok, err := q.Next(buf)
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			return numbers
		}
		buf = rec
		numbers = append(numbers, numberOf(rec))
		if err := q.Done(end); err != nil {
			t.Fatal(err)
		}
	}
}

func checkRun(t testing.TB, numbers []int, first, last int) {
	t.Helper()
	if len(numbers) != last-first+1 {
		t.Fatalf("%d records, want %d to %d", len(numbers), first, last)
	}
	for i, n := range numbers {
		if n != first+i {
			t.Fatalf("record %d after %d others, want %d", n, i, first+i)
		}
	}
}

func files(t testing.TB, dir string) (n int, size int64) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(e.Name(), suffix) {
			n, size = n+1, size+info.Size()
		}
	}
	return n, size
}

func TestFirstInFirstOut(t *testing.T) {
	dir := t.TempDir()
	q := open(t, dir, 1<<20)
	appendAll(t, q, 1, 500, 1000) // over many files
	checkRun(t, drain(t, q), 1, 500)
	appendAll(t, q, 501, 510, 10)
	checkRun(t, drain(t, q), 501, 510)
	if s := q.Stats(); s.Waiting != 0 || s.Dropped != 0 {
		t.Errorf("stats %+v", s)
	}
	if err := q.Close(); err != nil {
		t.Fatal(err)
	}
	if n, _ := files(t, dir); n != 0 {
		t.Errorf("%d files are left of what is done", n)
	}
}

func TestTakenAtOnce(t *testing.T) {
	q := open(t, t.TempDir(), 1<<20)
	defer q.Close()
	for i, want := range []bool{true, true, false, false} {
		_, taken, err := q.Append(record(i, 100), i != 2)
		if err != nil || taken != want {
			t.Errorf("record %d: taken %v, %v", i, taken, err)
		}
	}
	checkRun(t, drain(t, q), 2, 3)
	if _, taken, _ := q.Append(record(4, 100), true); !taken {
		t.Error("nothing waits, and it is not taken")
	}
}

// TestTheNextProcessGoesOn leaves a Queue without Close, as kill -9 does.
func TestTheNextProcessGoesOn(t *testing.T) {
	dir := t.TempDir()
	q := open(t, dir, 1<<20)
	appendAll(t, q, 1, 300, 1000)
	var end Pos
	for range 120 {
		var err error
		if _, end, _, err = q.Next(nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := q.Done(end); err != nil {
		t.Fatal(err)
	}
	for range 30 { // taken, not done
		if _, _, _, err := q.Next(nil); err != nil {
			t.Fatal(err)
		}
	}
	abandon(q)
	q = open(t, dir, 1<<20)
	if s := q.Stats(); s.Waiting != 180 {
		t.Errorf("stats %+v, want 180 that wait", s)
	}
	appendAll(t, q, 301, 310, 1000)
	checkRun(t, drain(t, q), 121, 310)
	abandon(q)
	q = open(t, dir, 1<<20)
	checkRun(t, drain(t, q), 1, 0)
	appendAll(t, q, 1, 5, 10)
	checkRun(t, drain(t, q), 1, 5)
	if err := q.Close(); err != nil {
		t.Error(err)
	}
}

// abandon lets go of the lock and the files, and of nothing else.
func abandon(q *Queue) {
	for _, s := range q.segments {
		_ = s.close(nil)
	}
	_ = q.mark.Close()
	_ = q.lock.Release()
}

func TestHalfARecordIsCutOff(t *testing.T) {
	dir := t.TempDir()
	q := open(t, dir, 1<<20)
	appendAll(t, q, 1, 10, 100)
	path := q.newest().path
	abandon(q)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, left := range []int{1, Head, Head + 50, Head + 99} {
		torn := slices.Concat(data[:len(data)-(Head+100)+left], make([]byte, left%2*50))
		if err := os.WriteFile(path, torn, 0o600); err != nil {
			t.Fatal(err)
		}
		q = open(t, dir, 1<<20)
		if s := q.Stats(); s.Waiting != 9 || s.Dropped != 0 {
			t.Errorf("with %d bytes of the last record: %+v", left, s)
		}
		abandon(q)
	}
	q = open(t, dir, 1<<20)
	appendAll(t, q, 10, 12, 100)
	checkRun(t, drain(t, q), 1, 12)
	abandon(q)
}

func TestBound(t *testing.T) {
	const bound = 256 << 10
	dir := t.TempDir()
	q := open(t, dir, bound)
	defer q.Close()
	for i := 1; i <= 2000; i++ {
		appendAll(t, q, i, i, 1000)
		if i%10 != 0 {
			continue
		}
		if _, size := files(t, dir); size > bound {
			t.Fatalf("%d bytes after %d records", size, i)
		}
	}
	s := q.Stats()
	if s.Waiting+s.Dropped != 2000 || s.Waiting < 230 || s.Bytes > bound {
		t.Errorf("stats %+v", s)
	}
	checkRun(t, drain(t, q), int(s.Dropped)+1, 2000)
}

// TestTakenIsNotDropped fills a spool behind records that are on their way.
func TestTakenIsNotDropped(t *testing.T) {
	q := open(t, t.TempDir(), 64<<10)
	defer q.Close()
	appendAll(t, q, 1, 1, 1000)
	_, end, _, err := q.Next(nil)
	if err != nil {
		t.Fatal(err)
	}
	appendAll(t, q, 2, 500, 1000)
	if err := q.Done(end); err != nil {
		t.Fatal(err)
	}
	lost := int(q.Stats().Dropped)
	if lost == 0 {
		t.Fatal("nothing was dropped")
	}
	got := drain(t, q)
	checkRun(t, got[:1], 2, 2) // in the file of the one that was taken
	checkRun(t, got[1:], 500-len(got)+2, 500)
	if len(got)+lost != 499 {
		t.Errorf("%d came and %d were dropped, of 499", len(got), lost)
	}
}

func TestNothingToDrop(t *testing.T) {
	q := open(t, t.TempDir(), 4<<10)
	defer q.Close()
	for i := 0; ; i++ {
		_, taken, err := q.Append(record(i, 1000), true)
		if i < 4 {
			if err != nil || !taken {
				t.Fatalf("record %d: %v", i, err)
			}
			continue
		}
		if !errors.Is(err, ErrFull) {
			t.Errorf("all is taken, and there is room: %v", err)
		}
		return
	}
}

// TestFullDisk lets the disk hold less than the bound.
func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	q := open(t, dir, 1<<20)
	defer q.Close()
	const disk = 300 << 10
	full := 0
	q.writeAt = func(f *os.File, b []byte, at int64) (int, error) {
		if q.bytes+int64(len(b)) > disk {
			full++
			n, _ := f.WriteAt(b[:len(b)/2], at) // what the last block still took
			return n, fmt.Errorf("write: %w", syscall.ENOSPC)
		}
		return f.WriteAt(b, at)
	}
	appendAll(t, q, 1, 1000, 1000)
	s := q.Stats()
	if full == 0 || s.Waiting+s.Dropped != 1000 || s.Waiting < 200 {
		t.Errorf("the disk was full %d times, stats %+v", full, s)
	}
	checkRun(t, drain(t, q), int(s.Dropped)+1, 1000)

	q.writeAt = func(*os.File, []byte, int64) (int, error) { return 0, syscall.ENOSPC }
	if _, _, err := q.Append(record(1, 10), true); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("with nothing to drop: %v", err)
	}
}

func TestDamage(t *testing.T) {
	dir, own := t.TempDir(), newOwned()
	q := openOwned(t, dir, 320<<10, own) // ten records a file
	defer func() { abandon(q) }()
	appendAll(t, q, 1, 25, 1000)
	f, err := os.OpenFile(q.segments[1].path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteAt([]byte("x"), 5*(Head+1000)+500); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	var got []int
	failed := 0
	for {
		rec, _, ok, err := q.Next(nil)
		if err != nil {
			failed++
			if !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), q.segments[1].path) {
				t.Error(err)
			}
			continue
		}
		if !ok {
			break
		}
		got = append(got, numberOf(rec))
		own.taken[ownerOf(rec)]++
	}
	for owner, of := range map[any]uint64{1: 9, 2: 8} { // of 1 to 25, numbers modulo three
		if own.lost[owner] == 0 || own.taken[owner]+own.lost[owner] != of {
			t.Errorf("owner %v: %d came and %d were lost, of %d", owner, own.taken[owner], own.lost[owner], of)
		}
	}
	if s := q.Stats(); failed != 1 || len(got)+int(s.Dropped) != 25 || s.Dropped == 0 || s.Dropped > 10 {
		t.Errorf("%d came, %+v, said %d times", len(got), s, failed)
	}
	abandon(q)
	q = open(t, dir, 320<<10) // it is found at the start too
	if s := q.Stats(); s.Dropped != 1 {
		t.Errorf("stats %+v", s)
	}
}

func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	q := open(t, dir, 1<<20)
	defer q.Close()
	if _, err := Open(Config{Dir: dir, MaxBytes: 1 << 20}); !errors.Is(err, dirlock.ErrTaken) || !strings.Contains(err.Error(), dir) {
		t.Errorf("a second time: %v", err)
	}
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(Config{Dir: filepath.Join(file, "x"), MaxBytes: 1 << 20}); err == nil {
		t.Error("below a file")
	}
}

func TestAppendAllocatesNothing(t *testing.T) {
	q := open(t, t.TempDir(), 64<<20)
	defer q.Close()
	rec := record(1, 1000)
	appendAll(t, q, 1, 1, 1000)
	if n := testing.AllocsPerRun(500, func() {
		if _, _, err := q.Append(rec, false); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
