package card

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"go.yaml.in/yaml/v3"
)

// SaveIn writes the card into a folder as NAME.yaml, for a model file that lies
// beside it under the base name of the card's: with all defaults, and with the
// labels as a list. The file is there whole or not at all; one that was there is
// replaced. It returns the card's path.
func (c *Card) SaveIn(dir string) (path string, err error) {
	alone := *c
	alone.File, alone.Labels.File = filepath.Base(c.File), ""
	var text bytes.Buffer
	enc := yaml.NewEncoder(&text)
	enc.SetIndent(2)
	if err := errors.Join(enc.Encode(alone), enc.Close()); err != nil {
		return "", fmt.Errorf("writing the card of %s: %w", c.Name, err)
	}
	path = c.PathIn(dir)
	if err := replace(path, text.Bytes()); err != nil {
		return "", fmt.Errorf("writing the card of %s: %w", c.Name, err)
	}
	return path, nil
}

// PathIn is where SaveIn writes the card.
func (c *Card) PathIn(dir string) string { return filepath.Join(dir, c.Name+".yaml") }

// replace writes a file beside its place and moves it there.
func replace(path string, data []byte) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), ".card-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	_, err = f.Write(data)
	if err := errors.Join(err, f.Chmod(0o644), f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
