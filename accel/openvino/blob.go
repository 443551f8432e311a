package openvino

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"braid/accel"
	"braid/accel/enginecache"
)

// magic begins every engine blob: one line of it and a header in JSON, then what
// OpenVINO has exported.
const magic = "braid-openvino 1 "

// header is what Load checks before it gives the rest to OpenVINO, which trusts it.
type header struct {
	Segment   string             `json:"segment"`
	Device    string             `json:"device"`  // OpenVINO's plugin: CPU, GPU, NPU
	Version   string             `json:"version"` // OpenVINO's
	Precision string             `json:"precision"`
	Sum       string             `json:"sum"` // of what follows the header: enginecache.Hash
	Inputs    []accel.TensorDesc `json:"inputs"`
	Outputs   []accel.TensorDesc `json:"outputs"`
}

// pack makes an engine blob, and sets the header's Sum.
func pack(h header, exported []byte) ([]byte, error) {
	h.Sum = enginecache.HashOf(exported).String()
	text, err := json.Marshal(h)
	if err != nil {
		return nil, fmt.Errorf("writing the blob's header: %w", err)
	}
	blob := make([]byte, 0, len(magic)+len(text)+1+len(exported))
	blob = append(blob, magic...)
	blob = append(blob, text...)
	blob = append(blob, '\n')
	return append(blob, exported...), nil
}

// unpack reads an engine blob. What OpenVINO has exported shares its memory.
func unpack(blob []byte) (h header, exported []byte, err error) {
	rest, ok := bytes.CutPrefix(blob, []byte(magic))
	if !ok {
		return header{}, nil, errors.New("it is no engine blob of openvino")
	}
	text, exported, ok := bytes.Cut(rest, []byte{'\n'})
	if !ok || len(exported) == 0 {
		return header{}, nil, errors.New("the engine blob is cut short")
	}
	if err := json.Unmarshal(text, &h); err != nil {
		return header{}, nil, fmt.Errorf("reading the engine blob's header: %w", err)
	}
	if enginecache.HashOf(exported).String() != h.Sum {
		return header{}, nil, errors.New("the engine blob is damaged")
	}
	if err := checkTensors(h.Inputs, h.Outputs); err != nil {
		return header{}, nil, fmt.Errorf("reading the engine blob's header: %w", err)
	}
	return h, exported, nil
}

// checkTensors refuses a Segment that cannot be bound.
func checkTensors(in, out []accel.TensorDesc) error {
	if len(in) == 0 || len(out) == 0 {
		return fmt.Errorf("it has %d inputs and %d outputs, at least one of each is needed", len(in), len(out))
	}
	for _, list := range [][]accel.TensorDesc{in, out} {
		for _, d := range list {
			if _, err := d.Check(); err != nil {
				return err
			}
			if d.Layout != accel.Linear {
				return fmt.Errorf("tensor %q: layout %s is TensorRT's", d.Name, d.Layout)
			}
		}
	}
	return nil
}
