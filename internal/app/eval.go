package app

import (
	"context"
	"errors"
	"fmt"
	"os"

	"braid/internal/accuracy"
	"braid/internal/coco"
	"braid/internal/truth"
	"braid/source"
	"braid/source/synth"
)

// EvalOptions are the flags of braid eval.
type EvalOptions struct {
	Choice
	Annotations string
	Scene       string   // URL of a synthetic scene, which knows its own truth
	Images      string   // folder, to run a model on
	Detections  string   // FILE.jsonl, to judge what was recorded
	Camera      string   // whose messages of Detections
	Classes     []string // evaluate these only
	MinMAP      float64  // a lower one is a failed check
	MinAP50     float64
	ComparePlan string  // a second plan, to be held against the chosen one
	MaxDrop     float64 // of mAP from the chosen plan to ComparePlan; a larger one is a failed check
}

func (o EvalOptions) validate() error {
	switch {
	case (o.Annotations == "") == (o.Scene == ""):
		return Usage(errors.New("eval needs one truth: give --annotations instances.json or --scene URL"))
	case o.Scene != "" && o.Images != "":
		return Usage(errors.New("a scene brings its own pictures: leave --images out"))
	case o.Images != "" && o.Detections != "", o.Scene == "" && o.Images == "" && o.Detections == "":
		return Usage(errors.New("give --images DIR to run a model, or --detections FILE.jsonl to judge what was recorded"))
	case o.Camera != "" && o.Detections == "":
		return Usage(errors.New("--camera chooses from --detections FILE.jsonl"))
	case o.ComparePlan != "" && o.Detections != "":
		return Usage(errors.New("--compare-plan runs a model under two plans, but --detections are there already: leave one out"))
	}
	for _, f := range []struct {
		name  string
		value float64
	}{{"--min-map", o.MinMAP}, {"--min-ap50", o.MinAP50}, {"--max-drop", o.MaxDrop}} {
		if !(f.value >= 0 && f.value <= 1) {
			return Usage(fmt.Errorf("%s %v is not within 0 to 1", f.name, f.value))
		}
	}
	return nil
}

// Eval measures how good detections are: those that a model makes of pictures
// under a plan, or those that were recorded.
func Eval(ctx context.Context, env *Env, o EvalOptions) error {
	if err := o.validate(); err != nil {
		return err
	}
	data, err := evalTruth(ctx, env, o)
	if err != nil {
		return err
	}
	var report *evalReport
	switch {
	case o.Detections != "":
		report, err = evalRecorded(data, o)
	case o.Scene != "":
		report, err = evalScene(ctx, env, data, o)
	default:
		report, err = evalPictures(ctx, env, data, o)
	}
	if err != nil {
		return err
	}
	if report.boxes() == 0 {
		return invalidf("%s has no box of the evaluated classes on the evaluated images", first(o.Annotations, o.Scene))
	}
	if err := report.print(env); err != nil {
		return err
	}
	return report.check(o)
}

// evalTruth reads the truth, or lets the scene tell it.
func evalTruth(ctx context.Context, env *Env, o EvalOptions) (*coco.Dataset, error) {
	if o.Scene == "" {
		data, err := coco.ReadFile(o.Annotations)
		return data, as(ErrInvalid, err)
	}
	ctx, stop := env.untilDrain(ctx)
	defer stop()
	scene, err := finiteScene(o.Scene)
	if err != nil {
		return nil, Usage(err)
	}
	return truth.Of(ctx, scene)
}

// evalScene judges what a model finds in a scene.
func evalScene(ctx context.Context, env *Env, data *coco.Dataset, o EvalOptions) (*evalReport, error) {
	return evalModel(ctx, env, o, data, func() (source.Source, error) { return synth.NewSource(o.Scene, synth.Stream) })
}

// evalPictures judges what a model finds in the images of a truth.
func evalPictures(ctx context.Context, env *Env, data *coco.Dataset, o EvalOptions) (*evalReport, error) {
	return evalModel(ctx, env, o, data, func() (source.Source, error) { return pictures(data, o.Images, env.Log) })
}

// evalRecorded judges what messages say.
func evalRecorded(data *coco.Dataset, o EvalOptions) (*evalReport, error) {
	found, err := readRecording(data, o)
	if err != nil {
		return nil, as(ErrInvalid, fmt.Errorf("reading detections %s: %w", o.Detections, err))
	}
	report := newEvalReport(found.Evaluate())
	report.operate(found.Coverage())
	return report, nil
}

func readRecording(data *coco.Dataset, o EvalOptions) (*accuracy.Recording, error) {
	f, err := os.Open(o.Detections)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	frames, err := accuracy.ReadFrames(f, o.Camera)
	if err != nil {
		return nil, err
	}
	classes, err := accuracy.Recorded(accuracy.Labels(frames), data.Categories, o.Classes)
	if err != nil {
		return nil, err
	}
	found := accuracy.NewRecording(data, classes)
	for i := range frames {
		if err := found.Add(&frames[i]); err != nil {
			return nil, err
		}
	}
	if found.Coverage().Analysed == 0 {
		return nil, fmt.Errorf("none of its %d messages is of an image of the annotations: neither pts_ns nor file fits", len(frames))
	}
	return found, nil
}
