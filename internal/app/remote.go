package app

import (
	"context"

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
			return have.Without(r.Camera)
		}
		return have.With(r.Camera, r.Set)
	})
	if err != nil {
		l.env.Log.With("error", oneLine(err.Error())).Warn("request refused", "op", r.Op, "camera", r.Camera)
		return err
	}
	l.env.Log.Info("request done", "op", r.Op, "camera", r.Camera)
	return nil
}
