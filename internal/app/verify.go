package app

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"

	"braid/accel/network"
	"braid/accel/plan"
)

// VerifyOptions are the flags of braid model verify.
type VerifyOptions struct {
	Choice
	At     []string
	Random int
	Seed   int64
}

// maxRandomCuts is the most cuts of one random set.
const maxRandomCuts = 3

// MaxRandomSets bounds --random: each set is a row of the report, which is kept
// until the end, and more than this would run for days.
const MaxRandomSets = 100_000

// verified is one way of cutting, held against the whole network.
type verified struct {
	OK        bool     `json:"ok"`
	At        []string `json:"at"`
	Segments  int      `json:"segments"`
	MaxAbs    float64  `json:"max_abs_diff"`
	MaxRel    float64  `json:"max_rel_diff"`
	Tensor    string   `json:"tensor,omitempty"` // the output that is farthest
	Tolerance float64  `json:"tolerance"`        // of MaxRel
	Plan      string   `json:"plan,omitempty"`   // that ran, as it runs in batch
	Frames    int      `json:"frames,omitempty"` // that went through it
}

func newVerified(at []string, d difference, tolerance float64) verified {
	return verified{
		OK: d.within(tolerance), At: append([]string{}, at...), Segments: len(at) + 1,
		MaxAbs: d.abs, MaxRel: d.rel, Tensor: d.tensor, Tolerance: tolerance,
	}
}

// verifyReport is what model verify prints.
type verifyReport struct {
	OK   bool       `json:"ok"`
	Cuts []verified `json:"cuts"`
}

// ModelVerify proves that cutting changes nothing. Cuts by name and random ones
// run segment after segment on the CPU; a plan runs as it would in batch, on its
// devices with its streams, several frames at once. Both are held against the
// whole network's results on the same inputs.
func ModelVerify(ctx context.Context, env *Env, o VerifyOptions) (err error) {
	if o.Random < 0 || o.Random > MaxRandomSets {
		return Usage(fmt.Errorf("--random %d: want 0 to %d sets of cuts; another --seed gives others", o.Random, MaxRandomSets))
	}
	if len(o.At) == 0 && o.Random == 0 && o.Plan == "" {
		return Usage(errors.New("nothing to verify: give --at A[,B…], --random N or --plan FILE"))
	}
	ctx, stop := env.untilDrain(ctx)
	defer stop()
	n, c, err := openNetwork(env, o.Model)
	if err != nil {
		return err
	}
	sets, err := o.sets(n)
	if err != nil {
		return err
	}
	rt, err := openRuntime(env, o.Backend)
	if err != nil {
		return err
	}
	defer closeInto(&err, rt.Close)
	p, err := o.plan(ctx, &chooser{env: env, runtime: rt, network: n, card: c, file: o.Model})
	if err != nil {
		return err
	}
	v := &verifier{rt: rt, net: n, log: env.Log}
	if err := v.prepare(ctx, c, o.Seed, samples(p)); err != nil {
		return err
	}
	report := verifyReport{OK: true, Cuts: []verified{}}
	if err := v.all(ctx, env, sets, p, &report); err != nil {
		return err
	}
	if err := report.print(env); err != nil {
		return err
	}
	if !report.OK {
		env.Reported = true
		return as(ErrCheck, errors.New("a cut network differs from the whole one by more than the tolerance"))
	}
	return nil
}

// cutSets are the cuts to be proved: those named, then random ones, each drawn
// when its turn comes.
type cutSets struct {
	named  [][]string
	random int // how many
	cuts   []network.Cut
	rng    *rand.Rand
}

func (o VerifyOptions) sets(n *network.Network) (cutSets, error) {
	s := cutSets{random: o.Random}
	if len(o.At) > 0 {
		s.named = append(s.named, o.At)
	}
	if o.Random == 0 {
		return s, nil
	}
	if s.cuts = n.Cuts(); len(s.cuts) == 0 {
		return s, invalidf("the network has no cut point")
	}
	s.rng = rand.New(rand.NewPCG(uint64(o.Seed), 2))
	return s, nil
}

func (s cutSets) count() int { return len(s.named) + s.random }

// each gives the sets one after the other; where it is ranged over again it draws
// others.
func (s cutSets) each(yield func([]string) bool) {
	for _, at := range s.named {
		if !yield(at) {
			return
		}
	}
	for range s.random {
		if !yield(randomSet(s.cuts, s.rng)) {
			return
		}
	}
}

// plan is the plan to be proved, nil where none was named.
func (o VerifyOptions) plan(ctx context.Context, c *chooser) (*plan.Plan, error) {
	if o.Plan == "" {
		return nil, nil //nolint:nilnil // no plan is no error
	}
	p, err := c.plan(ctx, o.Plan)
	if err != nil {
		return nil, err
	}
	if _, ok := tolerance(p); !ok {
		return nil, invalidf("plan %s computes in int8, which is not meant to equal the network: 'braid eval --compare-plan %s' says what it costs", p.ID(), o.Plan)
	}
	return &p, nil
}

// randomSet draws one to maxRandomCuts cuts, in the order of the network.
func randomSet(cuts []network.Cut, rng *rand.Rand) (at []string) {
	picks := rng.Perm(len(cuts))[:min(1+rng.IntN(maxRandomCuts), len(cuts))]
	slices.Sort(picks)
	for _, p := range picks {
		at = append(at, cuts[p].At)
	}
	return at
}

func (r *verifyReport) add(row verified) {
	r.Cuts = append(r.Cuts, row)
	r.OK = r.OK && row.OK
}

func (r *verifyReport) print(env *Env) error {
	if env.JSON {
		return writeJSON(env.Out, r)
	}
	t := newTable(env.Out)
	t.AppendHeader(table.Row{"", "segments", "max abs diff", "max rel diff", "cut at"})
	for _, c := range r.Cuts {
		mark, at := "ok", strings.Join(c.At, ", ")
		if !c.OK {
			mark = "DIFFERS"
			at += " (output " + c.Tensor + ")"
		}
		if c.Plan != "" {
			at = strings.TrimSpace(fmt.Sprintf("%s: plan %s, %d frames", at, c.Plan, c.Frames))
		}
		t.AppendRow(table.Row{mark, c.Segments, fmt.Sprintf("%.3g", c.MaxAbs), fmt.Sprintf("%.3g", c.MaxRel), at})
	}
	t.Render()
	return nil
}
