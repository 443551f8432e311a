package main

import (
	"errors"

	"github.com/spf13/cobra"

	"braid/internal/app"
)

func profileCmd(c *common) *cobra.Command {
	var o app.ProfileOptions
	cmd := &cobra.Command{
		Use: "profile [MODEL]", Short: "Measure a model on this machine's devices, for braid plan", Args: oneModel,
		Long: "Measures how long each part of a model takes on each device, what a cut costs, copies\n" +
			"between memories, several streams, two devices at work at once, and the steps around\n" +
			"the network; on GPUs and DLAs also the parts of the plans that it would choose. The\n" +
			"result is kept for this model and machine, where --plan auto finds it.\n" +
			"docs/profiling.md says how it is measured.",
		Example: "  braid profile yolox-nano --input street.mp4\n" +
			"  braid profile --model yolov4.onnx --devices gpu:0,dla:0 --out profile.yaml",
		RunE: func(cmd *cobra.Command, args []string) error {
			if (o.Images == "") != (o.Annotations == "") {
				return usage(cmd, errors.New("--images and --annotations go together"))
			}
			if cmd.Flags().Changed("input") && o.Input == "" {
				return usage(cmd, errEmptyInput)
			}
			o.Choice = c.modelChoice(args)
			return app.Profile(cmd.Context(), c.env, o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.Out, "out", "", "write the profile to this file too")
	f.StringSliceVar(&o.Devices, "devices", nil, "measure only these, and keep nothing but --out")
	f.StringSliceVar(&o.Precision, "precision", nil, "of devices other than the CPU: fp32, fp16, int8 of a network with Q/DQ (default fp16)")
	f.BoolVar(&o.Quick, "quick", false, "a rough profile in seconds")
	f.StringVar(&o.Input, "input", "", "a recording: its decoding is measured too, and all steps at once")
	f.StringVar(&o.Images, "images", "", "folder of the images of --annotations")
	f.StringVar(&o.Annotations, "annotations", "", "truth in COCO's form: what each precision other than fp32 loses is measured too")
	return cmd
}
