package main

import (
	"errors"

	"github.com/spf13/cobra"

	"braid/internal/app"
)

func evalCmd(c *common) *cobra.Command {
	var o app.EvalOptions
	cmd := &cobra.Command{
		Use:   "eval {--annotations FILE {--images DIR | --detections FILE.jsonl} | --scene URL [--detections FILE.jsonl]}",
		Short: "Measure how good detections are: COCO average precision",
		Long: "Measures COCO average precision: of a model under a plan, on labelled pictures; or\n" +
			"of detections that were recorded, by batch or watch, against the truth of what\n" +
			"they were made of. docs/accuracy.md says how.",
		Example: "  braid eval --model yolox-nano --images val2017 --annotations instances_val2017.json\n" +
			"  braid eval --detections clip.jsonl --annotations clip.json --classes person,car\n" +
			"  braid eval --model braid-nano --scene 'scene:street?seed=7&seconds=20'\n" +
			"  braid eval --model braid-nano --scene 'scene:street?seed=7&seconds=20' --plan serial --compare-plan plan.yaml",
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			o.Choice = c.choice()
			if cmd.Flags().Changed("max-drop") && o.ComparePlan == "" {
				return usage(cmd, errors.New("--max-drop is for --compare-plan PLAN"))
			}
			return app.Eval(cmd.Context(), c.env, o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.Annotations, "annotations", "", "the truth, a COCO instances file")
	f.StringVar(&o.Scene, "scene", "", "the truth is this synthetic scene's; without --detections the model runs on it")
	f.StringVar(&o.Images, "images", "", "run the model on the pictures in this folder")
	f.StringVar(&o.Detections, "detections", "", "judge the messages in this file instead")
	f.StringVar(&o.Camera, "camera", "", "whose messages, where the file has several cameras")
	f.StringSliceVar(&o.Classes, "classes", nil, "evaluate these classes only, by name")
	f.Float64Var(&o.MinMAP, "min-map", 0, "exit 5 where the mAP is lower")
	f.StringVar(&o.ComparePlan, "compare-plan", "", "run the model under this plan too: auto, serial or a file; exit 5 beyond --max-drop")
	f.Float64Var(&o.MaxDrop, "max-drop", app.MaxDrop, "how much lower the mAP of --compare-plan may be than that of --plan, absolute")
	f.Float64Var(&o.MinAP50, "min-ap50", 0, "exit 5 where the AP50 is lower")
	return cmd
}
