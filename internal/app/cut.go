package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"

	"braid/accel"
	"braid/internal/atomicfile"
)

// CutOptions are the flags of braid model cut.
type CutOptions struct {
	Choice
	At  []string
	Out string
}

// written is a segment as model cut reports it.
type written struct {
	File    string             `json:"file"`
	Bytes   int                `json:"bytes"`
	Layers  int                `json:"layers"`
	Inputs  []accel.TensorDesc `json:"inputs"`
	Outputs []accel.TensorDesc `json:"outputs"`
}

// ModelCut writes a network's segments as ONNX files: all of them, or none.
func ModelCut(ctx context.Context, env *Env, o CutOptions) error {
	if len(o.At) == 0 || o.Out == "" {
		return Usage(errors.New("give --at A[,B…] and --out DIR"))
	}
	n, _, err := openNetwork(env, o.Model)
	if err != nil {
		return err
	}
	segments, err := n.Split(ctx, o.At, probeLater(env, o.Backend))
	if err != nil {
		return as(ErrInvalid, err)
	}
	parts, err := writeParts(o.Out, segments)
	if err != nil {
		return as(ErrEnvironment, fmt.Errorf("writing the segments: %w", err))
	}
	if env.JSON {
		return writeJSON(env.Out, parts)
	}
	t := newTable(env.Out)
	t.AppendHeader(table.Row{"file", "layers", "KiB", "inputs", "outputs"})
	for _, p := range parts {
		t.AppendRow(table.Row{p.File, p.Layers, p.Bytes >> 10, describe(p.Inputs), describe(p.Outputs)})
	}
	t.Render()
	return nil
}

// writeParts writes each segment into dir. After an error those that it wrote
// before are gone: half of a network is of no use.
func writeParts(dir string, segments []*accel.Segment) (parts []written, err error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	defer func() {
		for _, p := range parts {
			if err != nil {
				err = errors.Join(err, os.Remove(p.File))
			}
		}
	}()
	for _, s := range segments {
		p := written{filepath.Join(dir, s.Name+".onnx"), len(s.ONNX), s.Layers, s.Inputs, s.Outputs}
		if err := atomicfile.Write(p.File, s.ONNX); err != nil {
			return parts, err
		}
		parts = append(parts, p)
	}
	return parts, nil
}

func describe(tensors []accel.TensorDesc) string {
	var parts []string
	for _, t := range tensors {
		parts = append(parts, fmt.Sprintf("%s %v", t.Name, t.Shape))
	}
	return strings.Join(parts, ", ")
}
