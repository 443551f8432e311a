package truth

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/jpeg"
	"os"
	"path/filepath"
	"runtime"

	"golang.org/x/sync/errgroup"

	"braid/internal/coco"
	"braid/source/synth"
	"braid/source/synth/dice"
)

// Pictures says which labelled pictures are drawn: Frames pictures of each of
// Scenes scenes, Every seconds apart.
type Pictures struct {
	First   uint64 // seed of the first scene; the others follow
	Scenes  int
	Frames  int     // of each scene
	Every   float64 // seconds between them
	Width   int     // pixels
	Height  int     // pixels
	Workers int     // scenes that are drawn at once; 0: as many as there are processors
	Done    func()  // called after each scene that was begun, from any goroutine; may be nil
}

// maxPictures bounds what Write keeps of the truth in memory.
const maxPictures = 10_000_000

// Validate says what is wrong with the values.
func (p Pictures) Validate() error {
	switch {
	case p.Scenes < 1:
		return fmt.Errorf("%d scenes, want at least 1", p.Scenes)
	case p.Frames < 1:
		return fmt.Errorf("%d frames of a scene, want at least 1", p.Frames)
	case p.Scenes > maxPictures || p.Frames > maxPictures/p.Scenes:
		return fmt.Errorf("%d scenes of %d frames, want at most %d pictures", p.Scenes, p.Frames, maxPictures)
	case !(p.Every >= 0.01 && p.Every <= 10):
		return fmt.Errorf("%v seconds between frames, want 0.01 to 10", p.Every)
	}
	return p.options(p.First).Validate()
}

// options is the scene of a seed, with a frame for each picture.
func (p Pictures) options(seed uint64) synth.Options {
	return synth.Options{Seed: seed, Width: p.Width, Height: p.Height, FPS: 1 / p.Every, Seconds: p.Every * float64(p.Frames)}
}

// scenePictures is what one scene contributes.
type scenePictures struct {
	images  []coco.Image
	objects [][]synth.Object
}

// Write draws the pictures into dir/images as JPEG, each at a quality of its
// own, as cameras differ, and their truth into dir/instances.json. The same
// Pictures give the same truth, and on one kind of processor the same files.
func (p Pictures) Write(ctx context.Context, dir string) error {
	if err := p.Validate(); err != nil {
		return fmt.Errorf("drawing pictures: %w", err)
	}
	folder := filepath.Join(dir, "images")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	all := make([]scenePictures, p.Scenes)
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(workers(p.Workers))
	for k := range all {
		group.Go(func() (err error) {
			if ctx.Err() != nil { // before the scene, which takes a second to set up
				return context.Cause(ctx)
			}
			all[k], err = p.scene(ctx, folder, p.First+uint64(k))
			if p.Done != nil {
				p.Done()
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	r := NewRecorder()
	for _, s := range all {
		for i, m := range s.images {
			r.Add(m, s.objects[i])
		}
	}
	return r.Dataset().WriteFile(filepath.Join(dir, "instances.json"))
}

func workers(n int) int {
	if n < 1 {
		return runtime.GOMAXPROCS(0)
	}
	return n
}

// scene draws the pictures of one seed.
func (p Pictures) scene(ctx context.Context, folder string, seed uint64) (out scenePictures, err error) {
	s, err := synth.New(p.options(seed))
	if err != nil {
		return out, err
	}
	d := dice.New(seed, 0x6a706567) // "jpeg"
	rgb := make([]byte, 3*p.Width*p.Height)
	img := image.NewRGBA(image.Rect(0, 0, p.Width, p.Height))
	for i := range p.Frames {
		if ctx.Err() != nil {
			return out, context.Cause(ctx)
		}
		objects := append([]synth.Object{}, s.Advance(i)...)
		s.Paint(rgb, i)
		name := fmt.Sprintf("scene-%06d-%03d.jpg", seed, i)
		if err := writeJPEG(filepath.Join(folder, name), img, rgb, 55+d.Int(41)); err != nil {
			return out, err
		}
		out.images = append(out.images, coco.Image{File: name, Width: p.Width, Height: p.Height})
		out.objects = append(out.objects, objects)
	}
	return out, nil
}

// writeJPEG writes packed RGB; img is scratch of its size.
func writeJPEG(path string, img *image.RGBA, rgb []byte, quality int) error {
	for i, k := 0, 0; i+2 < len(rgb); i, k = i+3, k+4 {
		img.Pix[k], img.Pix[k+1], img.Pix[k+2], img.Pix[k+3] = rgb[i], rgb[i+1], rgb[i+2], 255
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: quality}); err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return os.WriteFile(path, b.Bytes(), 0o644)
}
