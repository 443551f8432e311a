// Package truth writes down what synthetic scenes know about themselves: as a
// COCO file beside a clip, or as a folder of labelled pictures to train on.
package truth

import (
	"context"

	"braid/internal/coco"
	"braid/source/synth"
	"braid/source/synth/actor"
)

// Recorder collects the truth of frames.
type Recorder struct {
	data coco.Dataset
	all  []int64
}

// NewRecorder makes a Recorder with the categories of a street.
func NewRecorder() *Recorder {
	r := &Recorder{data: coco.Dataset{Images: []coco.Image{}, Annotations: []coco.Annotation{}}}
	for c := range actor.Class(actor.Classes) {
		r.data.Categories = append(r.data.Categories, coco.Category{ID: Category(c), Name: c.String()})
		r.all = append(r.all, Category(c))
	}
	return r
}

// Category is the id that COCO gives to a class.
func Category(c actor.Class) int64 { return [actor.Classes]int64{1, 2, 3, 4, 6, 8}[c] }

// Add takes down one frame. The image gets the next id; objects that are too
// hard to be asked for (synth.Object.Hard) become crowds, which evaluation
// neither rewards nor punishes.
func (r *Recorder) Add(image coco.Image, objects []synth.Object) {
	image.ID = int64(len(r.data.Images) + 1)
	image.Labeled = r.all
	r.data.Images = append(r.data.Images, image)
	for _, o := range objects {
		track, visible := int64(o.Track), round(min(1, o.Visible))
		r.data.Annotations = append(r.data.Annotations, coco.Annotation{
			ID: int64(len(r.data.Annotations) + 1), Image: image.ID, Category: Category(o.Class),
			Box: o.Box, Area: o.Box[2] * o.Box[3], Crowd: o.Hard(), Track: &track, Visible: &visible,
		})
	}
}

// round keeps four digits of a share.
func round(x float64) float64 { return float64(int(x*1e4+0.5)) / 1e4 }

// Dataset is what was taken down. It is the Recorder's own.
func (r *Recorder) Dataset() *coco.Dataset { return &r.data }

// Of draws a whole scene and returns the truth of its frames, named by their
// stream time. The scene must have an end; ctx may end it sooner.
func Of(ctx context.Context, o synth.Options) (*coco.Dataset, error) {
	s, err := synth.New(o)
	if err != nil {
		return nil, err
	}
	r := NewRecorder()
	for i := range o.Frames() {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		r.Add(Image(o, i), s.Advance(i))
	}
	return r.Dataset(), nil
}

// Image describes frame i of a scene that is played.
func Image(o synth.Options, i int) coco.Image {
	pts := int64(o.PTS(i))
	return coco.Image{Width: o.Width, Height: o.Height, Frame: &i, PTS: &pts}
}
