package network

import (
	"bytes"
	"runtime"
	"testing"

	"google.golang.org/protobuf/proto"

	"braid/accel/network/onnxpb"
)

// raw is a model with one initialiser, "w", of the bytes 0, 1, 2 …
func raw(t testing.TB, size int) []byte {
	t.Helper()
	w := make([]byte, size)
	for i := range w {
		w[i] = byte(i)
	}
	data, err := proto.Marshal(&onnxpb.ModelProto{
		IrVersion: proto.Int64(8), OpsetImport: []*onnxpb.OperatorSetIdProto{{Version: proto.Int64(13)}},
		Graph: &onnxpb.GraphProto{
			Name: proto.String("raw"),
			Node: []*onnxpb.NodeProto{{OpType: proto.String("Identity"), Input: []string{"w"}, Output: []string{"y"}}},
			Initializer: []*onnxpb.TensorProto{
				{Name: proto.String("w"), Dims: []int64{int64(size)}, DataType: proto.Int32(2), RawData: w},
			},
			Output: []*onnxpb.ValueInfoProto{{Name: proto.String("y")}},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// checkUnmarshal holds unmarshal against the library's own.
func checkUnmarshal(t *testing.T, data []byte) {
	t.Helper()
	want := &onnxpb.ModelProto{}
	wantErr := proto.UnmarshalOptions{RecursionLimit: maxDepth}.Unmarshal(data, want)
	got, err := unmarshal(data)
	if wantErr == nil && err == nil && !proto.Equal(got, want) {
		t.Errorf("read otherwise: %v instead of %v", got, want)
	}
	if wantErr == nil && err != nil {
		t.Errorf("refused: %v", err)
	}
}

func TestUnmarshal(t *testing.T) {
	one := raw(t, 16)
	checkUnmarshal(t, one)
	checkUnmarshal(t, append(bytes.Clone(one), raw(t, 5)...)) // a graph in two pieces
	checkUnmarshal(t, nil)
	for i := range one {
		checkUnmarshal(t, one[:i])
	}
}

func TestWeightsAreNotCopied(t *testing.T) {
	const size = 32 << 20
	data := raw(t, size)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	n, err := Parse(data)
	runtime.ReadMemStats(&after)
	if err != nil {
		t.Fatal(err)
	}
	w := n.weights["w"].dense.RawData
	if &w[size-1] != &data[bytes.Index(data, w)+size-1] {
		t.Error("the weight is a copy")
	}
	if got := after.TotalAlloc - before.TotalAlloc; got > size/8 {
		t.Errorf("parsing allocated %d bytes", got)
	}
}

// FuzzUnmarshal holds that a file is read as the library reads it.
func FuzzUnmarshal(f *testing.F) {
	f.Add(raw(f, 4))
	f.Add(append(raw(f, 4), raw(f, 1)...))
	f.Add([]byte{0x3a, 0x02, 0x2a, 0x00})
	f.Fuzz(func(t *testing.T, data []byte) { checkUnmarshal(t, data) })
}
