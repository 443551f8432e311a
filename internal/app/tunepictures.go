package app

import (
	"context"
	"math"
	"math/rand/v2"

	"braid/internal/frame"
	"braid/source/synth"
	"braid/stages"
	"braid/stages/prep"
)

// The pictures that a network of random weights is tuned with.
const (
	tuneWidth  = 960
	tuneHeight = 540
)

// paintings draw a seed's picture of tuneWidth x tuneHeight pixels as packed RGB.
// Drawn streets have edges but no texture; clouds have the spectrum of photographs
// and every contrast. A network tuned with one of them alone finds three times as
// many objects, or a third, in a real clip.
var paintings = []func(rgb []byte, seed uint64) error{paintStreet, paintClouds}

// show prepares a painting as the job's input.
func show(ctx context.Context, p *prep.Stage, j *stages.Job, paint func([]byte, uint64) error, seed uint64) (err error) {
	pool := frame.NewPool(1, frame.Heap)
	defer closeInto(&err, pool.Close)
	f, err := pool.Get(ctx)
	if err != nil {
		return err
	}
	j.Frame = f
	defer j.ReleaseFrame()
	if err := f.Shape(frame.RGB, tuneWidth, tuneHeight); err != nil {
		return err
	}
	if err := paint(f.Planes[0].Data, seed); err != nil {
		return err
	}
	j.Meta = f.Meta
	if err := p.Process(ctx, j); err != nil {
		return err
	}
	return j.Err
}

// paintStreet is a moment of a scene.
func paintStreet(rgb []byte, seed uint64) error {
	o := synth.Defaults()
	o.Seed, o.Width, o.Height, o.FPS = seed, tuneWidth, tuneHeight, 1
	scene, err := synth.New(o)
	if err != nil {
		return err
	}
	const second = 5 // by then the street is full
	for i := range second {
		scene.Advance(i)
	}
	scene.Paint(rgb, second-1)
	return nil
}

// paintClouds is value noise of octaves whose strength falls with their cells'
// size, about as in photographs, mostly grey, of a random brightness and contrast.
func paintClouds(rgb []byte, seed uint64) error {
	const largest, strength, fall = 512, 41, 0.6
	r := rand.New(rand.NewPCG(seed, 0))
	contrast, level := 0.3+0.7*r.Float64(), 70+90*r.Float64()
	sum := make([]float64, len(rgb))
	for cell := largest; cell >= 2; cell /= 2 {
		addOctave(sum, cell, strength*contrast*math.Pow(float64(cell)/largest, fall), r)
	}
	for i := range rgb {
		rgb[i] = byte(math.Min(255, math.Max(0, level+sum[i])))
	}
	return nil
}

// addOctave adds noise that is random at the corners of cells of so many pixels
// and bilinear between them.
func addOctave(sum []float64, cell int, strength float64, r *rand.Rand) {
	const colour = 0.4 // of the grey noise's strength
	wide := tuneWidth/cell + 2
	corners := make([][3]float64, wide*(tuneHeight/cell+2))
	for i := range corners {
		grey := r.NormFloat64()
		for c := range corners[i] {
			corners[i][c] = strength * (grey + colour*r.NormFloat64())
		}
	}
	for y := range tuneHeight {
		down := float64(y%cell) / float64(cell)
		for x := range tuneWidth {
			right := float64(x%cell) / float64(cell)
			at := y/cell*wide + x/cell
			for c := range 3 {
				top := float64(corners[at][c]*(1-right)) + float64(corners[at+1][c]*right)
				bottom := float64(corners[at+wide][c]*(1-right)) + float64(corners[at+wide+1][c]*right)
				sum[(y*tuneWidth+x)*3+c] += float64(top*(1-down)) + float64(bottom*down)
			}
		}
	}
}
