package main

import (
	"errors"
	"os"
	"os/signal"
	"slices"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"braid/internal/app"
)

func runCmd(c *common) *cobra.Command {
	o := app.RunOptions{}
	cmd := &cobra.Command{
		Use:   "run -c FILE",
		Short: "Analyse every camera of a configuration until stopped",
		Long: "Analyses every camera of a configuration and publishes what it finds on NATS.\n" +
			"The first SIGINT or SIGTERM drains: frames that were taken are finished and sent.\n" +
			"The second stops at once. SIGHUP reads the configuration again, and so does a change of\n" +
			"its file: cameras that differ are opened anew, no other one notices.",
		Example: "  braid run -c configs/demo.yaml\n  braid run -c braid.yaml --set cameras.gate-1.policy=block",
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			o.Choice = c.choice()
			c.env.Reload = hangUps()
			return app.Run(cmd.Context(), c.env, o)
		},
	}
	cmd.Flags().StringVarP(&o.Config, "config", "c", "", "configuration file (default ./braid.yaml)")
	cmd.Flags().StringVar(&o.Annotate, "annotate", "", "write what is seen, with boxes and labels, to FILE.mp4; several cameras as a mosaic")
	cmd.Flags().BoolVar(&o.DryRun, "dry-run", false, "print the cameras, the plan and what would change on the NATS server, and run nothing")
	cmd.Flags().BoolVar(&o.Once, "once", false, "stop when every source has ended")
	return cmd
}

// hangUps gives a token for SIGHUP, for as long as the program runs.
func hangUps() <-chan struct{} {
	signals, tokens := make(chan os.Signal, 1), make(chan struct{})
	signal.Notify(signals, syscall.SIGHUP)
	go func() {
		for range signals {
			tokens <- struct{}{}
		}
	}()
	return tokens
}

func batchCmd(c *common) *cobra.Command {
	o := app.BatchOptions{}
	cmd := &cobra.Command{
		Use:   "batch INPUT...",
		Short: "Analyse recorded video and image folders, losing nothing",
		Long: "Analyses recorded video and image folders in argument order, every frame, as fast\n" +
			"as the machine can. The same input gives the same bytes.",
		Example: "  braid batch clip.mp4 --model yolox-nano --out clip.jsonl\n  braid batch a.mp4 images:photos --nats nats://127.0.0.1:4222\n" +
			"  braid batch 'scene:street?seed=7&seconds=20' --model braid-nano --out street.jsonl --annotate street.mp4",
		Args: atLeast(1, "INPUT"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if slices.Contains(args, "") {
				return usage(cmd, errors.New("an INPUT is empty: give a file, a folder or a URL"))
			}
			o.Choice, o.Inputs = c.choice(), args
			return app.Batch(cmd.Context(), c.env, o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.Out, "out", "", "JSON lines go to this file, - is stdout")
	f.StringVar(&o.NATS, "nats", "", "publish to this NATS server too")
	f.BoolVar(&o.Resume, "resume", false, "go on where FILE of --out ends, or the stream of --nats")
	f.StringVar(&o.Annotate, "annotate", "", "write the pictures, with boxes and labels, to FILE.mp4")
	f.Uint64Var(&o.MaxFrames, "max-frames", 0, "frames of each input, 0 = all")
	f.BoolVar(&o.Timings, "timings", false, "write how long each stage took (not the same from run to run)")
	return cmd
}

// serverFlags are the flags of commands that connect to a server which are keys below nats.
var serverFlags = []struct{ flag, key, usage string }{
	{"username", "username", "user name at the NATS server"},
	{"username-file", "username_file", "file with the user name"},
	{"password-file", "password_file", "file with the password"},
	{"creds-file", "creds_file", "credentials file: JWT and seed"},
	{"nkey-file", "nkey_file", "file with the seed of an NKey"},
	{"jwt-file", "jwt_file", "file with the JWT, with --nkey-file"},
	{"tls-ca-file", "tls.ca_file", "certificates to trust (default the system's)"},
	{"tls-cert-file", "tls.cert_file", "own certificate, with --tls-key-file"},
	{"tls-key-file", "tls.key_file", "key of the own certificate"},
	{"tls-server-name", "tls.server_name", "name that the server's certificate must have (default the host)"},
}

// addServerFlags gives a command them all.
func addServerFlags(cmd *cobra.Command) {
	for _, s := range serverFlags {
		cmd.Flags().String(s.flag, "", s.usage)
	}
}

// server is what the flags say, by key.
func server(cmd *cobra.Command) map[string]string {
	keys := map[string]string{}
	for _, s := range serverFlags {
		keys[s.key] = cmd.Flag(s.flag).Value.String()
	}
	return keys
}

func watchCmd(c *common) *cobra.Command {
	var o app.WatchOptions
	cmd := &cobra.Command{
		Use:   "watch",
		Short: "Show detections as they are published",
		Example: "  braid watch --class person --min-score 0.5\n" +
			"  braid watch --durable backup -o json >> detections.jsonl",
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			o.Choice, o.Server = c.choice(), server(cmd)
			return app.Watch(cmd.Context(), c.env, o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.URL, "nats", "", "NATS server (default: the configuration's, nats://127.0.0.1:4222)")
	f.StringVar(&o.Site, "site", "", "only this site")
	f.StringVar(&o.Camera, "camera", "", "only this camera")
	f.StringArrayVar(&o.Classes, "class", nil, "only objects of this class (repeatable)")
	f.Float32Var(&o.MinScore, "min-score", 0, "only objects of at least this score")
	f.Uint64Var(&o.Count, "count", 0, "end after so many messages, 0 = never")
	f.StringVar(&o.Durable, "durable", "", "remember the place under this name and go on from it (JetStream)")
	f.DurationVar(&o.Since, "since", 0*time.Second, "start so long ago (JetStream)")
	addServerFlags(cmd)
	return cmd
}
