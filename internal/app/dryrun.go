package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"braid/internal/config"
	"braid/internal/redact"
	"braid/sink/embedded"
	"braid/sink/natsink"
)

// intent is what a run would do.
type intent struct {
	Site     string           `json:"site"`
	Instance string           `json:"instance"`
	Server   string           `json:"server"`
	Streams  []natsink.Change `json:"streams"` // none without JetStream
	Spool    string           `json:"spool,omitempty"`
	Lines    []intendedLine   `json:"lines"`
}

// intendedLine is the cameras of one model.
type intendedLine struct {
	Model   string           `json:"model"`
	Plan    string           `json:"plan"`
	Stages  []string         `json:"stages"`
	Cameras []intendedCamera `json:"cameras"`
}

type intendedCamera struct {
	Camera string `json:"camera"`
	URL    string `json:"url"`
	Policy string `json:"policy"`
}

// inspectWait bounds the questions to the server.
const inspectWait = 10 * time.Second

// dryRun prints what would run and what would be made or changed on the server,
// and opens no camera. The error is what a run would end with.
func (l *live) dryRun(ctx context.Context) error {
	if err := l.buildLines(ctx); err != nil {
		return err
	}
	n := l.cfg.NATS
	i := intent{Site: l.cfg.Site, Instance: l.cfg.Instance, Server: natsConfig(n).Redacted()}
	if n.URL == config.Embedded {
		i.Server = "embedded, on " + n.Listen
	}
	if n.Spools() {
		i.Spool = fmt.Sprintf("%s, at most %d bytes", n.Spool.Dir, int64(n.Spool.MaxBytes))
	}
	for _, line := range l.lines {
		i.Lines = append(i.Lines, line.intended())
	}
	var err error
	if n.UsesJetStream() {
		i.Streams, err = l.inspect(ctx)
	}
	for _, c := range i.Streams {
		err = errors.Join(err, c.Refused(i.Server))
	}
	return errors.Join(i.print(l.env), as(ErrEnvironment, err))
}

// inspect asks the server about its streams. The embedded server is started for
// that, on its store but not at its address; where the store does not exist yet,
// on an empty one that is removed.
func (l *live) inspect(ctx context.Context) (_ []natsink.Change, err error) {
	ctx, cancel := context.WithTimeout(ctx, inspectWait)
	defer cancel()
	c := sinkConfig(l.cfg)
	if l.cfg.NATS.URL != config.Embedded {
		return natsink.Inspect(ctx, c)
	}
	dir := first(l.cfg.NATS.StoreDir, stateDir(l.env))
	if _, err := os.Stat(dir); err != nil {
		if dir, err = os.MkdirTemp("", "braid-dry-run-"); err != nil {
			return nil, fmt.Errorf("making a folder for the streams: %w", err)
		}
		defer os.RemoveAll(dir)
	}
	server, err := startServer(l.env, l.cfg, embedded.Config{Listen: "127.0.0.1:0", StoreDir: dir}, &c)
	if err != nil {
		return nil, err
	}
	defer closeInto(&err, server.Shutdown)
	return natsink.Inspect(ctx, c)
}

func (l *line) intended() intendedLine {
	out := intendedLine{Model: l.model.card.ID(), Plan: l.pipeline.plan.ID()}
	for i, n := range l.pipeline.nodes {
		out.Stages = append(out.Stages, n+" on "+l.pipeline.placement(i))
	}
	for _, f := range l.feeds {
		out.Cameras = append(out.Cameras, intendedCamera{f.name, redact.URL(f.url), f.gate.Policy().String()})
	}
	return out
}

func (i intent) print(env *Env) error {
	if env.JSON {
		return writeJSON(env.Out, i)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "site %s, instance %s, NATS server %s\n", i.Site, i.Instance, i.Server)
	for _, c := range i.Streams {
		printChange(&b, c)
	}
	if i.Spool != "" {
		fmt.Fprintf(&b, "frames wait in %s\n", i.Spool)
	}
	for _, line := range i.Lines {
		fmt.Fprintf(&b, "model %s, plan %s: %s\n", line.Model, line.Plan, strings.Join(line.Stages, ", "))
		for _, c := range line.Cameras {
			fmt.Fprintf(&b, "camera %s: %s, policy %s\n", c.Camera, c.URL, c.Policy)
		}
	}
	_, err := fmt.Fprint(env.Out, b.String())
	return err
}

// printChange writes a line for a stream, or one for each difference.
func printChange(b *strings.Builder, c natsink.Change) {
	switch {
	case c.Create:
		settings := make([]string, len(c.Settings))
		for i, s := range c.Settings {
			settings[i] = s.Key + " " + s.Want
		}
		fmt.Fprintf(b, "stream %s would be made: %s\n", c.Stream, strings.Join(settings, ", "))
	case c.Differences == nil:
		fmt.Fprintf(b, "stream %s is as it is configured\n", c.Stream)
	}
	for _, d := range c.Differences {
		what := "would be changed"
		if d.Fixed {
			what = "cannot be changed"
		}
		fmt.Fprintf(b, "stream %s: %s: %s\n", c.Stream, d, what)
	}
}
