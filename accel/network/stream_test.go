package network_test

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"braid/accel"
	"braid/accel/network"
	"braid/accel/network/testnet"
)

// TestWriteToIsTheLibrarysEncoding holds what is written in pieces against the
// library's own encoding of the message as a whole.
func TestWriteToIsTheLibrarysEncoding(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		data := testnet.RandomDAG(t, rapid.Uint64().Draw(t, "seed"), rapid.IntRange(1, 30).Draw(t, "nodes"))
		want, err := proto.MarshalOptions{Deterministic: true}.Marshal(decode(t, data))
		if err != nil || !bytes.Equal(data, want) {
			t.Fatalf("%d bytes differ from the library's %d, %v", len(data), len(want), err)
		}
	})
}

func TestBuilderRaw(t *testing.T) {
	b := network.NewBuilder("raw", 13)
	d := accel.TensorDesc{Name: "w", Type: accel.Float16, Shape: []int64{2, 1}}
	raw := []byte{0, 1, 2, 3}
	if name := b.Raw(d, raw); name != "w" {
		t.Errorf("the name is %q", name)
	}
	raw[3] = 4 // kept, not copied
	var out bytes.Buffer
	n, err := b.WriteTo(&out)
	if err != nil || n != int64(out.Len()) {
		t.Fatalf("%d of %d bytes, %v", n, out.Len(), err)
	}
	if w := decode(t, out.Bytes()).Graph.Initializer[0]; !slices.Equal(w.RawData, []byte{0, 1, 2, 4}) || w.GetDataType() != int32(accel.Float16) || !slices.Equal(w.Dims, d.Shape) {
		t.Errorf("got %v", w)
	}
	for _, bad := range []accel.TensorDesc{{Name: "w", Type: accel.Float32, Shape: d.Shape}, {Name: "w", Type: 99, Shape: d.Shape}} {
		b := network.NewBuilder("raw", 13)
		b.Raw(bad, raw)
		if _, err := b.WriteTo(io.Discard); err == nil || !strings.Contains(err.Error(), `initialiser "w" of shape [2 1] of`) {
			t.Errorf("%v: %v", bad, err)
		}
	}
}

// full is a writer without room after some bytes.
type full int

var errFull = errors.New("no room")

func (f *full) Write(p []byte) (int, error) {
	n := min(len(p), int(*f))
	*f -= full(n)
	if n < len(p) {
		return n, errFull
	}
	return n, nil
}

func TestWriteToAFullDisk(t *testing.T) {
	b := network.NewBuilder("n", 13)
	b.Floats("w", []int64{4}, []float32{1, 2, 3, 4})
	whole, err := b.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	for room := range len(whole) {
		f := full(room)
		if n, err := b.WriteTo(&f); !errors.Is(err, errFull) || n != int64(room) {
			t.Errorf("with room for %d bytes: %d written, %v", room, n, err)
		}
	}
}
