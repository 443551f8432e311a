package spool

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"pgregory.net/rapid"
)

// owned counts what became of the records of each owner: the one of a record is
// its number modulo three, where 0 is nobody.
type owned struct{ appended, taken, lost map[any]uint64 }

func newOwned() *owned { return &owned{map[any]uint64{}, map[any]uint64{}, map[any]uint64{}} }

func ownerOf(rec []byte) any {
	if n := numberOf(rec) % 3; n > 0 {
		return n
	}
	return nil
}

// openOwned opens a queue whose losses the owners hear.
func openOwned(t testing.TB, dir string, bound int64, o *owned) *Queue {
	t.Helper()
	q, err := Open(Config{Dir: dir, MaxBytes: bound, Owner: ownerOf, Lost: func(owner any, n uint64) { o.lost[owner] += n }})
	if err != nil {
		t.Fatal(err)
	}
	return q
}

// TestAnyOrder holds the queue against a list: whatever is appended, taken, done
// and cut off, records come in order, each once per process, none that was done
// comes again, and each that does not come is counted, and told to its owner while
// the process lives that appended it.
func TestAnyOrder(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		dir := t.TempDir()
		bound := int64(rapid.IntRange(64<<10, 256<<10).Draw(r, "bound"))
		own := newOwned()
		q := openOwned(t, dir, bound, own)
		defer func() { abandon(q) }()
		born := 0 // the last number of earlier processes
		take := func(rec []byte) {
			if owner := ownerOf(rec); owner != nil && numberOf(rec) > born {
				own.taken[owner]++
			}
		}
		var appended, last, done int     // numbers: written, taken, done
		var missed, counted, base uint64 // base: dropped before this process
		var ends []Pos                   // of what was taken and is not done
		var numbers []int
		r.Repeat(map[string]func(*rapid.T){
			"append": func(r *rapid.T) {
				n, size, atOnce := rapid.IntRange(1, 20).Draw(r, "n"), rapid.IntRange(8, 9000).Draw(r, "size"), rapid.Bool().Draw(r, "take")
				for range n {
					rec := record(appended+1, size)
					end, taken, err := q.Append(rec, atOnce)
					if errors.Is(err, ErrFull) {
						return
					}
					if err != nil {
						r.Fatal(err)
					}
					appended++
					if owner := ownerOf(rec); owner != nil {
						own.appended[owner]++
					}
					if taken {
						take(rec)
						missed += uint64(appended - last - 1)
						last = appended
						ends, numbers = append(ends, end), append(numbers, appended)
					}
				}
			},
			"next": func(r *rapid.T) {
				for range rapid.IntRange(1, 20).Draw(r, "n") {
					rec, end, ok, err := q.Next(nil)
					if err != nil {
						r.Fatal(err)
					}
					if !ok {
						return
					}
					n := numberOf(rec)
					if n <= last {
						r.Fatalf("record %d after %d", n, last)
					}
					take(rec)
					missed += uint64(n - last - 1)
					last = n
					ends, numbers = append(ends, end), append(numbers, n)
				}
			},
			"done": func(r *rapid.T) {
				if len(ends) == 0 {
					return
				}
				i := rapid.IntRange(0, len(ends)-1).Draw(r, "i")
				if err := q.Done(ends[i]); err != nil {
					r.Fatal(err)
				}
				done = numbers[i]
				ends, numbers = ends[i+1:], numbers[i+1:]
			},
			"kill": func(r *rapid.T) {
				if _, size := files(t, dir); size != q.Stats().Bytes {
					r.Fatalf("%d bytes in files, stats %+v", size, q.Stats())
				}
				counted = q.Stats().Dropped
				abandon(q)
				own, born = newOwned(), appended
				q = openOwned(t, dir, bound, own)
				// What was dropped between two that were taken and are not done will
				// be missed again.
				for i, n := range numbers {
					before := done
					if i > 0 {
						before = numbers[i-1]
					}
					missed -= uint64(n - before - 1)
				}
				base += counted
				last, ends, numbers = done, nil, nil
			},
			"": func(r *rapid.T) {
				if s := q.Stats(); s.Bytes > bound || missed+s.Waiting > uint64(appended) || base+s.Dropped > uint64(appended) {
					r.Fatalf("%d appended, %d missed, bound %d, stats %+v", appended, missed, bound, s)
				}
				for owner, n := range own.appended {
					if n < own.taken[owner]+own.lost[owner] {
						r.Fatalf("owner %v: %d appended, %d taken, %d lost", owner, n, own.taken[owner], own.lost[owner])
					}
				}
			},
		})
		for {
			rec, _, ok, err := q.Next(nil)
			if err != nil {
				r.Fatal(err)
			}
			if !ok {
				break
			}
			take(rec)
			missed += uint64(numberOf(rec) - last - 1)
			last = numberOf(rec)
		}
		for owner, n := range own.appended {
			if n != own.taken[owner]+own.lost[owner] {
				r.Fatalf("owner %v: %d appended, %d taken, %d lost", owner, n, own.taken[owner], own.lost[owner])
			}
		}
		missed += uint64(appended - last)
		if missed != base+q.Stats().Dropped {
			r.Fatalf("%d of %d did not come, %d are counted", missed, appended, base+q.Stats().Dropped)
		}
	})
}

// FuzzOpen finds any bytes where its files should be.
func FuzzOpen(f *testing.F) {
	dir := f.TempDir()
	q := open(f, dir, 1<<20)
	appendAll(f, q, 1, 3, 20)
	good, err := os.ReadFile(q.newest().path)
	if err != nil {
		f.Fatal(err)
	}
	abandon(q)
	f.Add(good, []byte{})
	f.Add(good[:len(good)-3], []byte("mark"))
	f.Add(append(bytes.Clone(good), 0xff, 0xff, 0xff, 0xff, 1, 2, 3, 4), make([]byte, markSize))
	f.Fuzz(func(t *testing.T, data, mark []byte) {
		dir := t.TempDir()
		for name, b := range map[string][]byte{fmt.Sprintf("%020d%s", 7, suffix): data, markFile: mark} {
			if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		q := open(t, dir, 1<<20)
		defer q.Close()
		waiting := q.Stats().Waiting
		taken := uint64(0)
		for {
			_, _, ok, err := q.Next(nil)
			if err != nil {
				t.Fatal(err) // Open has looked at all of it
			}
			if !ok {
				break
			}
			taken++
		}
		if taken != waiting {
			t.Errorf("%d came, %d were said to wait", taken, waiting)
		}
		if _, _, err := q.Append(record(1, 8), true); err != nil {
			t.Error(err)
		}
	})
}

// BenchmarkAppend is a record of 1.5 KB, a frame with 20 objects, that is taken
// at once and done.
func BenchmarkAppend(b *testing.B) {
	q := open(b, b.TempDir(), 256<<20)
	defer q.Close()
	rec := record(1, 1500)
	b.ReportAllocs()
	for b.Loop() {
		end, _, err := q.Append(rec, true)
		if err == nil {
			err = q.Done(end)
		}
		if err != nil {
			b.Fatal(err)
		}
	}
}
