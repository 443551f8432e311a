package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"braid/internal/app"
)

func modelCmd(c *common) *cobra.Command {
	list := &cobra.Command{
		Use: "list", Short: "List the models of the model folders", Args: noArgs,
		RunE: func(*cobra.Command, []string) error { return app.ModelList(c.env) },
	}
	var look app.InspectOptions
	inspect := &cobra.Command{
		Use: "inspect [MODEL]", Short: "Show a model's inputs, outputs, work and size", Args: oneModel,
		RunE: func(_ *cobra.Command, args []string) error {
			look.Choice = c.modelChoice(args)
			return app.ModelInspect(c.env, look)
		},
	}
	inspect.Flags().BoolVar(&look.Layers, "layers", false, "list every layer with its work and bytes")
	cuts := &cobra.Command{
		Use: "cuts [MODEL]", Short: "List every place where a model can be cut", Args: oneModel,
		RunE: func(cmd *cobra.Command, args []string) error {
			return app.ModelCuts(cmd.Context(), c.env, c.modelChoice(args))
		},
	}
	return group("model", "Look at models, cut them, and prove that a cut changes nothing",
		list, inspect, cuts, cutCmd(c), verifyCmd(c), pullCmd(c), importCmd(c), quantizeCmd(c))
}

// modelChoice lets a model be named as an argument as well as by --model.
func (c *common) modelChoice(args []string) app.Choice {
	o := c.choice()
	if len(args) > 0 {
		o.Model = args[0]
	}
	return o
}

func cutCmd(c *common) *cobra.Command {
	var o app.CutOptions
	cmd := &cobra.Command{
		Use: "cut [MODEL] --at A[,B…] --out DIR", Short: "Write a model's sub-networks as ONNX files", Args: oneModel,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Choice = c.modelChoice(args)
			return app.ModelCut(cmd.Context(), c.env, o)
		},
	}
	cmd.Flags().StringSliceVar(&o.At, "at", nil, "cut points, by tensor name, in order")
	cmd.Flags().StringVar(&o.Out, "out", "", "folder for the files")
	return cmd
}

func verifyCmd(c *common) *cobra.Command {
	var o app.VerifyOptions
	cmd := &cobra.Command{
		Use: "verify [MODEL]", Short: "Run whole and cut network on the same inputs and compare", Args: oneModel,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Choice = c.modelChoice(args)
			return said(c, app.ModelVerify(cmd.Context(), c.env, o))
		},
	}
	f := cmd.Flags()
	f.StringSliceVar(&o.At, "at", nil, "cut points, by tensor name, in order")
	f.IntVar(&o.Random, "random", 0, fmt.Sprintf("so many random sets of cuts, at most %d", app.MaxRandomSets))
	f.Int64Var(&o.Seed, "seed", 1, "seed of the random cuts and inputs")
	return cmd
}

func pullCmd(c *common) *cobra.Command {
	var o app.PullOptions
	cmd := &cobra.Command{
		Use: "pull NAME|CARD.yaml", Short: "Download a public model, or the file that a card names", Args: oneModel,
		Long: "Downloads the file that a model card names and checks its SHA-256. 'braid model list'\n" +
			"shows the models whose cards come with braid; a card of your own needs source and sha256.\n" +
			"A download that was cut off goes on where it was.",
		Example: "  braid model pull yolox-nano\n  braid model pull mine.yaml --to models",
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Choice = c.modelChoice(args)
			return app.ModelPull(cmd.Context(), c.env, o)
		},
	}
	cmd.Flags().StringVar(&o.To, "to", "", "folder for model and card (default: the card's own, else $XDG_DATA_HOME/braid/models)")
	return cmd
}

func importCmd(c *common) *cobra.Command {
	var o app.DarknetOptions
	cmd := &cobra.Command{
		Use: "darknet --cfg F {--weights F | --random-weights} --out M.onnx", Short: "Write a darknet network as ONNX, with its model card", Args: noArgs,
		Long: "Writes a detector of darknet's format, a cfg with its weights, as M.onnx, and beside it the\n" +
			"card M.yaml. With --random-weights it is the network's true form with weights drawn from\n" +
			"--seed: for measuring speed, not for detecting.",
		Example: "  braid model import darknet --cfg yolov4-tiny.cfg --weights yolov4-tiny.weights --names coco.names --out models/yolov4-tiny.onnx",
		RunE: func(cmd *cobra.Command, _ []string) error {
			o.Choice = c.choice()
			return app.ImportDarknet(cmd.Context(), c.env, o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.Cfg, "cfg", "", "the network")
	f.StringVar(&o.Weights, "weights", "", "its weights")
	f.BoolVar(&o.Random, "random-weights", false, "draw weights instead")
	f.Uint64Var(&o.Seed, "seed", 1, "of --random-weights")
	f.StringVar(&o.Names, "names", "", "file with a class name on each line")
	f.StringVar(&o.Out, "out", "", "the ONNX file; the card goes beside it")
	return group("import", "Bring networks of other formats", cmd)
}

func devicesCmd(c *common) *cobra.Command {
	return &cobra.Command{
		Use: "devices", Short: "List what can execute networks here", Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return app.Devices(cmd.Context(), c.env, c.choice()) },
	}
}

func doctorCmd(c *common) *cobra.Command {
	var o app.DoctorOptions
	cmd := &cobra.Command{
		Use: "doctor", Short: "Check what braid needs, and say what mends it", Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			o.Choice = c.choice()
			return said(c, app.Doctor(cmd.Context(), c.env, o))
		},
	}
	cmd.Flags().StringVarP(&o.Config, "config", "c", "", "check for this configuration")
	return cmd
}

func configCmd(c *common) *cobra.Command {
	text := func(use, short string, do func(*app.Env, app.ConfigOptions) error) *cobra.Command {
		return &cobra.Command{Use: use, Short: short, Args: noArgs, RunE: func(*cobra.Command, []string) error {
			return do(c.env, app.ConfigOptions{Choice: c.choice()})
		}}
	}
	sub := func(use, short string, do func(*app.Env, app.ConfigOptions) error) *cobra.Command {
		var o app.ConfigOptions
		cmd := &cobra.Command{Use: use, Short: short, Args: oneFile, RunE: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				o.Config = args[0]
			}
			o.Choice = c.choice()
			return do(c.env, o)
		}}
		cmd.Flags().StringVarP(&o.Config, "config", "c", "", "configuration file (default ./braid.yaml)")
		return cmd
	}
	return group("config", "Write, check and show configurations",
		text("init", "Print a commented configuration", app.ConfigInit),
		sub("validate [FILE]", "Check a configuration: every problem, with its line", app.ConfigValidate),
		sub("print [FILE]", "Print the configuration that would run, passwords hidden", app.ConfigPrint),
		text("schema", "Print the configuration's JSON Schema", app.ConfigSchema))
}

// oneFile takes a configuration as an argument or by --config.
func oneFile(cmd *cobra.Command, args []string) error {
	if err := atMostOne(cmd, args); err != nil {
		return err
	}
	return oneName(cmd, args, "config")
}

func versionCmd(c *common) *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Show the versions of braid and of what it runs on", Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return app.Version(cmd.Context(), c.env) },
	}
}

// said keeps a report that is on the screen from being followed by an error line
// that repeats it.
func said(c *common, err error) error {
	if err == nil {
		return nil
	}
	if app.ExitCode(err) == app.ExitCode(app.ErrCheck) || c.env.Reported {
		return &saidError{err}
	}
	return err
}

type saidError struct{ error }

func (e *saidError) Unwrap() []error { return []error{errSaid, e.error} }
