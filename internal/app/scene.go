package app

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	"braid/internal/coco"
	"braid/internal/frame"
	"braid/internal/gst"
	"braid/internal/truth"
	"braid/source/synth"
)

// SceneRenderOptions are the flags of braid scene render.
type SceneRenderOptions struct {
	Scene string // URL
	Out   string // FILE.mp4
	Truth string // FILE.json, "" for none
}

// SceneRender writes a scene as a clip, and its truth beside it.
func SceneRender(ctx context.Context, env *Env, o SceneRenderOptions) error {
	at, err := finiteScene(o.Scene)
	if err != nil {
		return Usage(err)
	}
	if err := checkClip("OUT.mp4", o.Out); err != nil {
		return err
	}
	if err := as(ErrEnvironment, gst.CheckWriter(o.Out)); err != nil {
		return err
	}
	if err := checkTruth(o); err != nil {
		return err
	}
	ctx, stop := env.untilDrain(ctx)
	defer stop()
	bar := newProgress(env)
	bar.count(o.Out, int64(at.Frames()))
	data, err := renderClip(ctx, at, o.Out, bar.step)
	bar.stop()
	if err != nil {
		return err
	}
	if o.Truth != "" {
		err = as(ErrEnvironment, data.WriteFile(o.Truth))
	}
	return err
}

// finiteScene reads the URL of a scene that has an end.
func finiteScene(raw string) (synth.Options, error) {
	at, err := synth.Parse(raw)
	if err == nil && at.Frames() == 0 {
		short := at
		short.Seconds = 20
		err = fmt.Errorf("%s has no end: give it one, as in %s", raw, short)
	}
	return at, err
}

// checkTruth finds what would make the truth impossible to write, before the
// clip is drawn.
func checkTruth(o SceneRenderOptions) error {
	if o.Truth == "" {
		return nil
	}
	if filepath.Clean(o.Truth) == filepath.Clean(o.Out) {
		return Usage(fmt.Errorf("--truth %s is the clip itself: give it another name", o.Truth))
	}
	dir := filepath.Dir(o.Truth)
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return as(ErrEnvironment, fmt.Errorf("--truth %s: there is no folder %s", o.Truth, dir))
	}
	return nil
}

// renderClip draws a scene into an MP4 file and returns its truth.
func renderClip(ctx context.Context, at synth.Options, path string, step func()) (_ *coco.Dataset, err error) {
	scene, err := synth.New(at)
	if err != nil {
		return nil, err
	}
	w, err := gst.NewWriter(ctx, gst.WriterConfig{
		Path: path, Format: frame.RGB, Color: frame.Colorimetry{Matrix: frame.BT709}, Width: at.Width, Height: at.Height, FPS: at.FPS,
	})
	if err != nil {
		return nil, as(ErrEnvironment, err)
	}
	defer func() {
		if err != nil { // part of a scene must not take the place of a whole one
			err = errors.Join(err, as(ErrEnvironment, w.Discard()))
			return
		}
		err = as(ErrEnvironment, w.Close(ctx))
	}()
	r := truth.NewRecorder()
	rgb := make([]byte, 3*at.Width*at.Height)
	for i := range at.Frames() {
		if ctx.Err() != nil {
			return nil, as(ErrInterrupted, context.Cause(ctx))
		}
		r.Add(truth.Image(at, i), scene.Advance(i))
		scene.Paint(rgb, i)
		if err := w.Write(ctx, [3]frame.Plane{{Data: rgb, Stride: 3 * at.Width}}, at.PTS(i)); err != nil {
			return nil, as(ErrEnvironment, err)
		}
		step()
	}
	return r.Dataset(), nil
}

// SceneDatasetOptions are the flags of braid scene dataset.
type SceneDatasetOptions struct {
	Dir    string
	Seed   uint64
	Scenes int
	Frames int
	Every  float64
	Size   string // WIDTHxHEIGHT
}

// SceneDataset draws labelled pictures of many scenes.
func SceneDataset(ctx context.Context, env *Env, o SceneDatasetOptions) error {
	at, err := synth.Parse("scene:street?size=" + url.QueryEscape(o.Size))
	if err != nil {
		return Usage(err)
	}
	ctx, stop := env.untilDrain(ctx)
	defer stop()
	bar := newProgress(env)
	p := truth.Pictures{
		First: o.Seed, Scenes: o.Scenes, Frames: o.Frames, Every: o.Every,
		Width: at.Width, Height: at.Height, Done: bar.step,
	}
	if err := p.Validate(); err != nil {
		return Usage(err)
	}
	kept := filepath.Join(o.Dir, "instances.json")
	if _, err := os.Lstat(kept); err == nil {
		return Usage(fmt.Errorf("%s is there already: remove it, or name another folder", kept))
	}
	bar.count("scenes", int64(o.Scenes))
	err = p.Write(ctx, o.Dir)
	bar.stop()
	if errors.Is(err, ErrInterrupted) {
		return as(ErrInterrupted, fmt.Errorf("interrupted: pictures of some scenes are in %s, their truth is not written", filepath.Join(o.Dir, "images")))
	}
	if err != nil {
		return as(ErrEnvironment, err)
	}
	fmt.Fprintf(env.Err, "%d pictures and their truth are in %s\n", o.Scenes*o.Frames, o.Dir)
	return nil
}
