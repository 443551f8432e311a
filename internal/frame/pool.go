package frame

import (
	"context"
	"fmt"
	"slices"
	"sync"
)

// Memory is a block of bytes and how to give it back.
type Memory struct {
	Bytes []byte
	Free  func() // nil: left to the garbage collector
}

func (m Memory) free() {
	if m.Free != nil {
		m.Free()
	}
}

// Alloc makes a block of n bytes, for example page-locked for a GPU.
type Alloc func(n int) (Memory, error)

// Heap allocates from the Go heap.
func Heap(n int) (Memory, error) { return Memory{Bytes: make([]byte, n)}, nil }

// Pool is a fixed number of Frames. It is safe for concurrent use. The Frame that was
// released last is the first to go out again: those that are not needed at once never get
// memory, and what a Frame is written to is in the caches.
type Pool struct {
	frames []*Frame
	free   chan struct{} // as many tokens as there are Frames in rest
	alloc  Alloc

	mu   sync.Mutex
	rest []*Frame
}

// NewPool makes a Pool of n Frames without memory; each gets its memory from
// alloc when it is first shaped. n must be positive.
func NewPool(n int, alloc Alloc) *Pool {
	p := &Pool{free: make(chan struct{}, n), alloc: alloc}
	for range n {
		p.frames = append(p.frames, &Frame{home: p})
		p.free <- struct{}{}
	}
	p.rest = slices.Clone(p.frames)
	return p
}

// Get waits for a free Frame. It returns ctx's cause when ctx ends first.
func (p *Pool) Get(ctx context.Context) (*Frame, error) {
	select {
	case <-p.free:
		return p.take(), nil
	default:
	}
	select {
	case <-p.free:
		return p.take(), nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// TryGet returns nil where no Frame is free.
func (p *Pool) TryGet() *Frame {
	select {
	case <-p.free:
		return p.take()
	default:
		return nil
	}
}

// take hands out the Frame of a token.
func (p *Pool) take() *Frame {
	p.mu.Lock()
	last := len(p.rest) - 1
	f := p.rest[last]
	p.rest = p.rest[:last]
	p.mu.Unlock()
	f.Meta = Meta{}
	f.out = true
	return f
}

func (p *Pool) put(f *Frame) {
	if !f.out {
		panic("frame: Release without ownership")
	}
	f.out = false
	p.mu.Lock()
	p.rest = append(p.rest, f)
	p.mu.Unlock()
	p.free <- struct{}{} // capacity is the number of frames: never blocks
}

// Size is the number of Frames, Free how many of them are in the Pool now.
func (p *Pool) Size() int { return len(p.frames) }

// Free is the number of Frames that nobody owns now.
func (p *Pool) Free() int { return len(p.free) }

// Close gives the memory back. Every Frame must have been released: otherwise
// it says how many are missing and frees nothing.
func (p *Pool) Close() error {
	if n := p.Size() - p.Free(); n > 0 {
		return fmt.Errorf("closing a frame pool: %d of %d frames still in use", n, p.Size())
	}
	for _, f := range p.frames {
		f.mem.free()
		f.mem, f.Planes = Memory{}, [3]Plane{}
	}
	return nil
}
