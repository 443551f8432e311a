package sim

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"braid/accel"
)

// magic begins every engine blob: one line of it and a header in JSON, then the blob of
// the Backend that computes.
const magic = "braid-sim 1 "

// header is what Load must know of a Segment.
type header struct {
	Segment string             `json:"segment"`
	Device  accel.DeviceID     `json:"device"`
	Service time.Duration      `json:"service"` // alone on the device, without copies
	Inputs  []accel.TensorDesc `json:"inputs"`
	Outputs []accel.TensorDesc `json:"outputs"`
}

func pack(s *accel.Segment, d accel.DeviceID, service time.Duration, inner []byte) ([]byte, error) {
	h := header{Segment: s.Name, Device: d.Memory(), Service: service, Inputs: s.Inputs, Outputs: s.Outputs}
	if err := h.check(); err != nil {
		return nil, err
	}
	text, err := json.Marshal(h)
	if err != nil {
		return nil, fmt.Errorf("writing the blob's header: %w", err)
	}
	blob := append([]byte(magic), text...)
	blob = append(blob, '\n')
	return append(blob, inner...), nil
}

// unpack reads an engine blob. inner shares its memory.
func unpack(blob []byte) (h header, inner []byte, err error) {
	rest, ok := bytes.CutPrefix(blob, []byte(magic))
	if !ok {
		return header{}, nil, errors.New("it is no engine blob of sim")
	}
	text, inner, ok := bytes.Cut(rest, []byte{'\n'})
	if !ok || len(inner) == 0 {
		return header{}, nil, errors.New("the engine blob is cut short")
	}
	if err := json.Unmarshal(text, &h); err != nil {
		return header{}, nil, fmt.Errorf("reading the engine blob's header: %w", err)
	}
	if err := h.check(); err != nil {
		return header{}, nil, fmt.Errorf("reading the engine blob's header: %w", err)
	}
	return h, inner, nil
}

// check refuses tensors that cannot be bound.
func (h header) check() error {
	if len(h.Inputs) == 0 || len(h.Outputs) == 0 {
		return fmt.Errorf("it has %d inputs and %d outputs, at least one of each is needed", len(h.Inputs), len(h.Outputs))
	}
	for _, list := range [][]accel.TensorDesc{h.Inputs, h.Outputs} {
		for _, d := range list {
			if _, err := d.Check(); err != nil {
				return err
			}
		}
	}
	return nil
}
