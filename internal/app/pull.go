package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	pretty "github.com/jedib0t/go-pretty/v6/progress"

	"braid/internal/card"
	"braid/internal/fetch"
	"braid/internal/strict"
)

// PullOptions are the flags of braid model pull.
type PullOptions struct {
	Choice
	To string // folder for model and card; "": where the card is, or the user's model folder
}

// pull is a model on its way to its place.
type pull struct {
	card *card.Card
	file fetch.File
	dir  string // folder that gets the card; "" where a card lies beside the file already
}

// ModelPull downloads the file that a card names, checks it, and lays the card
// beside it.
func ModelPull(ctx context.Context, env *Env, o PullOptions) error {
	ctx, stop := env.untilDrain(ctx)
	defer stop()
	p, err := preparePull(env, o)
	if err != nil {
		return err
	}
	fresh, err := p.get(ctx, env)
	if err != nil {
		return pullError(fmt.Errorf("model %s: %w", p.card.Name, err))
	}
	if p.dir != "" {
		if _, err := p.card.SaveIn(p.dir); err != nil {
			return as(ErrEnvironment, err)
		}
	}
	return p.report(env, fresh)
}

// get downloads the file, with a bar on a terminal.
func (p *pull) get(ctx context.Context, env *Env) (fresh bool, err error) {
	bar := progressIn(env, "/s")
	defer bar.stop()
	f := fetch.New(env.Log)
	f.Agent = "braid/" + env.Version
	f.Progress = func(done, total int64) {
		if bar.writer == nil {
			return
		}
		if bar.tracker == nil {
			bar.tracker = &pretty.Tracker{Message: p.card.Name, Units: pretty.UnitsBytes, Total: max(total, 0), AutoStopDisabled: true}
			bar.writer.AppendTracker(bar.tracker)
		}
		bar.tracker.UpdateTotal(max(total, 0))
		bar.tracker.SetValue(done)
	}
	fresh, err = f.Get(ctx, p.file)
	if err != nil && bar.tracker != nil {
		bar.tracker.MarkAsErrored()
	}
	return fresh, err
}

// report says what is where now.
func (p *pull) report(env *Env, fresh bool) error {
	info, err := os.Stat(p.file.Path)
	if err != nil {
		return as(ErrEnvironment, err)
	}
	r := struct {
		Model   string `json:"model"`
		State   string `json:"state"` // pulled, or here already
		File    string `json:"file"`
		Bytes   int64  `json:"bytes"`
		SHA256  string `json:"sha256"`
		License string `json:"license,omitempty"`
	}{p.card.ID(), statePulled, p.file.Path, info.Size(), p.card.SHA256, p.card.License}
	if !fresh {
		r.State = stateHere
	}
	if env.JSON {
		return writeJSON(env.Out, r)
	}
	_, err = fmt.Fprintf(env.Out, "%s %s: %s, %.1f MB, license %s\n", r.Model, r.State, r.File, float64(r.Bytes)/1e6, first(r.License, "not stated"))
	return err
}

// preparePull finds the card and decides on the place. It downloads nothing.
func preparePull(env *Env, o PullOptions) (*pull, error) {
	if o.Model == "" {
		return nil, Usage(errors.New("NAME or CARD.yaml is missing: 'braid model list' shows what can be pulled"))
	}
	c, found, err := pullCard(env, o.Model)
	if err != nil {
		return nil, as(ErrInvalid, err)
	}
	switch {
	case c.Source == "" && found && isFile(c.Path()):
		return nil, invalidf("model %s is here, in %s, and its card names no source to pull it from", c.Name, c.Path())
	case c.SHA256 == "":
		return nil, invalidf("model %s: its card has no sha256, so that nobody could tell what was downloaded: write `sha256: …`, 64 hex digits, into it", c.Name)
	case c.Source == "":
		return nil, invalidf("model %s: its card has no source: write `source: https://…` into it", c.Name)
	}
	p := &pull{card: c, file: fetch.File{URL: c.Source, Path: c.Path(), SHA256: c.SHA256}}
	if found && o.To == "" {
		if !filepath.IsLocal(filepath.FromSlash(c.File)) {
			return nil, invalidf("model %s: its file %s is outside of the card's folder: choose a folder with --to DIR", c.Name, c.File)
		}
		return p, makeDir(filepath.Dir(p.file.Path))
	}
	return p, p.moveTo(env, o.To)
}

// pullCard finds the card of a reference: a user's own, or a carried one. A
// found card lies in a folder of the user's.
func pullCard(env *Env, ref string) (c *card.Card, found bool, err error) {
	c, err = card.Lookup(ref, cardEnv(env))
	if !errors.Is(err, card.ErrNotFound) {
		return c, true, err
	}
	if c := carriedCard(ref); c != nil {
		return c, false, nil
	}
	var known []string
	rows, err := listModels(env)
	for _, r := range rows {
		known = append(known, r.Name)
	}
	return nil, false, errors.Join(fmt.Errorf("%w %q%s", card.ErrNotFound, ref, strict.Suggest(ref, known)), err)
}

// moveTo decides for a folder, and makes it. A card of the same model that lies
// there stays as it is; one of another model must not be replaced.
func (p *pull) moveTo(env *Env, dir string) error {
	if dir == "" {
		data := xdg(env, "XDG_DATA_HOME", ".local/share")
		if !filepath.IsAbs(data) {
			return as(ErrEnvironment, errors.New("neither XDG_DATA_HOME nor HOME is a folder: choose one with --to DIR"))
		}
		dir = filepath.Join(data, "braid", "models")
	}
	p.file.Path = filepath.Join(dir, filepath.Base(filepath.FromSlash(p.card.File)))
	old, err := card.Lookup(p.card.PathIn(dir), card.Env{})
	switch {
	case errors.Is(err, fs.ErrNotExist):
		p.dir = dir
	case err != nil:
		return as(ErrInvalid, err)
	case old.SHA256 != p.card.SHA256 || filepath.Clean(old.Path()) != p.file.Path:
		return invalidf("model %s: %s is the card of another file: choose another folder with --to DIR", p.card.Name, p.card.PathIn(dir))
	}
	return makeDir(dir)
}

func makeDir(dir string) error {
	return as(ErrEnvironment, os.MkdirAll(dir, 0o755))
}

// pullError gives a failed download its kind.
func pullError(err error) error {
	switch {
	case errors.Is(err, fetch.ErrChecksum):
		return as(ErrCheck, err)
	case errors.Is(err, fetch.ErrOccupied):
		return as(ErrInvalid, fmt.Errorf("%w: remove it, or choose another folder with --to DIR", err))
	case errors.Is(err, fetch.ErrAddress):
		return as(ErrInvalid, err)
	case errors.Is(err, fs.ErrPermission):
		err = fmt.Errorf("%w: choose a folder with --to DIR", err)
	}
	return as(ErrEnvironment, err)
}

// isFile says whether there is a file.
func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}
