//go:build !nogst

package gst

/*
#include <stdlib.h>
#include <gst/app/gstappsrc.h>
#include "native.h"
*/
import "C"

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"time"
	"unsafe"

	gogst "github.com/tinyzimmer/go-gst/gst"

	"braid/internal/frame"
)

const (
	sourceName = "braid_in"
	muxName    = "braid_mux"
	fileName   = "file"

	// ahead is how many frames wait in the pipeline, look how often Write sees
	// whether there is room for one more.
	ahead = 4
	look  = 2 * time.Millisecond
	// finishLimit is how long Close waits while the file does not grow, and how
	// long at all once its context has ended.
	finishLimit, hurryLimit = 20 * time.Second, 3 * time.Second
)

// Writer encodes frames into an MP4 file. One goroutine uses it.
type Writer struct {
	cfg      WriterConfig
	part     *os.File // held open: it is the lock of the clip
	pipeline *gogst.Pipeline
	source   *gogst.Element
	bus      *C.GstBus
	info     C.GstVideoInfo
	last     time.Duration // of the frame before
	frames   int
	err      error // the first, kept
}

// NewWriter starts a pipeline that waits for frames. The file is written under
// another name until Close. A missing element is an *Error of kind
// MissingPlugin. The caller must Close or Discard the Writer.
func NewWriter(ctx context.Context, c WriterConfig) (*Writer, error) {
	w, err := newWriter(ctx, c)
	if err != nil {
		return nil, fmt.Errorf("opening the clip %s: %w", c.Path, err)
	}
	return w, nil
}

func newWriter(ctx context.Context, c WriterConfig) (*Writer, error) {
	if err := c.validate(); err != nil {
		return nil, err
	}
	part, err := c.create()
	if err != nil {
		return nil, err
	}
	start()
	w := &Writer{cfg: c, part: part, info: videoInfo(c)}
	if err := w.start(ctx); err != nil {
		return nil, errors.Join(c.settle(err), part.Close())
	}
	return w, nil
}

// start builds the pipeline and sets it going.
func (w *Writer) start(ctx context.Context) error {
	launch, err := w.launch()
	if err != nil {
		return err
	}
	w.pipeline, err = parse(launch, []Property{{fileName, "location", w.cfg.part()}, {muxName, "faststart-file", w.cfg.moving()}})
	if err != nil {
		return err
	}
	if w.source, err = w.pipeline.GetElementByName(sourceName); err != nil {
		release(w.pipeline.Object.InitiallyUnowned.Object)
		return fmt.Errorf("finding the source: %w", err)
	}
	w.bus = C.gst_element_get_bus((*C.GstElement)(w.pipeline.Unsafe()))
	caps := C.gst_video_info_to_caps(&w.info)
	C.gst_app_src_set_caps(w.appSource(), caps)
	C.gst_mini_object_unref((*C.GstMiniObject)(unsafe.Pointer(caps)))
	if err := setState(ctx.Done(), w.pipeline, gogst.StatePlaying, startLimit); err != nil {
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		if _, posted := w.posted(0); posted != nil {
			err = posted
		}
		return errors.Join(err, w.stop())
	}
	return nil
}

// launch is the whole pipeline. What the encoder gets is named, as it would else
// take a layout that few players know. The sink does not wait for a first frame.
func (w *Writer) launch() (string, error) {
	enc, err := pickEncoder(w.cfg)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("appsrc name=%s format=time max-bytes=0 ! videoconvert ! video/x-raw,format=I420,colorimetry=%q ! "+
		"%s ! mp4mux name=%s faststart=true ! filesink name=%s async=false",
		sourceName, colorText(w.cfg.Color), enc.launch, muxName, fileName), nil
}

func (w *Writer) appSource() *C.GstAppSrc { return (*C.GstAppSrc)(w.source.Unsafe()) }

// Write encodes one picture, which it copies: planes as the config's format has
// them, rows may be padded. pts counts from the start of the clip and must be
// larger than that of the frame before. Write waits while the encoder is busy.
// It returns ctx's cause when ctx ends first; an *Error where the pipeline
// failed, and from then on.
func (w *Writer) Write(ctx context.Context, planes [3]frame.Plane, pts time.Duration) error {
	if w.err != nil {
		return w.err
	}
	err := w.cfg.check(planes)
	if err == nil && (pts < 0 || w.frames > 0 && pts <= w.last) {
		err = fmt.Errorf("frame at %v after one at %v", pts, w.last)
	}
	if err == nil {
		err = w.room(ctx)
	}
	if err == nil {
		err = w.push(planes, pts)
	}
	if err != nil {
		err = fmt.Errorf("writing the clip %s: %w", w.cfg.Path, err)
		if ctx.Err() == nil {
			w.err = err
		}
	}
	return err
}

// room waits until the pipeline can take a frame. The source's own blocking mode
// is of no use: it does not wake when what is behind it fails.
func (w *Writer) room(ctx context.Context) error {
	wait := time.Duration(0)
	for {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if _, err := w.posted(wait); err != nil {
			return err
		}
		if C.gst_app_src_get_current_level_bytes(w.appSource()) < C.guint64(ahead*w.info.size) {
			return nil
		}
		wait = look
	}
}

// push copies a picture into a buffer and hands that over.
func (w *Writer) push(planes [3]frame.Plane, pts time.Duration) error {
	buf := C.gst_buffer_new_allocate(nil, w.info.size, nil)
	var m C.GstMapInfo
	if buf == nil || C.gst_buffer_map(buf, &m, C.GST_MAP_WRITE) == 0 {
		if buf != nil {
			C.gst_mini_object_unref((*C.GstMiniObject)(unsafe.Pointer(buf)))
		}
		return errors.New("no memory for a frame")
	}
	data := unsafe.Slice((*byte)(m.data), int(m.size))
	for i, p := range planes {
		if rows, bytes := w.cfg.rows(i); rows > 0 {
			copyRows(data[w.info.offset[i]:], int(w.info.stride[i]), p, rows, bytes)
		}
	}
	C.gst_buffer_unmap(buf, &m)
	buf.pts, buf.duration = C.GstClockTime(pts), C.GstClockTime(w.duration(pts))
	if C.gst_app_src_push_buffer(w.appSource(), buf) != C.GST_FLOW_OK { // owns buf from here
		return w.refused()
	}
	w.frames, w.last = w.frames+1, pts
	return nil
}

// refused says why the source took no frame, or no end.
func (w *Writer) refused() error {
	if _, err := w.posted(wake); err != nil {
		return err
	}
	return errors.New("the pipeline takes nothing more")
}

// duration is how long the frame at pts is shown if it is the last one: as long
// as the one before.
func (w *Writer) duration(pts time.Duration) time.Duration {
	if w.frames > 0 {
		return pts - w.last
	}
	return time.Duration(float64(time.Second) / w.cfg.FPS)
}

// posted waits for the end of the clip or an error on the bus.
func (w *Writer) posted(wait time.Duration) (ended bool, err error) {
	msg := C.gst_bus_timed_pop_filtered(w.bus, C.GstClockTime(wait), C.GST_MESSAGE_ERROR|C.GST_MESSAGE_EOS)
	if msg == nil {
		return false, nil
	}
	defer C.gst_mini_object_unref((*C.GstMiniObject)(unsafe.Pointer(msg)))
	if msg._type == C.GST_MESSAGE_EOS {
		return true, nil
	}
	e := report(msg)
	if strings.Contains(strings.ToLower(e.Debug), syscall.ENOSPC.Error()) {
		e.Kind = DiskFull // the muxer says only that it could not write
	}
	return false, e
}

// Close ends the clip: what the encoder holds is written, the index goes first,
// and the file gets its name. Where a Write has failed, or this fails, no file is
// left, nor is an older one of that name touched. When ctx ends, or has ended,
// there are a few seconds left for it.
func (w *Writer) Close(ctx context.Context) error {
	err := w.err
	switch {
	case err != nil:
	case w.frames == 0:
		err = ErrNoFrames
	default:
		err = w.finish(ctx)
	}
	if stopped := w.stop(); err == nil {
		err = stopped
	}
	err = errors.Join(w.cfg.settle(err), w.part.Close())
	if err != nil && w.err == nil { // else it names the clip already
		err = fmt.Errorf("finishing the clip %s: %w", w.cfg.Path, err)
	}
	return err
}

// Discard ends the Writer without a clip: what was written is removed, an older
// file of that name stays as it is.
func (w *Writer) Discard() error {
	err := w.stop()
	w.cfg.remove()
	err = errors.Join(err, w.part.Close())
	if err != nil {
		err = fmt.Errorf("giving up the clip %s: %w", w.cfg.Path, err)
	}
	return err
}

// finish waits for the end of the file, as long as that grows.
func (w *Writer) finish(ctx context.Context) error {
	if C.gst_app_src_end_of_stream(w.appSource()) != C.GST_FLOW_OK {
		return w.refused()
	}
	deadline, hurried, size := time.Now().Add(finishLimit), false, int64(0)
	for {
		if ended, err := w.posted(wake); ended || err != nil {
			return err
		}
		if ctx.Err() != nil && !hurried {
			deadline, hurried = time.Now().Add(hurryLimit), true
		}
		if n := w.cfg.written(); n != size && !hurried {
			deadline, size = time.Now().Add(finishLimit), n
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%w: the file is not finished", ErrStuck)
		}
	}
}

// stop frees the pipeline, unless it hangs.
func (w *Writer) stop() error {
	if err := setState(nil, w.pipeline, gogst.StateNull, stopLimit); err != nil {
		abandon(w.source.Object.InitiallyUnowned.Object)
		abandon(w.pipeline.Object.InitiallyUnowned.Object)
		return fmt.Errorf("stopping the pipeline: %w", err)
	}
	C.gst_object_unref(C.gpointer(w.bus))
	release(w.source.Object.InitiallyUnowned.Object)
	release(w.pipeline.Object.InitiallyUnowned.Object)
	return nil
}
