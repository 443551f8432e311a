// Package images is the source of picture folders: JPEG and PNG files, decoded
// by Go's own decoders, turned as their EXIF data asks, in the order of their
// names. It starts no goroutine.
package images

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"braid/internal/frame"
	"braid/source"
)

// ErrNotImage is wrapped where a file is neither JPEG nor PNG.
var ErrNotImage = errors.New("not a JPEG or PNG image")

// Interval is the stream time between two images: 25 a second.
const Interval = time.Second / 25

// Config says which images to deliver. Either Dir or Files is set.
type Config struct {
	Name  string   // camera's name, for messages
	Dir   string   // folder, not those below it, or a single image
	Files []string // in this order
	Loop  bool     // start again at the end; stream time goes on
}

// Source delivers images as RGB frames. PTS is the image's index times Interval,
// so it tells which file it was also where some were dropped.
type Source struct {
	name  string
	url   string
	files []string
	loop  bool
	log   *slog.Logger
}

// New lists the images. In a folder it takes the files that are called .jpg,
// .jpeg or .png. It wraps source.ErrNotFound where there is nothing, ErrNotImage
// where a single file is no image.
func New(cfg Config, log *slog.Logger) (*Source, error) {
	s, err := list(cfg)
	if err != nil {
		return nil, fmt.Errorf("opening images of %s: %w", cfg.Name, err)
	}
	s.name, s.loop, s.log = cfg.Name, cfg.Loop, log
	return s, nil
}

func list(cfg Config) (*Source, error) {
	switch {
	case cfg.Dir != "" && len(cfg.Files) > 0:
		return nil, errors.New("both a folder and files are given")
	case len(cfg.Files) > 0:
		return &Source{url: "images:" + filepath.Dir(cfg.Files[0]), files: slices.Clone(cfg.Files)}, nil
	}
	info, err := os.Stat(cfg.Dir)
	if err != nil {
		return nil, missing(cfg.Dir, err)
	}
	files := []string{cfg.Dir}
	if info.IsDir() {
		files, err = folder(cfg.Dir)
	} else {
		err = checkImage(cfg.Dir)
	}
	return &Source{url: "images:" + cfg.Dir, files: files}, err
}

// folder lists the images in dir by name.
func folder(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir) // sorted
	if err != nil {
		return nil, err
	}
	var files []string
	for _, e := range entries {
		switch strings.ToLower(filepath.Ext(e.Name())) {
		case ".jpg", ".jpeg", ".png":
		default:
			continue
		}
		path := filepath.Join(dir, e.Name())
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			files = append(files, path)
		}
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("folder %s: no .jpg, .jpeg or .png: %w", dir, source.ErrNotFound)
	}
	return files, nil
}

// checkImage looks at the first bytes of a file that was named by itself.
func checkImage(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return missing(path, err)
	}
	defer f.Close()
	var head [8]byte
	n, _ := f.Read(head[:]) // a file that cannot be read is not an image
	if kindOf(head[:n]) == unknown {
		return fmt.Errorf("%s: %w", path, ErrNotImage)
	}
	return nil
}

func missing(path string, err error) error {
	if errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("%s: %w", path, source.ErrNotFound)
	}
	return err
}

// Info says how many images there are; those that turn out to be unreadable are
// among them.
func (s *Source) Info() source.Info {
	n := len(s.files)
	return source.Info{
		URL:      s.url,
		Frames:   int64(n),
		Duration: time.Duration(n) * Interval,
		Decoder:  "go image",
	}
}

// Run delivers all images. One that cannot be read is logged and passed over, before it is
// offered; at the end Run returns one error of all these.
func (s *Source) Run(ctx context.Context, g *source.Gate) error {
	var d decoder
	for round := 0; ; round++ {
		lost, err := s.pass(ctx, g, &d, round)
		if err != nil {
			return err
		}
		if round == 0 {
			for _, u := range lost {
				s.log.Warn("an image cannot be read", "camera", s.name, "image", u.path, "error", u.err)
			}
		}
		if s.loop && len(lost) < len(s.files) {
			continue
		}
		if len(lost) > 0 {
			return &unreadableError{all: len(s.files), images: lost}
		}
		return nil
	}
}

// pass delivers every image once, in a round from 0, and gives those that cannot be read.
func (s *Source) pass(ctx context.Context, g *source.Gate, d *decoder, round int) (lost []unreadable, err error) {
	for i, path := range s.files {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		if err := g.Asked(ctx); err != nil {
			return nil, err
		}
		start := time.Now()
		if err := d.open(path); err != nil {
			lost = append(lost, unreadable{path, err})
			continue
		}
		if err := s.deliver(ctx, g, d, path, round*len(s.files)+i, time.Since(start)); err != nil {
			return nil, err
		}
	}
	return lost, nil
}

func (s *Source) deliver(ctx context.Context, g *source.Gate, d *decoder, path string, i int, decode time.Duration) error {
	pts := time.Duration(i) * Interval
	f, err := g.Offer(ctx, pts)
	if f == nil {
		return err
	}
	start := time.Now()
	if err := d.fill(f); err != nil {
		g.Abandon(f)
		return fmt.Errorf("delivering image %s: %w", path, err)
	}
	f.File = filepath.Base(path)
	f.PTS, f.Clock = pts, frame.ClockPTS
	f.Decode = decode + time.Since(start)
	return g.Put(ctx, f)
}
