package app

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"braid/sink/video"
)

// checkClip looks at the name of a clip that is to be written, before anything
// starts; "" is none. what is what the command line calls it.
func checkClip(what, path string) error {
	if path == "" {
		return nil
	}
	if !strings.EqualFold(filepath.Ext(path), ".mp4") {
		return Usage(fmt.Errorf("%s %s: clips are MP4, give a name that ends in .mp4", what, path))
	}
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return Usage(fmt.Errorf("%s %s is a directory", what, path))
	}
	return nil
}

// apart refuses a clip in the file that the results go to, before either is
// opened. Each may be "", out also "-".
func apart(out, clip string) error {
	if out == "" || out == "-" || clip == "" || !sameFile(out, clip) {
		return nil
	}
	return Usage(fmt.Errorf("--out %s and --annotate %s are one file: results and clip need a name each", out, clip))
}

// openClip opens the sink of batch --annotate.
func (b *batch) openClip(ctx context.Context) (*video.Sink, error) {
	if err := b.spare("--annotate", b.o.Annotate); err != nil {
		return nil, err
	}
	s, err := video.Recorded(ctx, b.o.Annotate, b.env.Log)
	return s, as(ErrEnvironment, err)
}

// openClip opens the sink of run --annotate.
func (l *live) openClip(ctx context.Context) (*video.Sink, error) {
	var cameras, used []string
	for _, c := range l.cfg.Cameras {
		cameras = append(cameras, c.Name)
		used = append(used, parseInput(c.URL).path)
	}
	if err := spare("--annotate", l.clip, used); err != nil {
		return nil, err
	}
	s, err := video.Live(ctx, l.clip, cameras, l.env.Log)
	return s, as(ErrEnvironment, err)
}
