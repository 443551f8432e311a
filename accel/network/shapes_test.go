package network_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"braid/accel"
	"braid/accel/network"
	"braid/accel/network/testnet"
)

// fakeProbe answers with one shape for every tensor and counts its calls.
type fakeProbe struct {
	t     *testing.T
	shape []int64
	calls int
}

func (p *fakeProbe) probe(_ context.Context, onnx []byte, tensors []string) ([]accel.TensorDesc, error) {
	p.calls++
	outputs := names(parse(p.t, onnx).Outputs())
	var ds []accel.TensorDesc
	for _, name := range tensors {
		if !slices.Contains(outputs, name) {
			p.t.Errorf("probe asked for %q, which is no output of %q", name, outputs)
		}
		ds = append(ds, accel.TensorDesc{Name: name, Type: accel.Float32, Shape: p.shape})
	}
	slices.Reverse(ds)
	return ds, nil
}

func TestFixInput(t *testing.T) {
	n := parse(t, testnet.DynamicShape(t))
	if got := n.Inputs()[0].Shape; !slices.Equal(got, []int64{-1, 3, -1, -1}) {
		t.Fatalf("input %v", got)
	}
	_, err := n.Split(t.Context(), nil, nil)
	if !errors.Is(err, network.ErrInvalid) || !strings.Contains(err.Error(), `input "in" has the shape [-1 3 -1 -1]`) {
		t.Errorf("unfixed: %v", err)
	}
	if err := n.FixInput("in", []int64{1, 3, 16, 24}); err != nil {
		t.Fatal(err)
	}
	s := split(t, n, "b")
	if !slices.Equal(s[0].Inputs[0].Shape, []int64{1, 3, 16, 24}) || !slices.Equal(s[1].Inputs[0].Shape, []int64{1, 4, 16, 24}) {
		t.Errorf("segments read %v and %v", s[0].Inputs, s[1].Inputs)
	}
	for _, v := range decode(t, s[0].ONNX).Graph.ValueInfo {
		if v.Type.TensorType.Shape != nil {
			t.Errorf("a stale shape of %q is left", v.GetName())
		}
	}
	if got := n.Outputs()[0].Shape; !slices.Equal(got, []int64{1, 2, 16, 24}) {
		t.Errorf("the output is %v", got)
	}
}

func TestFixInputThatDoesNotFit(t *testing.T) {
	b := network.NewBuilder("reshape", testnet.Opset)
	in := b.Input(accel.TensorDesc{Name: "in", Type: accel.Float32, Shape: []int64{1, -1}})
	b.Node("Reshape", []string{in, b.Ints("shape", []int64{2}, []int64{3, 4})}, []string{"rows"})
	b.Output(accel.TensorDesc{Name: "rows", Type: accel.Float32, Shape: []int64{3, 4}})
	data, err := b.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	err = parse(t, data).FixInput("in", []int64{1, 13})
	if !errors.Is(err, network.ErrInvalid) || !strings.Contains(err.Error(), `node "rows" (Reshape): 13 elements of shape [1 13] do not fill the shape [3 4]`) {
		t.Errorf("got %v", err)
	}
	if err := parse(t, data).FixInput("in", []int64{1, 12}); err != nil {
		t.Error(err)
	}
}

func TestFixInputRefuses(t *testing.T) {
	for _, tt := range []struct {
		name, input string
		shape       []int64
		want        string
	}{
		{"unknown", "image", []int64{1, 3, 8, 8}, `no input "image"; the inputs are "in"`},
		{"rank", "in", []int64{1, 3, 8}, `shape [-1 3 -1 -1] cannot become [1 3 8]`},
		{"stated dimension", "in", []int64{1, 4, 8, 8}, `cannot become [1 4 8 8]`},
		{"still symbolic", "in", []int64{-1, 3, 8, 8}, `cannot become [-1 3 8 8]`},
		{"empty", "in", []int64{1, 3, 0, 8}, `cannot become [1 3 0 8]`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := parse(t, testnet.DynamicShape(t)).FixInput(tt.input, tt.shape)
			if !errors.Is(err, network.ErrInvalid) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestFixInputOfStaticNetworkKeepsWhatIsStated(t *testing.T) {
	n := parse(t, testnet.Chain(t, 2, 8, 1))
	if err := n.FixInput("in", []int64{1, 3, 8, 8}); err != nil {
		t.Fatal(err)
	}
	checkSegments(t, n, []string{"conv_0"}, split(t, n, "conv_0"))
}

func TestProbeAnswers(t *testing.T) {
	broken := errors.New("the runtime is gone")
	for _, tt := range []struct {
		name  string
		data  []byte
		at    string
		probe network.Probe
		want  string
		is    error
	}{
		{"none", testnet.Unstated(t), "a", nil, `does not state the shape of tensor "a"`, network.ErrInvalid},
		{
			"dynamic", testnet.DataDependent(t), "found", (&fakeProbe{t: t, shape: []int64{2, -1}}).probe,
			`tensor "found" of node "found" (NonZero): shapes that depend on data are refused`, network.ErrDynamic,
		},
		{"dynamic is invalid too", testnet.DataDependent(t), "found", (&fakeProbe{t: t, shape: []int64{2, -1}}).probe, "", network.ErrInvalid},
		{
			"silent", testnet.Unstated(t), "b", func(context.Context, []byte, []string) ([]accel.TensorDesc, error) { return nil, nil },
			`tensor "b"`, network.ErrDynamic,
		},
		{
			"failing", testnet.Unstated(t), "b", func(context.Context, []byte, []string) ([]accel.TensorDesc, error) { return nil, broken },
			`probing the shape of tensor "b" of node "b" (LpNormalization): the runtime is gone`, broken,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := parse(t, tt.data).Split(t.Context(), []string{tt.at}, tt.probe)
			if !errors.Is(err, tt.is) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, expected %s", err, tt.want)
			}
		})
	}
}

func TestDescribe(t *testing.T) {
	n := parse(t, testnet.Unstated(t))
	probe := &fakeProbe{t: t, shape: []int64{1, 3, 8, 8}}
	got, err := n.Describe(t.Context(), []string{"b", "in", "a", "b"}, probe.probe)
	if err != nil || probe.calls != 1 {
		t.Fatalf("%d probes, error %v", probe.calls, err)
	}
	if !slices.Equal(names(got), []string{"b", "in", "a", "b"}) || got[2].Bytes() != 768 {
		t.Errorf("got %v", got)
	}
}

func TestWithOutputs(t *testing.T) {
	n := parse(t, testnet.Skip(t))
	data, err := n.WithOutputs([]string{"b", "out", "b"})
	if err != nil {
		t.Fatal(err)
	}
	if got := names(parse(t, data).Outputs()); !slices.Equal(got, []string{"out", "b"}) {
		t.Errorf("outputs %q", got)
	}
	if _, err := n.WithOutputs([]string{"x"}); !errors.Is(err, network.ErrInvalid) {
		t.Errorf("an unknown tensor: %v", err)
	}
	if got := names(n.Outputs()); !slices.Equal(got, []string{"out"}) {
		t.Errorf("the network itself has changed: outputs %q", got)
	}
}
