package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"

	"braid/sink/control"
	"braid/sink/wire"
)

// CamerasOptions are the flags of braid cameras.
type CamerasOptions struct {
	Choice
	URL, Site, Instance string
	Server              map[string]string // as WatchOptions has it
}

// instances asks the server which instances run, and what of.
func (o CamerasOptions) instances(ctx context.Context, env *Env) (*control.Client, []control.State, error) {
	server, err := WatchOptions{Choice: o.Choice, URL: o.URL, Server: o.Server}.server(env)
	if err != nil {
		return nil, nil, err
	}
	c, err := control.Dial(server)
	if err != nil {
		return nil, nil, as(ErrEnvironment, err)
	}
	states, err := c.List(ctx, o.Site)
	if err != nil {
		c.Close()
		return nil, nil, as(ErrEnvironment, err)
	}
	if o.Instance != "" {
		states = slices.DeleteFunc(states, func(s control.State) bool { return wire.Slug(s.Instance.Instance) != wire.Slug(o.Instance) })
	}
	return c, states, nil
}

// CamerasList shows the cameras of the instances that run.
func CamerasList(ctx context.Context, env *Env, o CamerasOptions) error {
	c, states, err := o.instances(ctx, env)
	if err != nil {
		return err
	}
	defer c.Close()
	if env.JSON {
		for _, s := range states {
			for _, m := range s.Cameras {
				if err := writeJSON(env.Out, m); err != nil {
					return err
				}
			}
		}
		return nil
	}
	t := newTable(env.Out)
	t.AppendHeader(table.Row{"site", "instance", "camera", "state", "for", "tries", "in", "published", "dropped", "url", "last error"})
	for _, s := range states {
		for _, m := range s.Cameras {
			t.AppendRow(table.Row{
				m.Site, m.Instance, m.Camera, m.State, time.Since(m.Since).Round(time.Second), m.Attempt,
				m.Counts.In, m.Counts.Published, reasons(m.Counts.Dropped), m.URL, m.Error,
			})
		}
		if why := s.Instance.Rejected; why != "" {
			env.Log.Warn("the configuration file as it is now was rejected", "instance", s.Instance.Instance, "error", why)
		}
	}
	t.Render()
	return nil
}

// CamerasAdd adds a camera to the one instance that the options choose.
func CamerasAdd(ctx context.Context, env *Env, o CamerasOptions, name string, set []string) error {
	return o.ask(ctx, env, control.Request{Op: control.Add, Camera: name, Set: set}, func(control.State) bool { return true })
}

// CamerasRemove takes a camera away.
func CamerasRemove(ctx context.Context, env *Env, o CamerasOptions, name string) error {
	return o.ask(ctx, env, control.Request{Op: control.Remove, Camera: name}, owns(name))
}

// CamerasSet changes keys of a camera.
func CamerasSet(ctx context.Context, env *Env, o CamerasOptions, name string, set []string) error {
	return o.ask(ctx, env, control.Request{Op: control.Set, Camera: name, Set: set}, owns(name))
}

// owns says which instances have a camera.
func owns(name string) func(control.State) bool {
	return func(s control.State) bool {
		return slices.ContainsFunc(s.Cameras, func(m wire.Camera) bool { return wire.Slug(m.Camera) == wire.Slug(name) })
	}
}

// ask sends a request to the one instance that fits.
func (o CamerasOptions) ask(ctx context.Context, env *Env, r control.Request, fits func(control.State) bool) error {
	c, states, err := o.instances(ctx, env)
	if err != nil {
		return err
	}
	defer c.Close()
	if len(states) == 0 {
		return as(ErrEnvironment, errors.New("no instance of braid runs there"))
	}
	var names, cameras []string
	var chosen []control.State
	for _, s := range states {
		for _, m := range s.Cameras {
			cameras = append(cameras, m.Camera)
		}
		if fits(s) {
			chosen = append(chosen, s)
			names = append(names, s.Instance.Site+"/"+s.Instance.Instance)
		}
	}
	switch {
	case len(chosen) == 0:
		return invalidf("no camera has the name %q; there are %s", r.Camera, strings.Join(cameras, ", "))
	case len(chosen) > 1:
		return Usage(fmt.Errorf("%d instances could be meant, choose one by --site and --instance: %s", len(chosen), strings.Join(names, ", ")))
	}
	to := chosen[0].Instance
	if err := c.Ask(ctx, cmp.Or(to.Site, o.Site), to.Instance, r); err != nil {
		switch {
		case errors.Is(err, control.ErrNobody):
			return as(ErrEnvironment, err)
		case errors.Is(err, control.ErrInvalid):
			return as(ErrInvalid, err)
		}
		return err
	}
	env.Log.Info("done", "op", r.Op, "camera", r.Camera, "instance", to.Instance)
	return nil
}
