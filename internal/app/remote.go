package app

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"

	"braid/internal/config"
	"braid/sink/control"
	"braid/sink/natsconn"
)

// openControl connects to the server that the state of the cameras is kept on, and
// that requests come from.
func (l *live) openControl(c natsconn.Config) error {
	c.Client = "braid " + l.cfg.Instance + " control"
	s, err := control.Open(control.Config{
		Config: c, Site: l.cfg.Site, Instance: l.cfg.Instance, JetStream: l.cfg.NATS.UsesJetStream(),
		Read: l.state, Do: l.request,
	}, l.env.Log)
	if err != nil {
		return as(ErrEnvironment, err)
	}
	l.control = s
	l.closers = append(l.closers, s.Close)
	return nil
}

// state is what the bucket says of this instance.
func (l *live) state() control.State {
	s := control.State{Instance: control.Instance{
		Site: l.cfg.Site, Instance: l.cfg.Instance, Version: l.env.Version, Started: l.started,
	}}
	if why := l.rejected.Load(); why != nil {
		s.Instance.Rejected = *why
	}
	for _, line := range l.lines {
		for _, f := range line.cameras() {
			s.Cameras = append(s.Cameras, l.camera(f))
			s.Instance.Abandoned += f.source.Info().Abandoned
		}
	}
	s.Instance.Cameras = len(s.Cameras)
	return s
}

// request does what somebody asks for over NATS. What it changes lasts until braid
// ends, or the configuration file says something new of the same camera.
func (l *live) request(ctx context.Context, r control.Request) error {
	err := l.change(ctx, func(have config.Config) (config.Config, error) {
		switch there := have.Camera(r.Camera) != nil; {
		case r.Op == control.Add && there:
			return have, invalidf("there is a camera %q already: braid cameras set changes it", r.Camera)
		case r.Op == control.Set && !there:
			return have, invalidf("%w", have.NoCamera(r.Camera))
		case r.Op == control.Remove:
			now, err := have.Without(r.Camera)
			return now, as(ErrInvalid, err)
		}
		set, err := l.harmless(r.Set)
		if err != nil {
			return have, err
		}
		now, err := have.With(r.Camera, set)
		return now, as(ErrInvalid, err)
	})
	if err != nil {
		l.env.Log.With("error", oneLine(err.Error())).Warn("request refused", "op", r.Op, "camera", r.Camera)
		if errors.Is(err, ErrInvalid) {
			return control.Invalid(err)
		}
		return err
	}
	l.env.Log.Info("request done", "op", r.Op, "camera", r.Camera)
	return nil
}

// harmless refuses settings by which somebody who may send requests could do more
// than watch cameras: run any pipeline, or have any file sent to a camera as its
// password. Password files lie in the configuration's folder.
func (l *live) harmless(set []string) ([]string, error) {
	out := slices.Clone(set)
	for i, s := range out {
		key, value, _ := strings.Cut(s, "=")
		switch key, value = strings.TrimSpace(key), strings.TrimSpace(value); {
		case key == "url" && strings.HasPrefix(strings.ToLower(value), "gst:"):
			return nil, invalidf("gst: pipelines stand in the configuration file only")
		case key == "password_file" && !filepath.IsLocal(value):
			return nil, invalidf("password_file %s: want a path within the folder of the configuration file", value)
		case key == "password_file":
			out[i] = "password_file=" + filepath.Join(filepath.Dir(first(l.load.File, config.DefaultFile)), value)
		}
	}
	return out, nil
}
