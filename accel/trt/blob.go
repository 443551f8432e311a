package trt

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"braid/accel"
)

// magic begins every engine blob: one line of it and a header in JSON, then
// TensorRT's own bytes.
const magic = "braid-trt 1 "

// header is what Load checks before it gives an engine to TensorRT, which trusts it.
type header struct {
	Segment  string             `json:"segment"`
	Device   string             `json:"device"` // kind: gpu or dla
	TensorRT string             `json:"tensorrt"`
	Key      string             `json:"key,omitempty"` // under which it is kept
	Inputs   []accel.TensorDesc `json:"inputs"`
	Outputs  []accel.TensorDesc `json:"outputs"`
}

func pack(h header, engine []byte) ([]byte, error) {
	text, err := json.Marshal(h)
	if err != nil {
		return nil, fmt.Errorf("writing the blob's header: %w", err)
	}
	blob := make([]byte, 0, len(magic)+len(text)+1+len(engine))
	blob = append(blob, magic...)
	blob = append(blob, text...)
	blob = append(blob, '\n')
	return append(blob, engine...), nil
}

// unpack reads an engine blob. The engine shares its memory.
func unpack(blob []byte) (h header, engine []byte, err error) {
	rest, ok := bytes.CutPrefix(blob, []byte(magic))
	if !ok {
		return header{}, nil, errors.New("it is no engine blob of trt")
	}
	text, engine, ok := bytes.Cut(rest, []byte{'\n'})
	if !ok || len(engine) == 0 {
		return header{}, nil, errors.New("the engine blob is cut short")
	}
	if err := json.Unmarshal(text, &h); err != nil {
		return header{}, nil, fmt.Errorf("reading the engine blob's header: %w", err)
	}
	if len(h.Inputs) == 0 || len(h.Outputs) == 0 {
		return header{}, nil, errors.New("the engine blob's header names no inputs or no outputs")
	}
	return h, engine, nil
}
