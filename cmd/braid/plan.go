package main

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"braid/internal/app"
)

func planCmd(c *common) *cobra.Command {
	var o app.PlanOptions
	cmd := &cobra.Command{
		Use: "plan [MODEL]", Short: "Choose where a model is cut and what runs where, and say why", Args: oneModel,
		Long: "Chooses a plan from what was measured of the model on this machine (braid profile; a\n" +
			"rough measurement is made where there is none), or from a profile file, and compares it with\n" +
			"the best plan of every other kind. docs/planning.md has the model behind it.",
		Example: "  braid plan yolox-nano --explain\n" +
			"  braid plan yolox-nano --cameras 4x1080p@15 --budget 200ms\n" +
			"  braid plan yolov4 --measure 3 --out plan.yaml",
		RunE: func(cmd *cobra.Command, args []string) error {
			if o.Measure < 0 || o.Duration <= 0 || o.Copies < 1 || o.Segments < 0 {
				return usage(cmd, errors.New("--measure, --segments, --copies and --duration must not be negative, the last two not 0"))
			}
			if slices.Contains(o.Inputs, "") {
				return usage(cmd, errEmptyInput)
			}
			if name := changedOf(cmd, "copies", "input", "duration"); name != "" && o.Measure == 0 {
				return usage(cmd, fmt.Errorf("--%s says how --measure N measures: give that too", name))
			}
			o.Choice = c.modelChoice(args)
			return app.PlanChoose(cmd.Context(), c.env, o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.Profile, "profile", "", "choose from this profile instead of this machine's")
	f.StringVar(&o.WhatIf, "what-if", "", "plan for the devices that this file declares (configs/machines has examples)")
	f.StringVar(&o.Objective, "objective", "", "fps, latency, streams or energy (default fps; streams with --cameras)")
	f.DurationVar(&o.Budget, "budget", 0, "latency that a frame may take from prep to detect")
	f.StringVar(&o.Cameras, "cameras", "", "cameras to keep up with, such as 16x1080p@15")
	f.Float64Var(&o.MinFPS, "min-fps", 0, "rate that the plan must reach")
	f.IntVar(&o.Segments, "segments", 0, "most segments (default 4)")
	f.StringSliceVar(&o.Precision, "precision", nil, "precisions that may be used, whatever they lose (default: those of the profile within --max-drop)")
	f.Float64Var(&o.MaxDrop, "max-drop", app.MaxDrop, "mAP that a precision may lose, absolute, where 'braid profile --images' measured it")
	f.BoolVar(&o.Explain, "explain", false, "say why each other plan was not chosen, and how near the limit this one is")
	f.IntVar(&o.Measure, "measure", 0, "measure the parts of the best plans, run so many and keep the fastest, or the simplest within 2 % of it; for cameras the cheapest that suffices")
	f.StringArrayVar(&o.Inputs, "input", nil, "recording that --measure plays; default: frames in memory")
	f.IntVar(&o.Copies, "copies", 1, "cameras that each --input plays on at once")
	f.DurationVar(&o.Duration, "duration", 2*time.Second, "time of each run of --measure")
	f.StringVar(&o.Timeline, "timeline", "", "draw who works on which frame when, as simulated, to this SVG file")
	f.StringVar(&o.Out, "out", "", "write the plan to this file")
	cmd.AddCommand(group("import", "Make plans of other programs' configurations", importJediCmd(c)))
	return cmd
}

func importJediCmd(c *common) *cobra.Command {
	var o app.ImportOptions
	cmd := &cobra.Command{
		Use: "jedi FILE", Short: "Make a plan of a configuration of JEDI", Args: exactly(1, "the configuration, FILE,"),
		Long: "Makes a plan of a configuration of JEDI. Its cut points are numbers of layers as tkDNN\n" +
			"counts them, so the darknet network that they count has to be given. Every knob becomes\n" +
			"a part of the plan or is named as one without counterpart. docs/plans.md has the table.",
		Example: "  braid plan import jedi yolov4.cfg --cfg yolov4.darknet.cfg --out plan.yaml\n" +
			"  braid plan import jedi two.cfg --instance 2 --cfg yolov2.cfg --model yolov2",
		RunE: func(_ *cobra.Command, args []string) error {
			o.Choice, o.File = c.choice(), args[0]
			return app.PlanImportJedi(c.env, o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.Cfg, "cfg", "", "the darknet network whose layers the cut points count; not needed without cuts")
	f.IntVar(&o.Instance, "instance", 0, "which instance of the file, from 1, where it runs several")
	f.StringVar(&o.Out, "out", "", "write the plan here, and show what became of each knob (default: the plan to stdout)")
	return cmd
}
