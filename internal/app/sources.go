package app

import (
	"context"
	"errors"
	"io/fs"
	"strings"

	"braid/internal/config"
	"braid/internal/redact"
	"braid/source"
	"braid/source/images"
	"braid/source/synth"
	"braid/source/video"
)

// openSource makes the Source of a camera's URL: pictures are decoded by Go,
// scenes are drawn, everything else is GStreamer's.
func openSource(env *Env, c config.Camera) (source.Source, error) {
	if dir, ok := strings.CutPrefix(c.URL, "images:"); ok {
		return images.New(images.Config{Name: c.Name, Dir: dir, Loop: c.Loop}, env.Log)
	}
	if strings.HasPrefix(c.URL, "scene:") {
		clock := synth.Wall
		if c.Clock == config.ClockPTS {
			clock = synth.Stream
		}
		return synth.NewSource(c.URL, clock)
	}
	return video.New(videoConfig(c), env.Log)
}

// videoConfig is a camera of GStreamer's.
func videoConfig(c config.Camera) video.Config {
	v := video.Config{
		Name: c.Name, URL: c.URL, Username: c.Username, Password: c.Password,
		Transport: string(c.Transport), Latency: c.Latency, Loop: c.Loop,
		Software: c.Decoder == config.DecoderSoftware, Rotate: c.Rotate,
	}
	if c.Clock != config.ClockAuto {
		v.Clock = string(c.Clock)
	}
	return v
}

// checkSource says what is wrong with a camera's URL, which it does not open.
func checkSource(c config.Camera) error {
	switch {
	case strings.HasPrefix(c.URL, "images:"):
		return nil
	case strings.HasPrefix(c.URL, "scene:"):
		_, err := synth.Parse(c.URL)
		return err
	}
	return video.Check(videoConfig(c))
}

// openRecording is openSource for what is measured: a recording that is not there, or
// not ours to read, is the machine's failure, as a device that is missing.
func openRecording(env *Env, c config.Camera) (source.Source, error) {
	src, err := openSource(env, c)
	for _, missing := range []error{source.ErrNotFound, fs.ErrNotExist, fs.ErrPermission} {
		if errors.Is(err, missing) {
			return nil, as(ErrEnvironment, err)
		}
	}
	return src, err
}

// gateConfig is the Gate of a camera.
func gateConfig(c config.Camera) (source.GateConfig, error) {
	g := source.GateConfig{Camera: c.Name, Every: c.Every, MaxFPS: c.MaxFPS, Queue: c.Queue, Weight: c.Weight, MinFPS: c.MinFPS, Budget: c.Budget}
	if err := g.Policy.UnmarshalText([]byte(c.Policy)); err != nil {
		return g, invalidf("camera %s: %w", c.Name, err)
	}
	return g, nil
}

// lost is a Source that could not be opened: its camera fails, and no other.
type lost struct {
	info source.Info
	err  error
}

func (l lost) Run(context.Context, *source.Gate) error { return l.err }
func (l lost) Info() source.Info                       { return l.info }

// cameraSource opens a camera of a running service. What is missing on this
// machine is the camera's failure; what is wrong with its configuration is the
// program's.
func cameraSource(env *Env, c config.Camera) (source.Source, error) {
	src, err := openSource(env, c)
	for _, missing := range []error{source.ErrNotFound, source.ErrMissingPlugin, source.ErrTruncated, source.ErrUnplayable, images.ErrNotImage, fs.ErrNotExist, fs.ErrPermission} {
		if errors.Is(err, missing) {
			return lost{source.Info{URL: redact.URL(c.URL)}, err}, nil
		}
	}
	return src, as(ErrInvalid, err)
}
