package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"braid/internal/app"
	"braid/internal/logging"
)

// errSaid wraps an error whose text the user has seen already.
var errSaid = errors.New("said")

// errEmptyInput is of a variable that a script did not set, most likely.
var errEmptyInput = errors.New("--input is empty: give a file, a folder or a URL")

// common are the flags that every command has.
type common struct {
	env      *app.Env
	model    string
	plan     string
	backend  string
	set      []string
	output   string
	logLevel string
	logForm  string
}

func root(env *app.Env) *cobra.Command {
	c := &common{env: env}
	cmd := &cobra.Command{
		Use:   "braid",
		Short: "Object detection on camera video, spread over the processors of a machine",
		Long: "braid takes camera video, runs a detector that is cut into sub-networks over the\n" +
			"machine's processors, and publishes what it finds on NATS.",
		SilenceErrors: true,
		SilenceUsage:  true,

		SuggestionsMinimumDistance: 2,
		Args:                       noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return cmd.Help()
		},
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error { return c.prepare(cmd) },
	}
	f := cmd.PersistentFlags()
	f.StringVar(&c.model, "model", "", "model: a name, CARD.yaml or FILE.onnx")
	f.StringVar(&c.plan, "plan", "", "plan: auto, serial or a file (default auto)")
	f.StringVar(&c.backend, "backend", "", "the only runtime to use: ort, trt or openvino (default: whichever serves a device)")
	f.StringArrayVar(&c.set, "set", nil, "set a key of the configuration: key=value, cameras by name")
	f.StringVarP(&c.output, "output", "o", "table", "output: table or json")
	f.StringVar(&c.logLevel, "log-level", "info", "debug, info, warn or error")
	f.StringVar(&c.logForm, "log-format", "text", "text or json")
	cmd.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error { return usage(cmd, err) })
	cmd.AddCommand(runCmd(c), batchCmd(c), watchCmd(c), camerasCmd(c), evalCmd(c), benchCmd(c), profileCmd(c), sceneCmd(c), modelCmd(c), planCmd(c), devicesCmd(c), doctorCmd(c), configCmd(c), versionCmd(c))
	cmd.SetOut(env.Out) // before completions, which keep it
	completions(cmd)
	return cmd
}

// completions are cobra's own commands, which would take any argument.
func completions(cmd *cobra.Command) {
	cmd.InitDefaultCompletionCmd()
	at, _, err := cmd.Find([]string{"completion"})
	if err != nil {
		return // cobra makes none
	}
	at.Args, at.RunE = noArgs, func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
	for _, shell := range at.Commands() {
		shell.Args = noArgs
	}
}

// prepare checks the common flags and makes the logger. What the flags say of
// logs goes before what a configuration says.
func (c *common) prepare(cmd *cobra.Command) error {
	for flag, key := range map[string]string{"log-level": "log.level", "log-format": "log.format"} {
		if f := cmd.Flag(flag); f.Changed {
			c.set = append(c.set, key+"="+f.Value.String())
		}
	}
	log, err := logging.New(logging.Config{Level: c.logLevel, Format: c.logForm}, c.env.Err)
	if err != nil {
		return app.Usage(err)
	}
	c.env.Log = log
	switch c.output {
	case "table":
	case "json":
		c.env.JSON = true
	default:
		return app.Usage(fmt.Errorf("output %q: want table or json", c.output))
	}
	return nil
}

// choice is what the common flags choose.
func (c *common) choice() app.Choice {
	return app.Choice{Model: c.model, Plan: c.plan, Backend: c.backend, Set: c.set}
}

func usage(cmd *cobra.Command, err error) error {
	return app.Usage(fmt.Errorf("%w\nsee '%s --help'", err, cmd.CommandPath()))
}

// changedOf is the first of some flags that the user gave, "" where none was.
func changedOf(cmd *cobra.Command, names ...string) string {
	for _, name := range names {
		if cmd.Flags().Changed(name) {
			return name
		}
	}
	return ""
}

func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	if cmd.HasSubCommands() {
		cmd.SuggestionsMinimumDistance = 2
		msg := fmt.Sprintf("unknown command %q for %q", args[0], cmd.CommandPath())
		if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
			msg += fmt.Sprintf(", did you mean %q?", strings.Join(near, ", "))
		}
		return usage(cmd, errors.New(msg))
	}
	return usage(cmd, fmt.Errorf("%q takes no argument %q", cmd.CommandPath(), args[0]))
}

func atLeast(n int, what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) < n {
			return usage(cmd, fmt.Errorf("%s is missing", what))
		}
		return nil
	}
}

func exactly(n int, what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) > n {
			return usage(cmd, fmt.Errorf("%q takes no argument %q", cmd.CommandPath(), args[n]))
		}
		return atLeast(n, what)(cmd, args)
	}
}

// group is a command that only holds others.
func group(use, short string, subs ...*cobra.Command) *cobra.Command {
	cmd := &cobra.Command{Use: use, Short: short, Args: noArgs, RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() }}
	cmd.AddCommand(subs...)
	return cmd
}

// oneModel takes a model as an argument or by --model: where both name one, and not
// the same, one of them would be silently left out.
func oneModel(cmd *cobra.Command, args []string) error {
	if err := atMostOne(cmd, args); err != nil {
		return err
	}
	return oneName(cmd, args, "model")
}

// oneName refuses an argument and a flag for the same thing that differ.
func oneName(cmd *cobra.Command, args []string, flag string) error {
	f := cmd.Flag(flag)
	if len(args) == 0 || !f.Changed || f.Value.String() == args[0] {
		return nil
	}
	return usage(cmd, fmt.Errorf("%q and --%s %s name two: leave one out", args[0], flag, f.Value))
}

func atMostOne(cmd *cobra.Command, args []string) error {
	if len(args) > 1 {
		return usage(cmd, fmt.Errorf("%q takes one argument, not also %q", cmd.CommandPath(), args[1]))
	}
	return nil
}
