package app

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"braid/accel/network"
	"braid/accel/network/darknet"
	"braid/internal/atomicfile"
	"braid/internal/card"
)

// DarknetOptions are the flags of braid model import darknet.
type DarknetOptions struct {
	Choice
	Cfg     string
	Weights string // FILE.weights
	Random  bool   // in their place weights drawn from Seed
	Seed    uint64
	Names   string // file with a class name on each line
	Out     string // FILE.onnx; the card goes beside it
}

func (o DarknetOptions) validate() error {
	switch {
	case o.Cfg == "" || o.Out == "":
		return Usage(errors.New("give --cfg NETWORK.cfg and --out MODEL.onnx"))
	case (o.Weights == "") == !o.Random:
		return Usage(errors.New("give --weights FILE.weights or --random-weights"))
	case filepath.Ext(o.Out) != ".onnx":
		return Usage(fmt.Errorf("--out %s: the file's name must end in .onnx", o.Out))
	}
	for _, p := range []string{o.Out, o.cardPath()} {
		if _, err := os.Lstat(p); err == nil {
			return Usage(fmt.Errorf("%s is there already: remove it, or choose another --out", p))
		}
	}
	return nil
}

// name is what the model is called: the output's base name.
func (o DarknetOptions) name() string { return strings.TrimSuffix(filepath.Base(o.Out), ".onnx") }

func (o DarknetOptions) cardPath() string { return strings.TrimSuffix(o.Out, ".onnx") + ".yaml" }

// ImportDarknet writes a darknet network as ONNX, and its card.
func ImportDarknet(ctx context.Context, env *Env, o DarknetOptions) error {
	if err := o.validate(); err != nil {
		return err
	}
	ctx, stop := env.untilDrain(ctx)
	defer stop()
	if err := checkOutFiles([]string{o.Cfg, o.Weights}, outFile{"--out", o.Out}); err != nil {
		return err
	}
	n, err := readDarknet(o.Cfg)
	if err != nil {
		return err
	}
	c, err := o.card(n)
	if err != nil {
		return err
	}
	built, err := o.build(ctx, env, n, c)
	if err != nil {
		return err
	}
	if err := o.save(built, c); err != nil {
		return err
	}
	return o.report(env, n, c)
}

func readDarknet(path string) (*darknet.Network, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, as(ErrInvalid, fmt.Errorf("reading network: %w", err))
	}
	n, err := darknet.Parse(data, path)
	return n, as(ErrInvalid, err)
}

// build makes the ONNX network with its weights.
func (o DarknetOptions) build(ctx context.Context, env *Env, n *darknet.Network, c *card.Card) (*network.Builder, error) {
	if o.Random {
		tuned, err := tuneHeads(ctx, env, o, n, c)
		if err != nil {
			return nil, err
		}
		return n.Build(o.name(), n.RandomWeights(o.Seed, tuned))
	}
	f, err := os.Open(o.Weights)
	if err != nil {
		return nil, as(ErrInvalid, fmt.Errorf("reading weights: %w", err))
	}
	defer f.Close()
	built, err := n.Build(o.name(), n.FileWeights(f))
	if err != nil {
		return nil, as(ErrInvalid, fmt.Errorf("weights %s for %s: %w", o.Weights, o.Cfg, err))
	}
	return built, nil
}

// save writes the network and the card, or neither.
func (o DarknetOptions) save(built *network.Builder, c *card.Card) error {
	sum := sha256.New()
	write := func(w io.Writer) error {
		_, err := built.WriteTo(io.MultiWriter(w, sum))
		return err
	}
	if err := atomicfile.WriteFrom(o.Out, write); err != nil {
		return as(ErrEnvironment, fmt.Errorf("writing %s: %w", o.Out, err))
	}
	c.SHA256 = hex.EncodeToString(sum.Sum(nil))
	if _, err := c.SaveIn(filepath.Dir(o.Out)); err != nil {
		return as(ErrEnvironment, errors.Join(err, os.Remove(o.Out)))
	}
	return nil
}

// card is what the cfg says of the model. Its thresholds are darknet's own.
func (o DarknetOptions) card(n *darknet.Network) (*card.Card, error) {
	c := card.Default()
	c.Name, c.File = o.name(), filepath.Base(o.Out)
	c.Input.Width, c.Input.Height = n.Width, n.Height
	c.Input.Color, c.Input.Scale = card.RGB, 1.0/255
	c.Input.Resize, c.Input.Pad, c.Input.Align = card.Stretch, 127.5, card.Center
	if n.Letterbox {
		c.Input.Resize = card.Letterbox
	}
	c.Head.Kind = card.Darknet
	for _, h := range n.Heads() {
		out := card.Output{Name: h.Tensor, Type: card.Yolo, Anchors: h.Anchors, ScaleXY: h.ScaleXY, NewCoords: h.NewCoords}
		if h.Region {
			out.Type = card.Region
		}
		c.Head.Outputs = append(c.Head.Outputs, out)
	}
	c.NMS.IOU, c.NMS.Score = 0.45, 0.25
	if last := n.Heads()[len(n.Heads())-1]; last.NMSKind == "diounms" {
		c.NMS.Kind, c.NMS.Beta = card.DIoU, last.BetaNMS
	}
	if err := o.label(&c, n.Classes()); err != nil {
		return nil, err
	}
	return checked(&c)
}

// checked is the card as its own file would give it, so that nothing is written
// that could not be read.
func checked(c *card.Card) (*card.Card, error) {
	text, err := c.Text()
	if err != nil {
		return nil, err
	}
	read, err := card.Parse(text, c.Name+".yaml")
	return read, as(ErrInvalid, err)
}

// label reads the names of the classes.
func (o DarknetOptions) label(c *card.Card, classes int) error {
	if o.Names == "" {
		return nil
	}
	data, err := os.ReadFile(o.Names)
	if err != nil {
		return as(ErrInvalid, fmt.Errorf("reading names: %w", err))
	}
	names := strings.Split(string(bytes.TrimRight(data, " \t\r\n")), "\n")
	if len(names) != classes {
		return invalidf("%s has %d names, %s has %d classes", o.Names, len(names), o.Cfg, classes)
	}
	for _, name := range names {
		c.Labels.Names = append(c.Labels.Names, strings.TrimSpace(name))
	}
	return nil
}

// report says what was written.
func (o DarknetOptions) report(env *Env, n *darknet.Network, c *card.Card) error {
	r := struct {
		Model      string `json:"model"`
		File       string `json:"file"`
		Card       string `json:"card"`
		SHA256     string `json:"sha256"`
		Layers     int    `json:"layers"` // sections of the cfg
		Parameters int64  `json:"parameters"`
		Outputs    int    `json:"outputs"`
		Classes    int    `json:"classes"`
	}{c.ID(), o.Out, o.cardPath(), c.SHA256, n.Layers(), n.Parameters(), len(n.Heads()), n.Classes()}
	if env.JSON {
		return writeJSON(env.Out, r)
	}
	_, err := fmt.Fprintf(env.Out, "%s: %s with its card %s\n%d layers, %.2f million parameters, %d outputs, %d classes, input %dx%d\n",
		r.Model, r.File, r.Card, r.Layers, float64(r.Parameters)/1e6, r.Outputs, r.Classes, n.Width, n.Height)
	return err
}
