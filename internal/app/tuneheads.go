package app

import (
	"context"
	"fmt"
	"slices"

	"braid/accel"
	"braid/accel/network"
	"braid/accel/network/darknet"
	"braid/internal/card"
	"braid/stages"
	"braid/stages/detect"
	"braid/stages/prep"
)

// wantedObjects is how many objects a frame a network of random weights is to
// find in the pictures it is tuned with. On real clips it finds about as many to
// twice as many: enough to be work for detect and for subscribers, as of a
// busy street.
const wantedObjects = 25

// tunePictures is how many pictures it is shown: streets and clouds in turn.
const tunePictures = 18

// tuneHeads finds the changes of each head that make a network of random weights
// find about wantedObjects in a frame at the card's threshold. That cannot be
// told without running it: objectness that is not trained hardly varies within a
// picture, so that all or none of it would pass.
func tuneHeads(ctx context.Context, env *Env, o DarknetOptions, n *darknet.Network, c *card.Card) (_ [][]darknet.Affine, err error) {
	rt, err := openRuntime(env, o.Backend)
	if err != nil {
		return nil, err
	}
	defer closeInto(&err, rt.Close)
	built, err := n.Build(o.name(), n.RandomWeights(o.Seed, nil))
	if err != nil {
		return nil, err
	}
	data, err := built.Bytes()
	if err != nil {
		return nil, err
	}
	parsed, err := network.Parse(data)
	if err != nil {
		return nil, err
	}
	t := &tuning{heads: n.Heads(), model: &model{card: c, network: parsed}, v: &verifier{rt: rt, net: parsed, log: env.Log}}
	defer closeInto(&err, t.close)
	if err := t.run(ctx); err != nil {
		return nil, fmt.Errorf("trying out the random weights: %w", err)
	}
	return t.search(ctx)
}

// tuning holds what a network of random weights makes of some pictures.
type tuning struct {
	heads []darknet.Head
	model *model
	v     *verifier
	jobs  []*stages.Job
	raw   [][][]float32 // of each head, of each picture
	base  [][]darknet.Affine
}

func (t *tuning) close() (err error) {
	for _, j := range t.jobs {
		closeInto(&err, j.Bindings.Close)
	}
	return err
}

// run shows the pictures to the network and keeps its outputs.
func (t *tuning) run(ctx context.Context) error {
	segments, err := splitWith(ctx, t.v.rt, t.v.net, nil)
	if err != nil {
		return err
	}
	p, err := prep.New(prepConfig(t.model))
	if err != nil {
		return err
	}
	defer p.Close()
	var bindings []*accel.Bindings
	for i := range tunePictures {
		b, err := t.v.bindings(i, segments)
		if err != nil {
			return err
		}
		j := stages.NewJob(b)
		t.jobs, bindings = append(t.jobs, j), append(bindings, b)
		if err := show(ctx, p, j, paintings[i%len(paintings)], uint64(i+1)); err != nil {
			return err
		}
	}
	if err := t.v.runSegment(ctx, segments[0], bindings); err != nil {
		return err
	}
	t.raw = make([][][]float32, len(t.heads))
	for h := range t.heads {
		for _, b := range bindings {
			out, ok := b.Tensor(t.heads[h].Tensor, host)
			if !ok {
				return fmt.Errorf("no tensor %q", t.heads[h].Tensor)
			}
			t.raw[h] = append(t.raw[h], slices.Clone(out.Float32s()))
		}
		t.base = append(t.base, t.heads[h].Standardise(t.raw[h]))
	}
	return nil
}

// search finds the objectness with which the wanted number of objects is found,
// by halving.
func (t *tuning) search(ctx context.Context) ([][]darknet.Affine, error) {
	d, err := detect.New(detectConfig(t.model.card, t.model.network.Outputs(), t.model.card.NMS.Score))
	if err != nil {
		return nil, as(ErrInvalid, err)
	}
	defer d.Close()
	low, high := -20.0, 20.0
	for range 24 {
		middle := (low + high) / 2
		found, err := t.count(ctx, d, t.moved(middle))
		if err != nil {
			return nil, err
		}
		if found > wantedObjects {
			high = middle
		} else {
			low = middle
		}
	}
	return t.moved(low), nil
}

// moved is base with the objectness of the coarsest head moved, and no object of
// the others.
func (t *tuning) moved(by float64) [][]darknet.Affine {
	out := make([][]darknet.Affine, len(t.base))
	coarsest := t.coarsest()
	for h := range out {
		out[h] = slices.Clone(t.base[h])
		if h == coarsest {
			t.heads[h].Objectness(out[h], by)
		} else {
			t.heads[h].Silence(out[h])
		}
	}
	return out
}

// coarsest is the head with the fewest values.
func (t *tuning) coarsest() int {
	least := 0
	for h := range t.raw {
		if len(t.raw[h][0]) < len(t.raw[least][0]) {
			least = h
		}
	}
	return least
}

// count is how many objects a picture has with the changes: the median of all.
func (t *tuning) count(ctx context.Context, d *detect.Stage, changes [][]darknet.Affine) (int, error) {
	var found []int
	for i, j := range t.jobs {
		for h := range t.heads {
			out, _ := j.Bindings.Tensor(t.heads[h].Tensor, host)
			t.heads[h].Apply(out.Float32s(), t.raw[h][i], changes[h])
		}
		if err := d.Process(ctx, j); err != nil {
			return 0, err
		}
		if j.Err != nil {
			return 0, j.Err
		}
		found = append(found, len(j.Objects))
	}
	slices.Sort(found)
	return found[len(found)/2], nil
}
