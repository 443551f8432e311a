package app

import (
	"bytes"
	"context"
	"os"
	"reflect"
	"slices"

	"braid/internal/config"
	"braid/sink/wire"
)

// reload takes the configuration file's changes over until ctx ends: when the file
// changes and when the user asks for it. file is that which said was read from. One that
// was rejected is tried again whenever something happens beside it, such as a password file
// that comes to be there.
func (l *live) reload(ctx context.Context, file *watchedFile, said config.Config) {
	if file.err != nil {
		l.env.Log.Warn("the configuration file is not watched: send SIGHUP after a change", "file", file.path, "error", file.err)
	}
	before := file.text
	for {
		asked := false
		select {
		case <-ctx.Done():
			return
		case <-file.changes:
		case <-l.env.Reload:
			asked = true
		}
		now, err := os.ReadFile(file.path)
		if !asked && (err != nil || l.rejected.Load() == nil && bytes.Equal(now, before)) { // in the middle of a replacement, or only touched
			continue
		}
		if asked {
			l.rejected.Store(nil) // the answer is told, also if it is the same
		}
		before = now
		said = l.take(ctx, said)
	}
}

// take reads the configuration again and changes what the file says otherwise than
// it did when it was read last, in said. Cameras that were changed by request stay as
// they are until the file says something new of them. It returns what the file says
// now; a rejected file counts as not read.
func (l *live) take(ctx context.Context, said config.Config) config.Config {
	now, err := config.Load(l.load)
	if err == nil {
		err = l.change(ctx, func(have config.Config) (config.Config, error) { return merge(have, said, now), nil })
	}
	if err != nil {
		why := oneLine(err.Error())
		if was := l.rejected.Swap(&why); was != nil && *was == why {
			return said
		}
		l.control.Changed()
		l.env.Log.With("error", why).Error("configuration rejected, the old one goes on") // With: another reason is another line
		return said
	}
	l.rejected.Store(nil)
	l.control.Changed()
	l.env.Log.Info("configuration taken over", "cameras", len(now.Cameras))
	return now
}

// merge makes the changes from said to now in have.
func merge(have, said, now config.Config) config.Config {
	want := now
	want.Cameras = nil
	for _, c := range now.Cameras {
		was := bySlug(said.Cameras, c.Name)
		is := bySlug(have.Cameras, c.Name)
		switch {
		case was == nil || !reflect.DeepEqual(*was, c): // the file's news
			want.Cameras = append(want.Cameras, c)
		case is != nil: // perhaps changed by request
			want.Cameras = append(want.Cameras, *is)
		}
	}
	for _, c := range have.Cameras { // added by request
		if bySlug(said.Cameras, c.Name) == nil && bySlug(now.Cameras, c.Name) == nil {
			want.Cameras = append(want.Cameras, c)
		}
	}
	return want
}

// bySlug finds the camera whose name has the same slug, nil where there is none.
func bySlug(cameras []config.Camera, name string) *config.Camera {
	slug := wire.Slug(name)
	at := slices.IndexFunc(cameras, func(c config.Camera) bool { return wire.Slug(c.Name) == slug })
	if at < 0 {
		return nil
	}
	return &cameras[at]
}
