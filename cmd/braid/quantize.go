package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"braid/internal/app"
)

func quantizeCmd(c *common) *cobra.Command {
	var o app.QuantizeOptions
	cmd := &cobra.Command{
		Use: "quantize [MODEL] --calibrate DIR --out FILE.onnx", Short: "Write a model that computes in int8, and say what that costs and gains", Args: oneModel,
		Long: "Writes the model as ONNX with QuantizeLinear and DequantizeLinear, and its card beside it.\n" +
			"Ranges of activations come from the pictures in --calibrate; the last layers stay float32.\n" +
			"Both models then run in turn on every device here; with --evaluate, on pictures that are none\n" +
			"of those, their average precision is compared too. docs/quantization.md has more.",
		Example: "  braid model quantize braid-nano --calibrate train/images --out braid-nano-int8.onnx --evaluate val2017\n" +
			"  braid model quantize yolox-nano --for trt --calibrate train/images --out yolox-nano-trt.onnx",
		RunE: func(cmd *cobra.Command, args []string) error {
			if cmd.Flags().Changed("percentile") && o.Ranges != "percentile" {
				return usage(cmd, fmt.Errorf("--percentile is for --ranges percentile, not for %s", o.Ranges))
			}
			o.Choice = c.modelChoice(args)
			return app.ModelQuantize(cmd.Context(), c.env, o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.Calibrate, "calibrate", "", "folder of pictures such as the model will see")
	f.IntVar(&o.Count, "count", 200, "so many of these pictures at most, taken at even distances")
	f.StringVar(&o.Out, "out", "", "the ONNX file; the card goes beside it")
	f.StringVar(&o.For, "for", "ort", "the runtime whose form of int8 to write: ort, openvino or trt")
	f.StringVar(&o.Ranges, "ranges", "percentile", "how ranges are chosen: minmax, percentile or entropy")
	f.Float64Var(&o.Percentile, "percentile", 99.99, "of --ranges percentile: the share of values within a range, at each end")
	f.IntVar(&o.Bits, "weight-bits", 0, "7 or 8; 7 keeps processors without VNNI from overflowing (default: what suits the runtime)")
	f.StringSliceVar(&o.Float, "float", nil, "nodes that stay float32 too, by name")
	f.Float64Var(&o.LayerError, "layer-error", 0.03, "layers stay float32 too where int8 of that layer alone changes the outputs by more, mean square over variance; 0: none is tried")
	f.StringVar(&o.Evaluate, "evaluate", "", "folder of labelled pictures, none of them in --calibrate, to compare average precision on")
	f.StringVar(&o.Annotations, "annotations", "", "their truth, a COCO instances file (default: instances.json in --evaluate)")
	f.StringSliceVar(&o.Classes, "classes", nil, "evaluate these classes only, by name")
	return cmd
}
