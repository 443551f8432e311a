package ort

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"braid/accel"
)

// magic begins every engine blob: one line of it and a header in JSON, then the
// ONNX bytes. The header is there because a session does not tell its tensors.
const magic = "braid-ort 1 "

// header is what Load must know of a Segment besides its ONNX bytes.
type header struct {
	Segment string             `json:"segment"`
	Inputs  []accel.TensorDesc `json:"inputs"`
	Outputs []accel.TensorDesc `json:"outputs"`
}

// pack makes the engine blob of a Segment.
func pack(s *accel.Segment) ([]byte, error) {
	if len(s.ONNX) == 0 {
		return nil, errors.New("it has no ONNX bytes")
	}
	h := header{Segment: s.Name, Inputs: s.Inputs, Outputs: s.Outputs}
	if err := h.check(); err != nil {
		return nil, err
	}
	text, err := json.Marshal(h)
	if err != nil {
		return nil, fmt.Errorf("writing the blob's header: %w", err)
	}
	blob := make([]byte, 0, len(magic)+len(text)+1+len(s.ONNX))
	blob = append(blob, magic...)
	blob = append(blob, text...)
	blob = append(blob, '\n')
	return append(blob, s.ONNX...), nil
}

// unpack reads an engine blob. The ONNX bytes share its memory.
func unpack(blob []byte) (h header, network []byte, err error) {
	rest, ok := bytes.CutPrefix(blob, []byte(magic))
	if !ok {
		return header{}, nil, errors.New("it is no engine blob of ort")
	}
	text, network, ok := bytes.Cut(rest, []byte{'\n'})
	if !ok || len(network) == 0 {
		return header{}, nil, errors.New("the engine blob is cut short")
	}
	if err := json.Unmarshal(text, &h); err != nil {
		return header{}, nil, fmt.Errorf("reading the engine blob's header: %w", err)
	}
	if err := h.check(); err != nil {
		return header{}, nil, fmt.Errorf("reading the engine blob's header: %w", err)
	}
	return h, network, nil
}

// check refuses tensors that cannot be bound. onnxruntime_go makes no value of
// rank 0 on memory of the caller's.
func (h header) check() error {
	if len(h.Inputs) == 0 || len(h.Outputs) == 0 {
		return fmt.Errorf("it has %d inputs and %d outputs, at least one of each is needed", len(h.Inputs), len(h.Outputs))
	}
	for _, list := range [][]accel.TensorDesc{h.Inputs, h.Outputs} {
		for _, d := range list {
			if _, err := d.Check(); err != nil {
				return err
			}
			if len(d.Shape) == 0 {
				return fmt.Errorf("tensor %q is a scalar, which cannot be bound", d.Name)
			}
		}
	}
	return nil
}
