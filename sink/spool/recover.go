package spool

import (
	"bufio"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// markFile says where everything before is done: segment, offset, and the
// checksum of both, little-endian.
const (
	markFile = "done"
	markSize = 8 + 8 + 4
)

func (q *Queue) setMark(p Pos) error {
	b := &q.written
	binary.LittleEndian.PutUint64(b[:], p.segment)
	binary.LittleEndian.PutUint64(b[8:], uint64(p.offset))
	binary.LittleEndian.PutUint32(b[16:], crc32.Checksum(b[:16], table))
	if _, err := q.mark.WriteAt(b[:], 0); err != nil {
		return err
	}
	q.done = p
	return nil
}

// readMark is the mark, the start of everything where there is none that holds.
func (q *Queue) readMark() (err error) {
	if q.mark, err = os.OpenFile(filepath.Join(q.cfg.Dir, markFile), os.O_CREATE|os.O_RDWR, 0o640); err != nil {
		return err
	}
	var b [markSize]byte
	if _, err := q.mark.ReadAt(b[:], 0); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if p := int64(binary.LittleEndian.Uint64(b[8:])); p >= 0 && crc32.Checksum(b[:16], table) == binary.LittleEndian.Uint32(b[16:]) {
		q.done = Pos{binary.LittleEndian.Uint64(b[:]), p}
	}
	return nil
}

// recover finds the records of an earlier process. It never writes behind them:
// the last one may be cut off.
func (q *Queue) recover() error {
	if err := q.readMark(); err != nil {
		return err
	}
	numbers, err := q.numbers()
	if err != nil {
		return err
	}
	q.last = q.done.segment // a number is never used twice: the mark may stand behind what it names
	for _, n := range numbers {
		q.last = max(q.last, n)
		s := &segment{number: n, path: q.path(n), sealed: true}
		if n == q.done.segment {
			s.next = q.done.offset
		}
		if n >= q.done.segment {
			cut, err := s.count()
			if err != nil {
				return err
			}
			if cut && n != numbers[len(numbers)-1] { // not what a killed process leaves: at least one is lost
				q.dropped++
			}
		}
		if s.records == 0 {
			if err := os.Remove(s.path); err != nil {
				return err
			}
			continue
		}
		q.segments = append(q.segments, s)
		q.bytes += s.size
		q.waiting += s.records
	}
	return nil
}

// numbers are those of the files that are there, oldest first.
func (q *Queue) numbers() ([]uint64, error) {
	entries, err := os.ReadDir(q.cfg.Dir)
	if err != nil {
		return nil, err
	}
	var numbers []uint64
	for _, e := range entries {
		name, ok := strings.CutSuffix(e.Name(), suffix)
		if n, err := strconv.ParseUint(name, 10, 64); ok && err == nil {
			numbers = append(numbers, n)
		}
	}
	slices.Sort(numbers)
	return numbers, nil
}

// count finds the whole records from s.next on, and cuts off what follows them:
// a process that was killed may have written half of one.
func (s *segment) count() (cut bool, err error) {
	f, err := os.OpenFile(s.path, os.O_RDWR, 0)
	if err != nil {
		return false, err
	}
	info, err := f.Stat()
	if err == nil {
		s.records, s.size, err = countRecords(io.NewSectionReader(f, s.next, 1<<62), s.next)
		cut = err == nil && s.size < info.Size()
	}
	if cut {
		err = f.Truncate(s.size)
	}
	return cut, errors.Join(err, f.Close())
}

// countRecords reads records that begin at offset at, until one is not whole.
func countRecords(r io.Reader, at int64) (records uint64, end int64, err error) {
	in, sum := bufio.NewReaderSize(r, 64<<10), crc32.New(table)
	var head [Head]byte
	for {
		if _, err := io.ReadFull(in, head[:]); err != nil {
			return records, at, notEnd(err)
		}
		n := int64(binary.LittleEndian.Uint32(head[:]))
		if n == 0 || n > maxRecord { // zeros are what a power cut leaves
			return records, at, nil
		}
		sum.Reset()
		if _, err := io.CopyN(sum, in, n); err != nil {
			return records, at, notEnd(err)
		}
		if sum.Sum32() != binary.LittleEndian.Uint32(head[4:]) {
			return records, at, nil
		}
		records++
		at += Head + n
	}
}

// notEnd is nil for the ways in which a file ends.
func notEnd(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil
	}
	return err
}
