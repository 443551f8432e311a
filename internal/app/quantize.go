package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"braid/accel/network"
	"braid/accel/network/quantize"
	"braid/internal/accuracy"
	"braid/internal/atomicfile"
	"braid/internal/coco"
)

// QuantizeOptions are the flags of braid model quantize.
type QuantizeOptions struct {
	Choice
	Calibrate   string // folder of pictures
	Count       int    // of them, at most
	Out         string // FILE.onnx; the card goes beside it
	For         string // the runtime whose form of int8 it is
	Ranges      string
	Percentile  float64
	Bits        int      // of weights; 0: what suits the runtime
	Float       []string // nodes that stay float32
	LayerError  float64  // layers that change the outputs by more stay float32 too; 0: none is tried
	Evaluate    string   // folder of other pictures
	Annotations string   // their truth; "": instances.json in Evaluate
	Classes     []string // evaluate these only
}

func (o *QuantizeOptions) validate() error {
	switch {
	case o.Calibrate == "" || o.Out == "":
		return Usage(errors.New("give --calibrate DIR and --out FILE.onnx"))
	case filepath.Ext(o.Out) != ".onnx":
		return Usage(fmt.Errorf("--out %s: the file's name must end in .onnx", o.Out))
	case o.Count < 1:
		return Usage(fmt.Errorf("--count %d: want at least 1 picture", o.Count))
	case !slices.Contains(quantize.Methods, o.Ranges):
		return Usage(fmt.Errorf("--ranges %s: want one of %s", o.Ranges, strings.Join(quantize.Methods, ", ")))
	case !(o.Percentile > 50 && o.Percentile <= 100):
		return Usage(fmt.Errorf("--percentile %g is not within 50 to 100", o.Percentile))
	case !(o.LayerError >= 0):
		return Usage(fmt.Errorf("--layer-error %g is below 0", o.LayerError))
	case o.Bits != 0 && o.Bits != 7 && o.Bits != 8:
		return Usage(fmt.Errorf("--weight-bits %d: want 7 or 8", o.Bits))
	case o.Evaluate == "" && (o.Annotations != "" || len(o.Classes) > 0):
		return Usage(errors.New("--annotations and --classes are for --evaluate DIR"))
	}
	for _, p := range []string{o.Out, o.cardPath()} {
		if _, err := os.Lstat(p); err == nil {
			return Usage(fmt.Errorf("%s is there already: remove it, or choose another --out", p))
		}
	}
	return checkOutFiles(nil, outFile{"--out", o.Out})
}

// name is what the model is called: the output's base name.
func (o *QuantizeOptions) name() string { return strings.TrimSuffix(filepath.Base(o.Out), ".onnx") }

func (o *QuantizeOptions) cardPath() string { return strings.TrimSuffix(o.Out, ".onnx") + ".yaml" }

// options are those of the quantizer.
func (o *QuantizeOptions) options() (quantize.Options, error) {
	r, err := quantize.For(o.For)
	if err != nil {
		return quantize.Options{}, Usage(fmt.Errorf("--for: %w", err))
	}
	if o.Bits != 0 {
		r.Bits = o.Bits
	}
	return quantize.Options{Recipe: r, Float: o.Float}, nil
}

// ModelQuantize writes a model that computes in int8, and its card, and holds it
// against the float32 one.
func ModelQuantize(ctx context.Context, env *Env, o QuantizeOptions) (err error) {
	if err := o.validate(); err != nil {
		return err
	}
	options, err := o.options()
	if err != nil {
		return err
	}
	ctx, stop := env.untilDrain(ctx)
	defer stop()
	cfg, err := bareConfig(env, o.Choice)
	if err != nil {
		return err
	}
	m, err := openModel(env, cfg.Model)
	if err != nil {
		return err
	}
	files, truth, err := o.sets(m)
	if err != nil {
		return err
	}
	rt, err := openRuntime(env, cfg.Backend)
	if err != nil {
		return err
	}
	defer closeInto(&err, rt.Close)
	calibrated, err := newCalibration(ctx, env, rt, m, options, files)
	if err != nil {
		return err
	}
	method := quantize.Method{Kind: o.Ranges, Percent: o.Percentile}
	kept, err := calibrated.keep(ctx, env, o.LayerError, method)
	if err != nil {
		return err
	}
	data, err := calibrated.q.Write(method)
	if err != nil {
		return as(ErrInvalid, err)
	}
	made, err := o.save(m, data)
	if err != nil {
		return err
	}
	report := o.report(m, calibrated, kept, len(data))
	c := contest{env: env, rt: rt, float: m, int8: made, truth: truth, dir: o.Evaluate, only: o.Classes}
	if report.Devices, err = c.run(ctx); err != nil {
		return err
	}
	return report.print(env)
}

// sets are the pictures to calibrate with and, where there are some to evaluate
// with, their truth. No picture may be in both, and the model must know the classes.
func (o *QuantizeOptions) sets(m *model) (files []string, truth *coco.Dataset, err error) {
	if files, err = picturesIn(o.Calibrate, o.Count); err != nil || o.Evaluate == "" {
		return files, nil, as(ErrInvalid, err)
	}
	truth, err = coco.ReadFile(first(o.Annotations, filepath.Join(o.Evaluate, "instances.json")))
	if err != nil {
		return nil, nil, as(ErrInvalid, err)
	}
	names := labels(m.card, classes(m.card, m.network.Outputs()))
	if _, err := accuracy.Model(names, truth.Categories, o.Classes); err != nil {
		return nil, nil, as(ErrInvalid, err)
	}
	others := make([]string, len(truth.Images))
	for i, image := range truth.Images {
		others[i] = filepath.Join(o.Evaluate, filepath.FromSlash(image.File))
	}
	return files, truth, as(ErrInvalid, disjoint(files, others))
}

// save writes the network and the card, or neither, and returns the model.
func (o *QuantizeOptions) save(from *model, data []byte) (*model, error) {
	n, err := network.Parse(data)
	if err != nil {
		return nil, err
	}
	c := *from.card
	sum := sha256.Sum256(data)
	c.Name, c.File, c.SHA256, c.Source = o.name(), filepath.Base(o.Out), hex.EncodeToString(sum[:]), ""
	if err := atomicfile.Write(o.Out, data); err != nil {
		return nil, as(ErrEnvironment, fmt.Errorf("writing %s: %w", o.Out, err))
	}
	if _, err := c.SaveIn(filepath.Dir(o.Out)); err != nil {
		return nil, as(ErrEnvironment, errors.Join(err, os.Remove(o.Out)))
	}
	return &model{card: &c, network: n}, nil
}
