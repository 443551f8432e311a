package app

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"go.yaml.in/yaml/v3"

	"braid/accel"
	"braid/accel/plan"
	"braid/internal/card"
)

// profilePath is where a profile is kept: by the model's hash and the machine. A
// quick one has a place of its own, so that it never takes a full one's.
func profilePath(env *Env, ref, machine string, quick bool) string {
	_, model, _ := strings.Cut(ref, "@sha256:")
	on := sha256.Sum256([]byte(machine))
	name := model[:min(16, len(model))] + "-" + hex.EncodeToString(on[:4])
	if quick {
		name += "-quick"
	}
	return filepath.Join(cacheDir(env), "profiles", name+".yaml")
}

// profileRef names a model as a plan does; of a network without a card by its file.
func profileRef(c *card.Card, file string) (string, error) {
	if c != nil {
		return planRef(c), nil
	}
	f, err := os.Open(file)
	if err != nil {
		return "", as(ErrInvalid, err)
	}
	defer func() { _ = f.Close() }() // it was only read
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", as(ErrInvalid, err)
	}
	name := strings.ReplaceAll(strings.TrimSuffix(filepath.Base(file), ".onnx"), "@", "-")
	return plan.ModelRef(accel.Model{Name: name, SHA256: hex.EncodeToString(h.Sum(nil))}), nil
}

// keptProfile is the profile of a model on a machine that was made before, the full
// one if there is one; nil where there is none. One that cannot be read, or that is
// another model's, is as good as none, and said.
func keptProfile(env *Env, ref, machine string) (_ *plan.Profile, quick bool) {
	for _, quick := range []bool{false, true} {
		path := profilePath(env, ref, machine, quick)
		p, err := readProfile(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			continue
		case err == nil && p.Machine != machine:
			err = fmt.Errorf("%s is of machine %s", path, p.Machine)
		case err == nil:
			err = plan.Plan{Model: p.Model}.For(ref)
		}
		if err == nil {
			return &p, quick
		}
		env.Log.Warn("a kept profile is not used", "error", oneLine(err.Error()))
	}
	return nil, false
}

// readProfile reads a profile file.
func readProfile(path string) (plan.Profile, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return plan.Profile{}, as(ErrInvalid, fmt.Errorf("reading profile: %w", err))
	}
	p, err := plan.ParseProfile(data, path)
	return p, as(ErrInvalid, err)
}

// makeFolder makes the folder of a file.
func makeFolder(file string) error { return os.MkdirAll(filepath.Dir(file), 0o755) }

// writeProfileJSON writes a profile with the keys of its file.
func writeProfileJSON(w io.Writer, p plan.Profile) error {
	text, err := p.Marshal()
	if err != nil {
		return err
	}
	var keys map[string]any
	if err := yaml.NewDecoder(bytes.NewReader(text)).Decode(&keys); err != nil {
		return err
	}
	return writeJSON(w, keys)
}
