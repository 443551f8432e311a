package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"braid/internal/app"
)

func benchCmd(c *common) *cobra.Command {
	var o app.BenchOptions
	cmd := &cobra.Command{
		Use:   "bench [PLAN...]",
		Short: "Measure frames a second under plans",
		Long: "Measures how many frames a second go through a model under each of the plans; the first\n" +
			"plan is what the others are compared with. With --input, recordings are decoded, prepared,\n" +
			"analysed and published on a NATS server inside this process, each played over and over.\n" +
			"Without, the frames lie in memory: what shows is the segments and the graph between them.",
		Example: "  braid bench --model yolox-nano serial auto --input street.mp4 --copies 8\n" +
			"  braid bench --model yolov4.onnx --json row.json one.yaml four.yaml",
		RunE: func(cmd *cobra.Command, args []string) error {
			if o.Duration <= 0 {
				return usage(cmd, errors.New("--duration must be more than 0"))
			}
			if cmd.Flags().Changed("copies") && len(o.Inputs) == 0 {
				return usage(cmd, errors.New("--copies plays recordings several times at once: give --input too"))
			}
			if o.Copies < 1 || o.Copies > 256 {
				return usage(cmd, fmt.Errorf("--copies is %d, want 1 to 256", o.Copies))
			}
			o.Choice, o.Plans = c.choice(), args
			return app.Bench(cmd.Context(), c.env, o)
		},
	}
	f := cmd.Flags()
	f.StringArrayVar(&o.Inputs, "input", nil, "recording, image folder or scene to analyse; may be repeated")
	f.IntVar(&o.Copies, "copies", 1, "cameras that each input plays on at once")
	f.DurationVar(&o.Duration, "duration", 5*time.Second, "time for each plan")
	f.StringVar(&o.JSONFile, "json", "", "write the rows to this file too")
	return cmd
}
