package network

import (
	"bytes"
	"fmt"
	"io"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"braid/accel/network/onnxpb"
)

// Fields of the messages that WriteTo writes by hand, as onnx.proto numbers them.
const (
	modelGraph       protowire.Number = 7
	graphInitializer protowire.Number = 5
	tensorRawData    protowire.Number = 9
)

// Bytes encodes the network; the same calls give the same bytes.
func (b *Builder) Bytes() ([]byte, error) {
	var out bytes.Buffer
	_, err := b.WriteTo(&out)
	return out.Bytes(), err
}

// WriteTo writes what Bytes gives, without a copy of the weights: a network is
// often most of the memory that there is. It returns the bytes written.
func (b *Builder) WriteTo(w io.Writer) (int64, error) {
	if b.err != nil {
		return 0, fmt.Errorf("building network %q: %w", b.model.Graph.GetName(), b.err)
	}
	pieces, err := b.pieces()
	if err != nil {
		return 0, fmt.Errorf("encoding network %q: %w", b.model.Graph.GetName(), err)
	}
	var written int64
	for _, p := range pieces {
		n, err := w.Write(p)
		written += int64(n)
		if err != nil {
			return written, fmt.Errorf("writing network %q: %w", b.model.Graph.GetName(), err)
		}
	}
	return written, nil
}

// pieces are the file, in order, cut so that the weights are pieces of their
// own. Protobuf joins the fields of a message, however they were split; they are
// written by ascending number, as the library does it.
func (b *Builder) pieces() ([][]byte, error) {
	m, g := b.model, b.model.Graph
	var e encoder
	e.message(&onnxpb.GraphProto{Node: g.Node, Name: g.Name})
	for _, t := range g.Initializer {
		var inner encoder
		inner.message(&onnxpb.TensorProto{Dims: t.Dims, DataType: t.DataType, Name: t.Name})
		inner.field(tensorRawData, [][]byte{t.RawData}, inner.err)
		e.field(graphInitializer, inner.out, inner.err)
	}
	e.message(&onnxpb.GraphProto{Input: g.Input, Output: g.Output, ValueInfo: g.ValueInfo})

	var whole encoder
	whole.message(&onnxpb.ModelProto{IrVersion: m.IrVersion, ProducerName: m.ProducerName})
	whole.field(modelGraph, e.out, e.err)
	whole.message(&onnxpb.ModelProto{OpsetImport: m.OpsetImport})
	return whole.out, whole.err
}

// encoder gathers pieces of a message, up to the first error.
type encoder struct {
	out [][]byte
	err error
}

// message adds the fields of m.
func (e *encoder) message(m proto.Message) {
	if e.err != nil {
		return
	}
	data, err := proto.MarshalOptions{Deterministic: true}.Marshal(m)
	e.out, e.err = append(e.out, data), err
}

// field adds one field, whose contents come in pieces or failed with err.
func (e *encoder) field(number protowire.Number, contents [][]byte, err error) {
	if e.err == nil {
		e.err = err
	}
	size := 0
	for _, p := range contents {
		size += len(p)
	}
	head := protowire.AppendTag(nil, number, protowire.BytesType)
	e.out = append(append(e.out, protowire.AppendVarint(head, uint64(size))), contents...)
}
