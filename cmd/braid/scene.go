package main

import (
	"github.com/spf13/cobra"

	"braid/internal/app"
)

func sceneCmd(c *common) *cobra.Command {
	return group("scene", "Draw synthetic scenes, whose truth is known", renderCmd(c), datasetCmd(c))
}

func renderCmd(c *common) *cobra.Command {
	o := app.SceneRenderOptions{}
	cmd := &cobra.Command{
		Use: "render OUT.mp4", Short: "Write a scene as a video clip, and its truth beside it",
		Long: "Draws a scene into an MP4 file, and what is in each frame into a COCO file: class,\n" +
			"box, track and visible share. The same scene has the same truth for ever.",
		Example: "  braid scene render street.mp4 --scene 'scene:street?seed=7&seconds=20' --truth street.json",
		Args:    exactly(1, "OUT.mp4"),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Out = args[0]
			return app.SceneRender(cmd.Context(), c.env, o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.Scene, "scene", "scene:street?seed=1&seconds=20", "what to draw: scene:NAME?seed=…&size=WIDTHxHEIGHT&fps=…&seconds=…")
	f.StringVar(&o.Truth, "truth", "", "write the truth of every frame to this file")
	return cmd
}

func datasetCmd(c *common) *cobra.Command {
	o := app.SceneDatasetOptions{}
	cmd := &cobra.Command{
		Use: "dataset DIR", Short: "Draw labelled pictures of many scenes, to train and to evaluate on",
		Long: "Draws pictures of scenes with consecutive seeds into DIR/images, and what is in\n" +
			"them into DIR/instances.json (COCO). The same flags give the same truth, and\n" +
			"on one kind of processor the same pictures. A DIR that has an\n" +
			"instances.json is refused.",
		Example: "  braid scene dataset scenes --seed 1000 --scenes 100 --frames 10 --every 3",
		Args:    exactly(1, "DIR"),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Dir = args[0]
			return app.SceneDataset(cmd.Context(), c.env, o)
		},
	}
	f := cmd.Flags()
	f.Uint64Var(&o.Seed, "seed", 1, "seed of the first scene")
	f.IntVar(&o.Scenes, "scenes", 10, "how many scenes")
	f.IntVar(&o.Frames, "frames", 10, "pictures of each scene")
	f.Float64Var(&o.Every, "every", 2, "seconds between the pictures of a scene")
	f.StringVar(&o.Size, "size", "1280x720", "of the pictures, pixels")
	return cmd
}
