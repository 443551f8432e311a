package app

import (
	"context"
	"errors"
	"io"

	"golang.org/x/sync/errgroup"

	"braid/internal/frame"
	"braid/source"
)

// decodeFrames is the most frames of a recording whose decoding is measured.
const decodeFrames = 300

// decoded is what decoding a recording costs.
type decoded struct {
	ms            float64 // CPU time of a frame, of one core
	width, height int     // of its first frame, pixels
}

// decodeTime decodes a recording. The time is that of the whole process, which does
// nothing else, from the first frame to the last, so that opening the file is not in
// it.
func decodeTime(ctx context.Context, env *Env, arg string) (d decoded, err error) {
	src, err := openRecording(env, batchCamera("profile", parseInput(arg).url))
	if err != nil {
		return d, err
	}
	f, err := newFeed(src, source.GateConfig{Camera: "profile", Policy: source.Block, Limit: decodeFrames}, 1, nil)
	if err != nil {
		return d, err
	}
	defer closeInto(&err, f.pool.Close)
	mux := source.NewMux(f.gate)
	var g errgroup.Group
	g.Go(func() error {
		err := f.source.Run(ctx, f.gate)
		f.gate.Close()
		if errors.Is(err, source.ErrClosed) {
			return nil
		}
		return err
	})
	frames, used, err := d.drain(ctx, mux)
	mux.Discard()
	if err := errors.Join(g.Wait(), err); err != nil {
		return d, err
	}
	if frames < 2 {
		return d, invalidf("%d frames are too few to measure", frames)
	}
	d.ms = used / float64(frames-1)
	return d, nil
}

// drain takes frames until the last, and gives the CPU milliseconds between the
// first and the last.
func (d *decoded) drain(ctx context.Context, mux *source.Mux) (frames int, used float64, err error) {
	begin := 0.0
	for {
		f, err := mux.Next(ctx)
		if errors.Is(err, io.EOF) {
			return frames, used, nil
		}
		if err != nil {
			return frames, used, err
		}
		now := milliseconds(processTime())
		if frames == 0 {
			begin = now
			d.width, d.height = f.Width, f.Height
		}
		frames++
		used = now - begin
		published(f)
	}
}

func published(f *frame.Frame) {
	f.Ledger.CountPublished()
	f.Release()
}
