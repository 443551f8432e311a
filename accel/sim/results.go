package sim

import (
	"hash/maphash"
	"slices"
	"sync"
	"sync/atomic"
)

// results keeps what Segments computed, by what they compute and their inputs, so
// that frames which come again cost nothing. When it is full the oldest go. Keys
// are hashes of 64 bits: of n inputs two share one with a probability of n^2/2^65.
type results struct {
	seed     maphash.Seed
	most     int64
	computed atomic.Int64

	mu    sync.Mutex
	bytes int64
	kept  map[uint64][][]byte // outputs
	order []uint64            // the oldest first
}

func newResults(most int64) *results {
	return &results{seed: maphash.MakeSeed(), most: most, kept: map[uint64][][]byte{}}
}

// fill writes the outputs of a Segment: those that are kept, or those that compute
// writes.
func (r *results) fill(segment uint64, in, out [][]byte, compute func() error) error {
	key := r.key(segment, in)
	r.mu.Lock()
	kept := r.kept[key]
	r.mu.Unlock()
	if kept != nil {
		for i := range out {
			copy(out[i], kept[i])
		}
		return nil
	}
	if err := compute(); err != nil {
		return err
	}
	r.computed.Add(1)
	r.keep(key, out)
	return nil
}

func (r *results) key(segment uint64, in [][]byte) uint64 {
	var h maphash.Hash
	h.SetSeed(r.seed)
	maphash.WriteComparable(&h, segment)
	for _, data := range in {
		_, _ = h.Write(data) // never fails
	}
	return h.Sum64()
}

// keep copies outputs, unless they alone are too large.
func (r *results) keep(key uint64, out [][]byte) {
	size := sizeOf(out)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.kept[key] != nil || size > r.most {
		return
	}
	for r.bytes+size > r.most {
		r.bytes -= sizeOf(r.kept[r.order[0]])
		delete(r.kept, r.order[0])
		r.order = r.order[1:]
	}
	r.bytes += size
	copies := make([][]byte, len(out))
	for i := range out {
		copies[i] = slices.Clone(out[i])
	}
	r.kept[key] = copies
	r.order = append(r.order, key)
}

func sizeOf(list [][]byte) (n int64) {
	for _, data := range list {
		n += int64(len(data))
	}
	return n
}
