package main

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"braid/internal/app"
)

func benchCmd(c *common) *cobra.Command {
	var o app.BenchOptions
	var format, failOver string
	cmd := &cobra.Command{
		Use:   "bench [PLAN...]",
		Short: "Measure frames a second under plans",
		Long: "Measures how many frames a second go through a model under plans, in turn, round after\n" +
			"round. Without PLAN these are the rows of the ablation, each of which adds a kind of\n" +
			"parallelism: serial, overlap, streams, pipeline, duplication; and auto. With --input,\n" +
			"recordings are decoded, prepared, analysed and published on a NATS server inside this\n" +
			"process, each played over and over. Without, the frames lie in memory: what shows is the\n" +
			"segments and the graph between them. docs/benchmarking.md says what the figures are.",
		Example: "  braid bench --model yolox-nano --input street.mp4 --copies 8 --html report.html\n" +
			"  braid bench --model yolox-nano --input street.mp4 --json now.json --compare base.json --fail-over 5%\n" +
			"  braid bench --model yolov4.onnx --json row.json one.yaml four.yaml",
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Choice, o.Plans = c.choice(), args
			if err := checkBench(cmd, c, &o, format, failOver); err != nil {
				return usage(cmd, err)
			}
			return app.Bench(cmd.Context(), c.env, o)
		},
	}
	f := cmd.Flags()
	f.StringSliceVar(&o.Rows, "rows", nil, "rows of the ablation: "+strings.Join(app.BenchRows(), ",")+" (default, without PLAN: all that the network allows)")
	f.StringSliceVar(&o.Devices, "devices", nil, "devices that the rows spread the network over (default cpu)")
	f.StringVar(&o.Precision, "precision", "fp32", "of the rows: fp32, fp16 or int8")
	f.StringArrayVar(&o.Inputs, "input", nil, "recording, image folder or scene to analyse; may be repeated")
	f.IntVar(&o.Copies, "copies", 1, "cameras that each input plays on at once")
	f.DurationVar(&o.Duration, "duration", 2*time.Second, "measured time of each row in each round")
	f.IntVar(&o.Rounds, "rounds", 15, "rounds at most; fewer where every interval is within 3 %")
	f.BoolVar(&o.Sweep, "sweep", false, "measure other numbers of streams and of frames in flight too")
	f.StringVar(&o.JSONFile, "json", "", "write the report to this file too")
	f.StringVar(&o.HTMLFile, "html", "", "write the report to this file as a page with plots")
	f.StringVar(&format, "format", "table", "on stdout: table or benchstat")
	f.StringVar(&o.Compare, "compare", "", "hold the rows against those of this file of --json; exit 5 where one is slower")
	f.StringVar(&failOver, "fail-over", "5%", "by how much a row may be slower than in --compare")
	return cmd
}

// checkBench says the first thing that is wrong with the flags, and fills in those
// that need reading.
func checkBench(cmd *cobra.Command, c *common, o *app.BenchOptions, format, failOver string) error {
	changed := cmd.Flags().Changed
	switch {
	case o.Duration <= 0:
		return errors.New("--duration must be more than 0")
	case slices.Contains(o.Inputs, ""):
		return errEmptyInput
	case changed("copies") && len(o.Inputs) == 0:
		return errors.New("--copies plays recordings several times at once: give --input too")
	case o.Copies < 1 || o.Copies > 256:
		return fmt.Errorf("--copies is %d, want 1 to 256", o.Copies)
	case o.Rounds < 1 || o.Rounds > 500:
		return fmt.Errorf("--rounds is %d, want 1 to 500", o.Rounds)
	case !slices.Contains([]string{"fp32", "fp16", "int8"}, o.Precision):
		return fmt.Errorf("--precision is %q, want fp32, fp16 or int8", o.Precision)
	case format != "table" && format != "benchstat":
		return fmt.Errorf("--format is %q, want table or benchstat", format)
	case format == "benchstat" && c.env.JSON:
		return errors.New("--format benchstat and -o json both go to stdout: choose one")
	case changed("fail-over") && o.Compare == "":
		return errors.New("--fail-over is for --compare BASE.json")
	}
	for _, r := range o.Rows {
		if !slices.Contains(app.BenchRows(), r) {
			return fmt.Errorf("--rows has %q, want some of %s", r, strings.Join(app.BenchRows(), ","))
		}
	}
	part, err := percentage(failOver)
	if err != nil {
		return fmt.Errorf("--fail-over is %q, want a percentage like 5%%", failOver)
	}
	o.Benchstat, o.FailOver = format == "benchstat", part
	return nil
}

// percentage reads 5% or 5 as 0.05.
func percentage(text string) (float64, error) {
	v, err := strconv.ParseFloat(strings.TrimSpace(strings.TrimSuffix(text, "%")), 64)
	if err != nil || !(v >= 0 && v < 100) {
		return 0, errors.New("no percentage")
	}
	return v / 100, nil
}
