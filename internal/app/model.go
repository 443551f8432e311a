package app

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"braid/accel"
	"braid/accel/network"
	"braid/internal/card"
	"braid/stages/detect"
	"braid/stages/prep"
)

// model is a network with its card, its input fixed to the card's size.
type model struct {
	card    *card.Card
	network *network.Network
}

// openModel finds a card and reads its network.
func openModel(env *Env, ref string) (*model, error) {
	if ref == "" {
		return nil, invalidf("no model chosen: name one by --model or BRAID_MODEL, or where a configuration is read by its key model")
	}
	c, err := card.Find(ref, cardEnv(env))
	if errors.Is(err, card.ErrNotFound) && carriedCard(ref) != nil {
		err = fmt.Errorf("model %s is in no model folder yet: get it with 'braid model pull %s'", ref, ref)
	}
	bare := errors.Is(err, card.ErrNoCard)
	if err != nil && !bare {
		return nil, as(ErrInvalid, err)
	}
	n, loadErr := network.Load(c.Path())
	if loadErr != nil {
		return nil, as(ErrInvalid, fmt.Errorf("model %s: %w", c.Name, loadErr))
	}
	if bare {
		if why := recognise(c, n); why != nil {
			return nil, as(ErrInvalid, fmt.Errorf("%w; of itself %w", err, why))
		}
		env.Log.Info("model recognised without a card", "model", c.Name, "head", c.Head.Kind, "input", fmt.Sprintf("%dx%d RGB, 0 to 1, letterboxed", c.Input.Width, c.Input.Height), "classes", len(c.Labels.Names))
	}
	m := &model{card: c, network: n}
	if err := m.fixInput(); err != nil {
		return nil, as(ErrInvalid, fmt.Errorf("model %s: %w", c.Name, err))
	}
	return m, nil
}

// fixInput gives the network's one input the card's size, batch 1.
func (m *model) fixInput() error {
	in := m.network.Inputs()
	if len(in) != 1 {
		return fmt.Errorf("the network has %d inputs, a detector has one image", len(in))
	}
	want := []int64{1, 3, int64(m.card.Input.Height), int64(m.card.Input.Width)}
	have := in[0].Shape
	ok := in[0].Type == accel.Float32 && len(have) == len(want)
	for i := 0; ok && i < len(want); i++ {
		ok = have[i] < 0 || have[i] == want[i]
	}
	if !ok {
		return fmt.Errorf("input %q is %v %v, the card says float32 %v", in[0].Name, in[0].Type, have, want)
	}
	return m.network.FixInput(in[0].Name, want)
}

// splitWith cuts a network; the runtime tells what the file does not say about
// the tensors that cross.
func splitWith(ctx context.Context, rt accel.Backend, n *network.Network, at []string) ([]*accel.Segment, error) {
	segments, err := n.Split(ctx, at, probeOf(rt))
	return segments, as(ErrInvalid, err)
}

// probeOf is how a runtime tells of tensors, nil where it cannot.
func probeOf(rt accel.Backend) network.Probe {
	if p, ok := rt.(prober); ok {
		return p.Probe
	}
	return nil
}

// probeLater opens a runtime only when a network asks for shapes that braid cannot
// tell itself.
func probeLater(env *Env, backend string) network.Probe {
	return func(ctx context.Context, onnx []byte, tensors []string) (found []accel.TensorDesc, err error) {
		rt, err := openRuntime(env, backend)
		if err != nil {
			return nil, err
		}
		defer closeInto(&err, rt.Close)
		probe := probeOf(rt)
		if probe == nil {
			return nil, invalidf("runtime %s cannot tell shapes", rt.Name())
		}
		return probe(ctx, onnx, tensors)
	}
}

// prober is a runtime that can tell types and shapes of tensors.
type prober interface {
	Probe(ctx context.Context, onnx []byte, tensors []string) ([]accel.TensorDesc, error)
}

// openNetwork reads a network for commands that need no card: it takes what
// openModel takes, and an ONNX file without a card.
func openNetwork(env *Env, ref string) (*network.Network, *card.Card, error) {
	m, err := openModel(env, ref)
	if err == nil {
		return m.network, m.card, nil
	}
	if !errors.Is(err, card.ErrNoCard) {
		return nil, nil, err
	}
	n, err := network.Load(ref)
	if err != nil {
		return nil, nil, as(ErrInvalid, err)
	}
	return n, nil, nil
}

// modelFiles are the files of a model, as far as they can be told without reading it: of an ONNX file
// its card is beside it.
func modelFiles(env *Env, ref string) []string {
	if c, err := card.Lookup(ref, cardEnv(env)); err == nil {
		return append(c.Files(), ref)
	}
	base := strings.TrimSuffix(ref, filepath.Ext(ref))
	return []string{ref, base + ".yaml", base + ".yml"}
}

// prepConfig is the card's input as prep takes it.
func prepConfig(m *model) prep.Config {
	in := m.card.Input
	cfg := prep.Config{
		Input: m.network.Inputs()[0].Name, Device: host,
		Width: in.Width, Height: in.Height,
		Scale: in.Scale, Mean: in.Mean, Std: in.Std, Pad: float32(in.Pad),
	}
	if in.Color == card.RGB {
		cfg.Color = prep.RGB
	}
	if in.Resize == card.Stretch {
		cfg.Resize = prep.Stretch
	}
	if in.Align == card.Center {
		cfg.Align = prep.Center
	}
	return cfg
}

// detectConfig is the card's head as detect takes it. score takes the place of
// the card's where a camera wants to see more.
func detectConfig(c *card.Card, outputs []accel.TensorDesc, score float32) detect.Config {
	cfg := detect.Config{
		Head:    detect.Head{Kind: string(c.Head.Kind), Strides: c.Head.Strides},
		Outputs: outputs, Device: host,
		Width: c.Input.Width, Height: c.Input.Height, Classes: classes(c, outputs),
		NMS: detect.NMS{
			Kind: string(c.NMS.Kind), IoU: c.NMS.IOU, Beta: c.NMS.Beta, Score: min(score, c.NMS.Score),
			PerClass: c.NMS.PerClass, MultiLabel: c.NMS.MultiLabel, Max: c.NMS.Max,
		},
	}
	for _, o := range c.Head.Outputs {
		cfg.Head.Outputs = append(cfg.Head.Outputs, detect.Output{
			Type: string(o.Type), Anchors: o.Anchors, ScaleXY: o.ScaleXY, NewCoords: o.NewCoords,
		})
	}
	return cfg
}

// classes is the number of classes: of labels, or, where the card has none,
// what the shape of the first output leaves room for.
func classes(c *card.Card, outputs []accel.TensorDesc) int {
	if n := len(c.Labels.Names); n > 0 || len(outputs) == 0 {
		return n
	}
	shape := outputs[0].Shape
	last := int64(0)
	if len(shape) > 0 {
		last = shape[len(shape)-1]
	}
	switch {
	case c.Head.Kind == card.Darknet && len(shape) == 4 && len(c.Head.Outputs) > 0 && len(c.Head.Outputs[0].Anchors) > 0:
		return int(shape[1])/len(c.Head.Outputs[0].Anchors) - 5
	case c.Head.Kind == card.YOLOX && len(shape) == 3, c.Head.Kind == card.YOLOv5:
		return int(last) - 5
	case c.Head.Kind == card.YOLOv8 && len(shape) == 3:
		return int(min(shape[1], last)) - 4 // there are more rows than classes
	case c.Head.Kind == card.NanoDet && len(outputs) > 1:
		return int(last)
	case c.Head.Kind == card.NanoDet:
		return int(last) - 32 // eight bins for each side
	case c.Head.Kind == card.End2End:
		return unnamedClasses // only the results tell
	}
	return 0
}

// unnamedClasses is how many classes a network may tell by number alone.
const unnamedClasses = 10_000

// labels are the names of n classes.
func labels(c *card.Card, n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = c.Label(i)
	}
	return out
}
