package main

import (
	"errors"

	"github.com/spf13/cobra"

	"braid/internal/app"
)

func camerasCmd(c *common) *cobra.Command {
	var o app.CamerasOptions
	choose := func(cmd *cobra.Command) *cobra.Command {
		f := cmd.Flags()
		f.StringVar(&o.URL, "nats", "", "NATS server (default: the configuration's, nats://127.0.0.1:4222)")
		f.StringVar(&o.Site, "site", "", "only this site")
		f.StringVar(&o.Instance, "instance", "", "only this instance")
		addServerFlags(cmd)
		return cmd
	}
	ls := &cobra.Command{
		Use: "ls", Short: "List the cameras of running instances, with their states", Args: noArgs,
		Long: "Lists what the bucket BRAID_STATE says of the cameras of running instances: state, since\n" +
			"when, tries since the camera last played well, and what went wrong last. An instance that\n" +
			"is gone drops out after 15 seconds.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			o.Choice, o.Server = c.choice(), server(cmd)
			return app.CamerasList(cmd.Context(), c.env, o)
		},
	}
	add := &cobra.Command{
		Use: "add NAME URL [KEY=VALUE...]", Short: "Add a camera to a running instance", Args: atLeast(2, "NAME or URL"),
		Long: "Adds a camera to a running instance; the keys are those of the configuration's cameras.\n" +
			"It stays until the instance ends: write it into the configuration file too.",
		Example: "  braid cameras add gate-2 rtsp://10.0.0.3/s username=viewer password_file=gate-2.password max_fps=10",
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Choice, o.Server = c.choice(), server(cmd)
			return app.CamerasAdd(cmd.Context(), c.env, o, args[0], append([]string{"url=" + args[1]}, args[2:]...))
		},
	}
	rm := &cobra.Command{
		Use: "rm NAME...", Short: "Take cameras away from a running instance", Args: atLeast(1, "NAME"),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Choice, o.Server = c.choice(), server(cmd)
			var errs []error
			for _, name := range args {
				errs = append(errs, app.CamerasRemove(cmd.Context(), c.env, o, name))
			}
			return errors.Join(errs...)
		},
	}
	set := &cobra.Command{
		Use: "set NAME KEY=VALUE...", Short: "Change keys of a running instance's camera", Args: atLeast(2, "NAME or KEY=VALUE"),
		Long: "Changes keys of a camera, which is opened anew; no other camera notices. The change lasts\n" +
			"until the instance ends, or the configuration file says something new of the camera.",
		Example: "  braid cameras set gate-1 policy=drop-newest classes=person,car",
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Choice, o.Server = c.choice(), server(cmd)
			return app.CamerasSet(cmd.Context(), c.env, o, args[0], args[1:])
		},
	}
	return group("cameras", "Look at the cameras of running instances, and change them", choose(ls), choose(add), choose(rm), choose(set))
}
