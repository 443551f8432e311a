package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"braid/internal/config"
	"braid/sink/natsconn"
	"braid/sink/subscribe"
	"braid/sink/wire"
)

// WatchOptions are the flags of braid watch.
type WatchOptions struct {
	Choice
	URL, Site, Camera string
	Server            map[string]string // keys below nats: who one is to the server, and its certificates
	Classes           []string
	MinScore          float32
	Count             uint64
	Durable           string
	Since             time.Duration
}

// viewer shows messages in one way.
type viewer interface {
	frame(f *wire.Frame) error
	camera(c *wire.Camera) error
}

// Watch shows detections as they are published, until the user stops it or
// enough were shown: one JSON a line, a live table on a terminal, else a line of
// text for each frame.
func Watch(ctx context.Context, env *Env, o WatchOptions) error {
	if o.Since < 0 {
		return Usage(fmt.Errorf("--since %v is in the future", o.Since))
	}
	if !(o.MinScore >= 0 && o.MinScore <= 1) { // refuses what is not a number too
		return Usage(fmt.Errorf("--min-score %v is not within 0 to 1", o.MinScore))
	}
	if err := subscribe.CheckDurable(o.Durable); err != nil {
		return Usage(fmt.Errorf("--durable: %w", err))
	}
	server, err := o.server(env)
	if err != nil {
		return err
	}
	ctx, stop := env.untilDrain(ctx)
	defer stop()
	s, err := subscribe.Open(ctx, subscribe.Config{
		Config: server, Site: o.Site, Camera: o.Camera, Durable: o.Durable, Since: o.Since,
	}, env.Log)
	if err != nil {
		return as(ErrEnvironment, err)
	}
	defer s.Close()
	shown := uint64(0)
	v := newViewer(env)
	err = s.Run(ctx, subscribe.Handler{
		Frame: func(f *wire.Frame) error {
			f, ok := subscribe.Filter(f, o.Classes, o.MinScore)
			if !ok {
				return nil
			}
			if err := v.frame(f); err != nil {
				return fmt.Errorf("writing: %w", err)
			}
			if shown++; o.Count > 0 && shown == o.Count {
				return subscribe.ErrStop
			}
			return nil
		},
		Camera: v.camera,
	})
	if errors.Is(err, subscribe.ErrNoJetStream) {
		return as(ErrEnvironment, err)
	}
	return err
}

// server is where to read and who reads: flags, or the configuration's keys; the server that
// braid run embeds is found at its listen address.
func (o WatchOptions) server(env *Env) (natsconn.Config, error) {
	if o.URL != "" {
		o.Set = append(slices.Clip(o.Set), "nats.url="+natsURL(o.URL))
	}
	for _, key := range slices.Sorted(maps.Keys(o.Server)) {
		if value := o.Server[key]; value != "" {
			o.Set = append(slices.Clip(o.Set), "nats."+key+"="+value)
		}
	}
	cfg, err := bareConfig(env, o.Choice)
	if err != nil {
		return natsconn.Config{}, err
	}
	if cfg.NATS.URL == config.Embedded {
		cfg.NATS.URL = "nats://" + cfg.NATS.Listen
	}
	return natsConfig(cfg.NATS), nil
}

func newViewer(env *Env) viewer {
	switch {
	case env.JSON:
		return &jsonViewer{w: env.Out}
	case env.terminal(env.Out):
		return newLiveTable(env)
	}
	return &lineViewer{w: env.Out}
}

// jsonViewer prints frames as they were published.
type jsonViewer struct {
	w   io.Writer
	buf []byte
}

func (v *jsonViewer) frame(f *wire.Frame) error {
	v.buf = append(f.AppendJSON(v.buf[:0]), '\n')
	_, err := v.w.Write(v.buf)
	return err
}

func (*jsonViewer) camera(*wire.Camera) error { return nil }

// lineViewer prints a line of text for each frame and change of state.
type lineViewer struct{ w io.Writer }

func (v *lineViewer) frame(f *wire.Frame) error {
	_, err := fmt.Fprintf(v.w, "%s %s #%d %s\n", stamp(f), f.Camera, f.Seq, objects(f))
	return err
}

func (v *lineViewer) camera(c *wire.Camera) error {
	_, err := fmt.Fprintf(v.w, "%s %s is %s\n", c.Since.Format(clockFormat), c.Camera, stateText(c))
	return err
}

const clockFormat = "15:04:05.000"

// stamp is when a frame was captured, or how far into its recording.
func stamp(f *wire.Frame) string {
	if f.Capture.IsZero() {
		return fmt.Sprintf("+%.3fs", time.Duration(f.PTS).Seconds())
	}
	return f.Capture.Local().Format(clockFormat)
}

// objects lists what was found: "person 0.91, car 0.88".
func objects(f *wire.Frame) string {
	if f.Error != "" {
		return "failed: " + f.Error
	}
	parts := make([]string, len(f.Objects))
	for i, o := range f.Objects {
		parts[i] = fmt.Sprintf("%s %.2f", o.Label, o.Score)
	}
	if len(parts) == 0 {
		return "-"
	}
	return strings.Join(parts, ", ")
}

func stateText(c *wire.Camera) string {
	if c.Error == "" {
		return c.State
	}
	return c.State + ": " + c.Error
}
