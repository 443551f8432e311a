package spool

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
)

// segment is one file of records.
type segment struct {
	number         uint64
	path           string
	file           *os.File // nil while nobody reads or writes it
	size           int64    // end of its last record
	next           int64    // where the first record that was not taken begins
	records, taken uint64   // those before the mark are not counted
	sealed         bool     // of an earlier process: nothing is written behind

	owners map[any]int // of this process's records that wait: how many are whose
}

func (s *segment) waiting() uint64 { return s.records - s.taken }

// close lets go of the file, unless the segment is the one given.
func (s *segment) close(not *segment) error {
	if s.file == nil || s == not {
		return nil
	}
	err := s.file.Close()
	s.file = nil
	return err
}

// read takes the next record.
func (s *segment) read(buf []byte) ([]byte, error) {
	if s.file == nil {
		f, err := os.OpenFile(s.path, os.O_RDWR, 0)
		if err != nil {
			return nil, err
		}
		s.file = f
	}
	var head [Head]byte
	if _, err := s.file.ReadAt(head[:], s.next); err != nil {
		return nil, fmt.Errorf("%s: %w: %w", s.path, ErrDamaged, err)
	}
	n := int64(binary.LittleEndian.Uint32(head[:]))
	if s.next+Head+n > s.size {
		return nil, fmt.Errorf("%s: %w: a record is longer than the file", s.path, ErrDamaged)
	}
	rec := append(buf[:0], head[:]...)
	rec = append(rec, make([]byte, n)...)
	if _, err := s.file.ReadAt(rec[Head:], s.next+Head); err != nil {
		return nil, fmt.Errorf("%s: %w: %w", s.path, ErrDamaged, err)
	}
	if crc32.Checksum(rec[Head:], table) != binary.LittleEndian.Uint32(head[4:]) {
		return nil, fmt.Errorf("%s: %w: wrong checksum at byte %d", s.path, ErrDamaged, s.next)
	}
	s.next += Head + n
	s.taken++
	return rec, nil
}

// own notes that n more records of an owner wait.
func (s *segment) own(owner any, n int) {
	if owner == nil || s.sealed {
		return
	}
	if s.owners == nil {
		s.owners = map[any]int{}
	}
	s.owners[owner] += n
}

// ownerOf is whose a record is, nil where nobody asks.
func (q *Queue) ownerOf(rec []byte) any {
	if q.cfg.Owner == nil {
		return nil
	}
	return q.cfg.Owner(rec)
}

// lose counts n records as lost, which are all of a segment that wait.
func (q *Queue) lose(s *segment, n uint64) {
	q.waiting -= n
	q.dropped += n
	for owner, of := range s.owners {
		if q.cfg.Lost != nil && of > 0 {
			q.cfg.Lost(owner, uint64(of))
		}
	}
	clear(s.owners)
}

const suffix = ".spool"

func (q *Queue) path(number uint64) string {
	return filepath.Join(q.cfg.Dir, fmt.Sprintf("%020d%s", number, suffix))
}

func (q *Queue) newest() *segment {
	if len(q.segments) == 0 {
		return nil
	}
	return q.segments[len(q.segments)-1]
}

// begin makes the file that is written next.
func (q *Queue) begin() (*segment, error) {
	path := q.path(q.last + 1)
	f, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_RDWR, 0o640)
	if err != nil {
		return nil, err
	}
	if old := q.newest(); old != nil && (old.waiting() == 0 || q.segments[q.reading] != old) {
		if err := old.close(nil); err != nil {
			return nil, err
		}
	}
	q.last++
	s := &segment{number: q.last, path: path, file: f}
	q.segments = append(q.segments, s)
	return s, nil
}

// drop gives up the oldest file of which nothing was taken. false: there is none.
func (q *Queue) drop() bool {
	for i := q.reading; i < len(q.segments); i++ {
		s := q.segments[i]
		if s.taken > 0 || s.records == 0 {
			continue
		}
		lost := s.records
		if s == q.newest() && !s.sealed {
			if s.file.Truncate(0) != nil {
				return false
			}
			q.bytes -= s.size
			s.size, s.next, s.records = 0, 0, 0
		} else if q.remove(i) != nil {
			return false
		}
		q.lose(s, lost)
		return true
	}
	return false
}

// remove deletes a file.
func (q *Queue) remove(i int) error {
	s := q.segments[i]
	if err := os.Remove(s.path); err != nil {
		return err
	}
	q.segments = append(q.segments[:i], q.segments[i+1:]...)
	q.bytes -= s.size
	if i < q.reading {
		q.reading--
	}
	return s.close(nil)
}
