package main

import (
	"errors"
	"time"

	"github.com/spf13/cobra"

	"braid/internal/app"
)

func benchCmd(c *common) *cobra.Command {
	var o app.BenchOptions
	cmd := &cobra.Command{
		Use:   "bench [PLAN...]",
		Short: "Measure frames a second under plans, without decoding",
		Long: "Measures how many frames a second go through a model under each of the plans. The\n" +
			"frames lie in memory: what shows is the segments and the graph between them. The\n" +
			"first plan is what the others are compared with.",
		Example: "  braid bench --model yolox-nano serial auto\n" +
			"  braid bench --model yolov4.onnx --json row.json one.yaml four.yaml",
		RunE: func(cmd *cobra.Command, args []string) error {
			if o.Duration <= 0 {
				return usage(cmd, errors.New("--duration must be more than 0"))
			}
			o.Choice, o.Plans = c.choice(), args
			return app.Bench(cmd.Context(), c.env, o)
		},
	}
	f := cmd.Flags()
	f.DurationVar(&o.Duration, "duration", 5*time.Second, "time for each plan")
	f.StringVar(&o.JSONFile, "json", "", "write the rows to this file too")
	return cmd
}
