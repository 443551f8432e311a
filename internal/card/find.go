package card

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"braid/internal/strict"
)

var (
	// ErrNoCard is wrapped where an ONNX file has no card.
	ErrNoCard = errors.New("no model card")
	// ErrNotFound is wrapped where no model has the name.
	ErrNotFound = errors.New("unknown model")
)

// Env is where models are looked for.
type Env struct {
	Dirs []string // model folders, first match wins; missing ones are skipped
}

// DefaultEnv are ./models, the folders of $BRAID_MODEL_PATH (a list like $PATH)
// and $XDG_DATA_HOME/braid/models, by default below ~/.local/share.
func DefaultEnv(getenv func(string) string) Env {
	dirs := []string{"models"}
	for _, d := range filepath.SplitList(getenv("BRAID_MODEL_PATH")) {
		if d != "" {
			dirs = append(dirs, d)
		}
	}
	data := getenv("XDG_DATA_HOME")
	if home := getenv("HOME"); data == "" && home != "" {
		data = filepath.Join(home, ".local", "share")
	}
	if data != "" {
		dirs = append(dirs, filepath.Join(data, "braid", "models"))
	}
	return Env{dirs}
}

// Find reads the card that a reference names: a name from the model folders, a
// CARD.yaml, or a FILE.onnx, whose card is sought beside it by base name, then
// by the card's sha256 in the model folders. The model file must be there and
// match the card.
//
// The error wraps ErrNotFound for an unknown name, ErrMismatch for another
// file, fs.ErrNotExist for a missing one. For an ONNX file without a card it
// wraps ErrNoCard; the Card then says only the file, its base name and hash.
func Find(ref string, env Env) (*Card, error) {
	if isModelFile(ref) {
		return findFile(ref, env)
	}
	c, err := Lookup(ref, env)
	if err != nil {
		return nil, err
	}
	return c, c.verify(ref)
}

// Lookup reads the card that a name from the model folders or a CARD.yaml
// refers to, and leaves the model file alone: it may be missing, or another
// one. The error wraps ErrNotFound for an unknown name.
func Lookup(ref string, env Env) (*Card, error) {
	switch {
	case isCardFile(ref):
		return read(ref)
	case isModelFile(ref):
		return nil, fmt.Errorf("finding the card of %s: want a name or CARD.yaml", ref)
	case strings.ContainsAny(ref, `/\`):
		return nil, fmt.Errorf("finding model %s: want a name, CARD.yaml or FILE.onnx", ref)
	}
	return lookupName(ref, env)
}

func isModelFile(name string) bool { return strings.EqualFold(filepath.Ext(name), ".onnx") }

func isCardFile(name string) bool {
	ext := strings.ToLower(filepath.Ext(name))
	return ext == ".yaml" || ext == ".yml"
}

func findFile(path string, env Env) (*Card, error) {
	sum, err := fileHash(path)
	if err != nil {
		return nil, fmt.Errorf("finding model %s: %w", path, err)
	}
	base := strings.TrimSuffix(path, filepath.Ext(path))
	for _, ext := range []string{".yaml", ".yml"} {
		if _, err := os.Stat(base + ext); err != nil {
			continue
		}
		c, err := read(base + ext)
		if err != nil {
			return nil, err
		}
		c.model = path
		return c, c.verify(path)
	}
	for _, f := range env.files() {
		c, err := read(f)
		if err == nil && c.SHA256 == sum { // a broken card is not this model's: it has no hash
			c.model = path
			return c, nil
		}
	}
	c := Default()
	c.Name, c.File, c.SHA256, c.model = filepath.Base(base), path, sum, path
	return &c, fmt.Errorf("%w for %s: want %s.yaml beside it, or a card with sha256 %s in %s",
		ErrNoCard, path, filepath.Base(base), sum, env)
}

func lookupName(name string, env Env) (*Card, error) {
	var known []string
	for _, f := range env.files() {
		base := strings.TrimSuffix(filepath.Base(f), filepath.Ext(f))
		c, err := read(f)
		switch {
		case err != nil && base == name:
			return nil, err
		case err != nil: // some other file that is no card
		case c.Name == name:
			return c, nil
		default:
			known = append(known, c.Name)
		}
	}
	slices.Sort(known)
	return nil, fmt.Errorf("%w %q (looked in %s)%s", ErrNotFound, name, env, strict.Suggest(name, slices.Compact(known)))
}

// String lists the folders.
func (e Env) String() string { return strings.Join(e.Dirs, ", ") }

// files are the YAML files of the model folders, in the order of search.
func (e Env) files() (out []string) {
	for _, d := range e.Dirs {
		entries, _ := os.ReadDir(d) // a folder that is not there has no models
		for _, f := range entries {
			if isCardFile(f.Name()) && !f.IsDir() {
				out = append(out, filepath.Join(d, f.Name()))
			}
		}
	}
	return out
}

// List reads the cards of the model folders, in the order of search; of cards
// with one name the first counts. It does not read the model files, so that a
// Card has a hash only where it says one. The error joins those of files that
// are no valid cards; the list is good besides.
func List(env Env) ([]*Card, error) {
	var (
		cards []*Card
		errs  []error
		seen  = map[string]bool{}
	)
	for _, f := range env.files() {
		c, err := read(f)
		switch {
		case err != nil:
			errs = append(errs, err)
		case !seen[c.Name]:
			seen[c.Name] = true
			cards = append(cards, c)
		}
	}
	return cards, errors.Join(errs...)
}
