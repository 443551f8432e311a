//go:build e2e

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	"braid/accel"
	"braid/accel/network"
	"braid/accel/network/onnxpb"
	"braid/accel/network/testnet"
)

// TestBadModels gives the model commands networks that cannot be used: exit 3 and
// one line that names the layer or tensor, and the mend where there is one.
func TestBadModels(t *testing.T) {
	dir := t.TempDir()
	file := func(name string, data []byte) string {
		path := filepath.Join(dir, name+".onnx")
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	skip := testnet.Skip(t)
	changed := func(name string, change func(*onnxpb.ModelProto)) string {
		m := &onnxpb.ModelProto{}
		if err := proto.Unmarshal(skip, m); err != nil {
			t.Fatal(err)
		}
		change(m)
		data, err := proto.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		return file(name, data)
	}
	for _, c := range []struct {
		name string
		args []string
		want []string
	}{
		{"empty", []string{"cuts", file("empty", nil)}, []string{"empty.onnx", "the file is empty"}},
		{"text", []string{"cuts", file("text", []byte("hello, this is text"))}, []string{"text.onnx", "not an ONNX file"}},
		{"truncated", []string{"cuts", file("short", skip[:len(skip)/2])}, []string{"short.onnx", "truncated", "copy it again"}},
		{"cycle", []string{"inspect", changed("cycle", func(m *onnxpb.ModelProto) { m.Graph.Node[1].Input[0] = "d" })}, []string{"cycle.onnx", `node "b"`, "cycle", "export it again"}},
		{"nobody writes", []string{"cuts", changed("ghost", func(m *onnxpb.ModelProto) { m.Graph.Node[2].Input[0] = "ghost" })}, []string{`node "c"`, `"ghost"`}},
		{"old opset", []string{"cuts", changed("old", func(m *onnxpb.ModelProto) { m.OpsetImport[0].Version = proto.Int64(6) })}, []string{"old.onnx", "opset 6", "7 to", "export it again"}},
		{"opset of the future", []string{"cut", "--at", "a", "--out", filepath.Join(dir, "cut"), changed("new", func(m *onnxpb.ModelProto) { m.OpsetImport[0].Version = proto.Int64(90) })}, []string{"opset 90"}},
		{"weights in another file", []string{"inspect", changed("external", func(m *onnxpb.ModelProto) {
			m.Graph.Initializer[0].ExternalData = []*onnxpb.StringStringEntryProto{{Key: proto.String("location"), Value: proto.String("w.bin")}}
		})}, []string{`"a.w"`, `"w.bin"`, "save the model with its weights inside"}},
		{"shapes that do not fit", []string{"cuts", changed("misfit", func(m *onnxpb.ModelProto) { m.Graph.Node[4].Input[1] = "a.w" })}, []string{"misfit.onnx", `node "sum" (Add)`, "do not go together"}},
		{"input without a size", []string{"cuts", file("symbolic", testnet.DynamicShape(t))}, []string{`input "in"`, "[-1 3 -1 -1]", "input.width"}},
		{"shapes that depend on data", []string{"cut", "--at", "found", "--out", filepath.Join(dir, "cut"), file("dynamic", testnet.DataDependent(t))}, []string{`tensor "found"`, `node "found" (NonZero)`, "depend on data", "cut before it"}},
		{"unknown operator", []string{"cuts", file("odd", unknownOperator(t))}, []string{`node "odd" (Frobnicate)`}},
		{"unknown cut", []string{"cut", "--at", "sun", "--out", filepath.Join(dir, "cut"), file("skip", skip)}, []string{`"sun"`, "the nearest are", `"sum"`}},
		{"cuts in the wrong order", []string{"cut", "--at", "c,b", "--out", filepath.Join(dir, "cut"), file("skip", skip)}, []string{`"b" comes before "c"`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := braid(t, append([]string{"model"}, c.args...)...)
			if r.code != 3 || r.out != "" || strings.Count(r.stderr, "\n") != 1 {
				t.Errorf("exit %d, want 3 and one line", r.code)
			}
			for _, part := range c.want {
				if !strings.Contains(r.stderr, part) {
					t.Errorf("the message does not say %q", part)
				}
			}
			if t.Failed() {
				t.Logf("stdout:\n%sstderr:\n%s", r.out, r.stderr)
			}
		})
	}
	if _, err := os.Stat(filepath.Join(dir, "cut")); !os.IsNotExist(err) {
		t.Errorf("a cut that failed left its folder: %v", err)
	}
}

// unknownOperator has an operator between two others that no runtime knows.
func unknownOperator(t *testing.T) []byte {
	t.Helper()
	b := network.NewBuilder("odd", testnet.Opset)
	d := accel.TensorDesc{Name: "x", Type: accel.Float32, Shape: []int64{1, 3, 8, 8}}
	b.Node("Relu", []string{b.Input(d)}, []string{"a"})
	b.Node("Frobnicate", []string{"a"}, []string{"odd"})
	b.Node("Relu", []string{"odd"}, []string{"y"})
	d.Name = "y"
	b.Output(d)
	data, err := b.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return data
}
