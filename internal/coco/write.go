package coco

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"

	"braid/internal/atomicfile"
)

// Write writes the Dataset with an entry a line; the same Dataset gives the
// same bytes. It refuses what Read would refuse.
func (d *Dataset) Write(w io.Writer) error {
	if err := d.Validate(); err != nil {
		return fmt.Errorf("writing annotations: %w", err)
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	list(&b, e, `{"images":[`, d.Images)
	list(&b, e, `],"annotations":[`, d.Annotations)
	list(&b, e, `],"categories":[`, d.Categories)
	b.WriteString("]}\n")
	if _, err := w.Write(b.Bytes()); err != nil {
		return fmt.Errorf("writing annotations: %w", err)
	}
	return nil
}

// WriteFile writes the Dataset to a file, which is there whole or not at all.
func (d *Dataset) WriteFile(path string) error {
	var b bytes.Buffer
	if err := d.Write(&b); err != nil {
		return err
	}
	if err := atomicfile.Write(path, b.Bytes()); err != nil {
		return fmt.Errorf("writing annotations: %w", err)
	}
	return nil
}

func list[T any](b *bytes.Buffer, e *json.Encoder, opening string, entries []T) {
	b.WriteString(opening + "\n")
	for i := range entries {
		if i > 0 {
			b.WriteByte(',')
		}
		_ = e.Encode(&entries[i]) // text and finite numbers: cannot fail
	}
}

// MarshalJSON writes iscrowd as COCO has it, as a number.
func (a *Annotation) MarshalJSON() ([]byte, error) {
	type plain Annotation
	crowd := 0
	if a.Crowd {
		crowd = 1
	}
	return json.Marshal(struct {
		*plain
		Crowd int `json:"iscrowd"`
	}{(*plain)(a), crowd})
}
