package card

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"

	"go.yaml.in/yaml/v3"

	"braid/internal/atomicfile"
)

// SaveIn writes the card into a folder as NAME.yaml, for a model file that lies
// beside it under the base name of the card's: with all defaults, and with the
// labels as a list. The file is there whole or not at all; one that was there is
// replaced. It returns the card's path.
func (c *Card) SaveIn(dir string) (path string, err error) {
	text, err := c.Text()
	if err != nil {
		return "", err
	}
	path = c.PathIn(dir)
	if err := atomicfile.Write(path, text); err != nil {
		return "", fmt.Errorf("writing the card of %s: %w", c.Name, err)
	}
	return path, nil
}

// PathIn is where SaveIn writes the card.
func (c *Card) PathIn(dir string) string { return filepath.Join(dir, c.Name+".yaml") }

// Text is what SaveIn writes.
func (c *Card) Text() ([]byte, error) {
	alone := *c
	alone.File, alone.Labels.File = filepath.Base(c.File), ""
	var text bytes.Buffer
	enc := yaml.NewEncoder(&text)
	enc.SetIndent(2)
	if err := errors.Join(enc.Encode(alone), enc.Close()); err != nil {
		return nil, fmt.Errorf("writing the card of %s: %w", c.Name, err)
	}
	return text.Bytes(), nil
}
