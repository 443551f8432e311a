package main

import (
	"github.com/spf13/cobra"

	"braid/internal/app"
)

func planCmd(c *common) *cobra.Command {
	return group("plan", "Work with plans: where a model is cut, and what runs where",
		group("import", "Make plans of other programs' configurations", importJediCmd(c)))
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
