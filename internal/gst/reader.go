//go:build !nogst

package gst

/*
#include <stdlib.h>
#include "native.h"
*/
import "C"

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"sync/atomic"
	"time"
	"unsafe"

	gogst "github.com/tinyzimmer/go-gst/gst"
)

const (
	startLimit = 20 * time.Second
	stopLimit  = 5 * time.Second
	// wake is how long Next waits for a frame before it looks at its context
	// and at the bus: a pipeline can fail without a word to its sink.
	wake = 100 * time.Millisecond
)

// Reader runs one pipeline and yields its frames. One goroutine uses it.
type Reader struct {
	pipeline *gogst.Pipeline
	sink     *gogst.Element
	native   *C.BraidSample
	bus      *C.GstBus
	playing  *transition
	freed    chan struct{} // closed when nothing of it is left
	start    time.Duration // limit for the first frame, 0 once it has come
	stop     time.Duration // limit for stopping
	sample   Sample
	missing  *Error // the decoder that decodebin asked for in vain
	warnings []*Error
}

// Open parses and starts a pipeline. It does not wait for the first frame. The
// caller must Close the Reader.
func Open(ctx context.Context, o Options) (*Reader, error) {
	if err := ctx.Err(); err != nil {
		return nil, context.Cause(ctx)
	}
	p, err := parse(o.launch(), o.Properties)
	if err != nil {
		return nil, err
	}
	sink, err := p.GetElementByName(sinkName)
	if err != nil {
		release(p.Object.InitiallyUnowned.Object)
		return nil, fmt.Errorf("finding the sink: %w", err)
	}
	r := &Reader{pipeline: p, sink: sink, freed: make(chan struct{}), start: o.Start, stop: cmp.Or(o.Stop, stopLimit), native: (*C.BraidSample)(C.calloc(1, C.sizeof_BraidSample))}
	r.bus = C.gst_element_get_bus(r.element())
	r.native.threads = C.int(o.Threads)
	if o.Lockstep {
		r.native.lockstep = 1
	}
	C.braid_prepare(r.element(), r.sinkElement(), r.native)
	r.playing = change(p, gogst.StatePlaying, nil)
	if err := r.playing.await(ctx.Done(), startLimit); err != nil {
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		if posted := r.posted(); posted != nil {
			err = posted
		}
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

func (r *Reader) element() *C.GstElement     { return (*C.GstElement)(r.pipeline.Unsafe()) }
func (r *Reader) sinkElement() *C.GstElement { return (*C.GstElement)(r.sink.Unsafe()) }

// Next waits for the next frame. It returns io.EOF at the end of the stream,
// ctx's cause when ctx ends first, ErrStalled when no first frame came in time, or
// an *Error when the pipeline failed. After any error only Close and the questions below are allowed. The
// Sample is the Reader's own and is overwritten by the next call. Nothing is
// allocated.
func (r *Reader) Next(ctx context.Context) (*Sample, error) {
	C.braid_unpull(r.native)
	C.braid_ask(r.native)
	begin := time.Now()
	for {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		got := C.braid_pull(r.sinkElement(), r.native, C.guint64(wake))
		// Read on every turn, so that messages never pile up.
		if err := r.posted(); err != nil {
			return nil, err
		}
		switch {
		case got == C.BRAID_SAMPLE:
			r.fill()
			r.start = 0
			return &r.sample, nil
		case got == C.BRAID_EOS:
			return nil, io.EOF
		case got == C.BRAID_BAD:
			return nil, errBadSample
		case r.start > 0 && time.Since(begin) >= r.start:
			return nil, ErrStalled
		}
	}
}

// Warnings are the first few that the pipeline posted so far.
func (r *Reader) Warnings() []*Error { return r.warnings }

// Duration is how long the stream says it is, once frames flow.
func (r *Reader) Duration() (time.Duration, bool) {
	ok, ns := r.pipeline.QueryDuration(gogst.FormatTime)
	return time.Duration(ns), ok && ns > 0
}

// Live is whether the frames come as a camera sends them, and not as fast as they are read, once frames flow.
func (r *Reader) Live() bool { return C.braid_live(r.sinkElement()) != 0 }

// Decoder is the name of the element that decodes, "" while there is none.
func (r *Reader) Decoder() string {
	return C.GoString((*C.char)(atomic.LoadPointer((*unsafe.Pointer)(unsafe.Pointer(&r.native.decoder)))))
}

// Input counts the buffers that went into the decoder or the parser before it.
// It is more than the frames that came out where some could not be decoded, but
// also where the codec has buffers without a picture of their own.
func (r *Reader) Input() int {
	return int(atomic.LoadInt32((*int32)(unsafe.Pointer(&r.native.input))))
}

// Close stops the pipeline and frees it, within a deadline. One that hangs is left
// to a goroutine, which frees it when it stops after all: the error then wraps
// ErrStuck.
func (r *Reader) Close() error {
	C.braid_unpull(r.native)
	C.braid_release(r.native)
	stopping := change(r.pipeline, gogst.StateNull, r.playing)
	err := stopping.await(nil, r.stop)
	if err == nil {
		r.free()
		return nil
	}
	go func() {
		if <-stopping.done; stopping.err == nil {
			r.free()
			return
		}
		abandon(r.sink.Object.InitiallyUnowned.Object)
		abandon(r.pipeline.Object.InitiallyUnowned.Object)
	}()
	return fmt.Errorf("stopping the pipeline: %w", err)
}

// Freed is closed when a Close, or what it left behind, has freed everything.
func (r *Reader) Freed() <-chan struct{} { return r.freed }

// free gives back what a stopped pipeline holds.
func (r *Reader) free() {
	C.g_cond_clear(&r.native.turn)
	C.g_mutex_clear(&r.native.lock)
	C.free(unsafe.Pointer(r.native))
	C.gst_object_unref(C.gpointer(r.bus))
	defer close(r.freed)
	release(r.sink.Object.InitiallyUnowned.Object)
	release(r.pipeline.Object.InitiallyUnowned.Object)
	returnMemory()
}
