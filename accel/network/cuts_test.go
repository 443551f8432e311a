package network_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"braid/accel"
	"braid/accel/network"
	"braid/accel/network/testnet"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func TestCutsGolden(t *testing.T) {
	for name, data := range smallNets(t) {
		t.Run(name, func(t *testing.T) {
			var got bytes.Buffer
			for _, c := range parse(t, data).Cuts() {
				line, err := json.Marshal(c)
				if err != nil {
					t.Fatal(err)
				}
				got.Write(append(line, '\n'))
			}
			path := filepath.Join("testdata", "cuts", name+".jsonl")
			if *update {
				if err := os.WriteFile(path, got.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got.Bytes(), want) {
				t.Errorf("got\n%swant\n%s", got.Bytes(), want)
			}
		})
	}
}

// TestCutsAgainstBruteForce asks of every position and every tensor whether it
// crosses, by definition.
func TestCutsAgainstBruteForce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := parse(t, testnet.RandomDAG(t, rapid.Uint64().Draw(t, "seed"), rapid.IntRange(1, 40).Draw(t, "nodes")))
		cuts := n.Cuts()
		for i, l := range n.Layers() {
			want := crossing(n, i+1)
			isCut := !l.Constant && len(dataAfter(n, i+1)) > 0
			at := slices.IndexFunc(cuts, func(c network.Cut) bool { return c.Index == i+1 })
			if (at >= 0) != isCut {
				t.Fatalf("node %d (%s): cut point %v, expected %v", i, l.Name, at >= 0, isCut)
			}
			if isCut && (cuts[at].At != l.Outputs[0].Name || !slices.Equal(cuts[at].Tensors, want)) {
				t.Fatalf("cut %+v: expected %q", cuts[at], want)
			}
		}
	})
}

func dataAfter(n *network.Network, index int) []network.Layer {
	return slices.DeleteFunc(n.Layers()[index:], func(l network.Layer) bool { return l.Constant })
}

// crossing lists what is written before index, or is an input, and read after.
func crossing(n *network.Network, index int) []string {
	candidates := names(n.Inputs())
	for _, l := range n.Layers()[:index] {
		candidates = append(candidates, names(l.Outputs)...)
	}
	data := fromData(n)
	return slices.DeleteFunc(candidates, func(tensor string) bool {
		return !data[tensor] || !slices.ContainsFunc(n.Layers()[index:], func(l network.Layer) bool {
			return slices.Contains(l.Inputs, tensor)
		})
	})
}

func TestImpossibleCuts(t *testing.T) {
	skip, two, folded := testnet.Skip(t), testnet.TwoHeads(t), testnet.Folded(t)
	for _, tt := range []struct {
		name string
		data []byte
		at   []string
		want string
	}{
		{"unknown", skip, []string{"sun"}, `no cut point "sun"; the nearest are "sum", "a", "b"`},
		{"input", skip, []string{"in"}, `no cut point "in"`},
		{"weight", skip, []string{"a.w"}, `no cut point "a.w"; the nearest are "a"`},
		{"twice", skip, []string{"b", "b"}, `"b" is given twice`},
		{"order", skip, []string{"c", "b"}, `"b" comes before "c"`},
		{"end", skip, []string{"out"}, `no layer between "out" and the end`},
		{"nothing but folded nodes before", folded, []string{"scale"}, `no layer between the start and "scale"`},
		{"nothing but folded nodes between", folded, []string{"a", "bias"}, `no layer between "a" and "bias"`},
		{"second output", halves(t), []string{"right"}, `"right" is a further output of node "left", whose cut point is "left"`},
		{"no cut point at all", testnet.Identity(t), []string{"x"}, `no cut point "x", nor any other`},
		{"empty name", two, []string{""}, `no cut point ""`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := parse(t, tt.data).Split(t.Context(), tt.at, nil)
			if !errors.Is(err, network.ErrCut) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, expected %s", err, tt.want)
			}
			i, err := parse(t, tt.data).CheckCuts(tt.at)
			if !errors.Is(err, network.ErrCut) || !strings.Contains(err.Error(), tt.want) || i != len(tt.at)-1 {
				t.Errorf("checking cut %d gives %v, expected %s", i, err, tt.want)
			}
		})
	}
	if i, err := parse(t, skip).CheckCuts([]string{"sun", "b"}); err == nil || i != 0 {
		t.Errorf("the first of two: %d, %v", i, err)
	}
	if i, err := parse(t, skip).CheckCuts([]string{"a", "b"}); err != nil || i != -1 {
		t.Errorf("cuts that can be: %d, %v", i, err)
	}
}

// halves splits its input into "left" and "right" and adds them up.
func halves(t *testing.T) []byte {
	d := func(name string, channels int64) accel.TensorDesc {
		return accel.TensorDesc{Name: name, Type: accel.Float32, Shape: []int64{1, channels}}
	}
	b := network.NewBuilder("halves", testnet.Opset)
	b.Node("Split", []string{b.Input(d("in", 4))}, []string{"left", "right"}, network.AttrInt("axis", 1))
	b.Node("Add", []string{"left", "right"}, []string{"out"})
	b.Output(d("out", 2))
	data, err := b.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return data
}
