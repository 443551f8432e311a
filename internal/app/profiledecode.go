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

// decodeTime is the CPU time that decoding a frame of a recording takes, in
// milliseconds of one core: that of the whole process, which does nothing else,
// from the first frame to the last, so that opening the file is not in it.
func decodeTime(ctx context.Context, env *Env, arg string) (_ float64, err error) {
	src, err := openSource(env, batchCamera("profile", parseInput(arg).url))
	if err != nil {
		return 0, err
	}
	f, err := newFeed(src, source.GateConfig{Camera: "profile", Policy: source.Block, Limit: decodeFrames}, 1, nil)
	if err != nil {
		return 0, err
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
	frames, used, err := drain(ctx, mux)
	mux.Discard()
	if err := errors.Join(g.Wait(), err); err != nil {
		return 0, err
	}
	if frames < 2 {
		return 0, invalidf("%d frames are too few to measure", frames)
	}
	return used / float64(frames-1), nil
}

// drain takes frames until the last, and gives the CPU milliseconds between the
// first and the last.
func drain(ctx context.Context, mux *source.Mux) (frames int, used float64, err error) {
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
