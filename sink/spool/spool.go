// Package spool is a bounded first-in first-out queue of records in the files of
// a folder, for what has to wait longer than a process may live. A record is with
// the operating system when Append returns: it survives the end of the process
// (kill -9), though perhaps not a power cut.
//
// It knows nothing of what the records hold but whose they are, has no goroutine
// and no lock: one method is called at a time. JetStream's own file store was no choice for
// this: a full disk stops it until the next start, and a message costs it about
// ten times as much.
package spool

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"syscall"

	"braid/internal/dirlock"
)

var (
	// ErrFull is wrapped where a record finds no room, because all that is there
	// was taken and is not done yet.
	ErrFull = errors.New("the spool is full")
	// ErrDamaged is wrapped by Next where a file does not hold what was written.
	ErrDamaged = errors.New("damaged file")
)

// Head is how many bytes of a record are the Queue's: Append fills them in.
const Head = 8

// parts is into how many files the bound is cut. The oldest file is what goes
// when there is no more room.
const parts = 32

// maxRecord bounds what a damaged length may ask for, bytes.
const maxRecord = 64 << 20

var table = crc32.MakeTable(crc32.Castagnoli)

// Config is where records are kept, and how many.
type Config struct {
	Dir      string // created where it is missing; one process at a time
	MaxBytes int64  // of all files together

	// Owner says whose a record is, Head bytes included: something comparable, nil
	// for nobody's. Lost hears, while Append or Next runs, how many records of an
	// owner were given up. Nil: nobody needs to hear. Records of an earlier process
	// are nobody's. Of each file only the number of records by owner is kept.
	Owner func(rec []byte) any
	Lost  func(owner any, n uint64)
}

// Pos is the end of a record. Later records have later ends.
type Pos struct {
	segment uint64
	offset  int64
}

// Stats is what a Queue holds and has lost.
type Stats struct {
	Waiting uint64 // records not taken yet
	Bytes   int64  // of the files, with what is taken and not done
	Dropped uint64 // records lost since Open: the bound, a full disk, damage
}

// Queue is the open folder.
type Queue struct {
	cfg      Config
	lock     *dirlock.Lock
	mark     *os.File // where everything before is done
	done     Pos      // what it says
	written  [markSize]byte
	segments []*segment
	reading  int // index of the segment that Next reads, never behind the last
	bytes    int64
	waiting  uint64
	dropped  uint64
	last     uint64 // number of the newest segment
	found    uint64 // number of the newest segment that Open found

	writeAt func(*os.File, []byte, int64) (int, error) // (*os.File).WriteAt but in tests
}

// Open takes the folder and finds what an earlier process left in it.
func Open(cfg Config) (*Queue, error) {
	lock, err := dirlock.Take(cfg.Dir)
	if errors.Is(err, dirlock.ErrTaken) {
		return nil, fmt.Errorf("opening the spool: %w: stop the braid that runs there, or set nats.spool.dir or instance to another", err)
	}
	if err != nil {
		return nil, fmt.Errorf("opening the spool: %w", err)
	}
	q := &Queue{cfg: cfg, lock: lock, writeAt: (*os.File).WriteAt}
	if err := q.recover(); err != nil {
		return nil, errors.Join(fmt.Errorf("opening the spool: %w", err), q.Close())
	}
	q.found = q.last
	return q, nil
}

// Append adds a record whose first Head bytes are free, and drops the oldest
// ones that nobody has taken where there is no room. With take the record counts
// as taken if nothing waits before it: the owner has it, and Next will not give
// it again.
func (q *Queue) Append(rec []byte, take bool) (end Pos, taken bool, err error) {
	body := rec[Head:]
	if len(body) > maxRecord {
		return Pos{}, false, fmt.Errorf("writing to the spool: a record of %d bytes, at most %d are taken", len(body), maxRecord)
	}
	binary.LittleEndian.PutUint32(rec, uint32(len(body)))
	binary.LittleEndian.PutUint32(rec[4:], crc32.Checksum(body, table))
	for q.bytes+int64(len(rec)) > q.cfg.MaxBytes {
		if !q.drop() {
			return Pos{}, false, fmt.Errorf("%w: %d of %d bytes are on their way", ErrFull, q.bytes, q.cfg.MaxBytes)
		}
	}
	s, err := q.write(rec)
	for isDiskFull(err) && q.drop() {
		s, err = q.write(rec)
	}
	if err != nil {
		return Pos{}, false, fmt.Errorf("writing to the spool: %w", err)
	}
	taken = take && q.waiting == 0
	s.size += int64(len(rec))
	q.bytes += int64(len(rec))
	s.records++
	if taken {
		q.reading = len(q.segments) - 1
		s.taken, s.next = s.records, s.size
	} else {
		s.own(q.ownerOf(rec), 1)
		q.waiting++
	}
	return Pos{s.number, s.size}, taken, nil
}

// write puts a record behind the others. What of it did not fit is cut off.
func (q *Queue) write(rec []byte) (*segment, error) {
	s := q.newest()
	if s == nil || s.sealed || s.size > 0 && s.size+int64(len(rec)) > q.cfg.MaxBytes/parts {
		var err error
		if s, err = q.begin(); err != nil {
			return nil, err
		}
	}
	n, err := q.writeAt(s.file, rec, s.size)
	if err != nil && n > 0 {
		_ = s.file.Truncate(s.size) // the next record goes over it in any case
	}
	return s, err
}

func isDiskFull(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}

// Next takes the oldest record that waits, into buf or a larger buffer, Head
// bytes included. false: none does. After an error the rest of a damaged file is
// dropped, and the next call goes on behind it.
func (q *Queue) Next(buf []byte) (rec []byte, end Pos, ok bool, err error) {
	if q.waiting == 0 {
		return buf, Pos{}, false, nil
	}
	s := q.segments[q.reading]
	for s.waiting() == 0 {
		if err := s.close(q.newest()); err != nil {
			return buf, Pos{}, false, fmt.Errorf("reading the spool: %w", err)
		}
		q.reading++
		s = q.segments[q.reading]
	}
	rec, err = s.read(buf)
	if err != nil {
		lost := s.waiting()
		s.taken = s.records
		q.lose(s, lost)
		return buf, Pos{}, false, fmt.Errorf("reading the spool: %d records are lost: %w", lost, err)
	}
	s.own(q.ownerOf(rec), -1)
	q.waiting--
	return rec, Pos{s.number, s.next}, true, nil
}

// Done says that a record, and each before it, will not be needed again, not
// even by the next process.
func (q *Queue) Done(end Pos) error {
	if end == q.done {
		return nil
	}
	if err := q.setMark(end); err != nil {
		return fmt.Errorf("marking what of the spool is done: %w", err)
	}
	for len(q.segments) > 1 && q.reading > 0 && q.segments[0].number < end.segment {
		if err := q.remove(0); err != nil {
			return fmt.Errorf("removing what of the spool is done: %w", err)
		}
	}
	return nil
}

// Found reports whether the record that ends there is an earlier process's.
func (q *Queue) Found(end Pos) bool { return end.segment <= q.found }

// Stats is how the queue stands.
func (q *Queue) Stats() Stats { return Stats{q.waiting, q.bytes, q.dropped} }

// Close gives the folder up. What waits is found by the next Open.
func (q *Queue) Close() error {
	var errs []error
	if s := q.newest(); s != nil && q.waiting == 0 && q.done == (Pos{s.number, s.size}) {
		for range len(q.segments) {
			errs = append(errs, q.remove(0))
		}
	}
	for _, s := range q.segments {
		errs = append(errs, s.close(nil))
	}
	if q.mark != nil {
		errs = append(errs, q.mark.Close())
	}
	return errors.Join(append(errs, q.lock.Release())...)
}
