package profile

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"braid/accel"
)

// A method measures the units of a stretch, whose whole is built. It gives the
// equations and the mean cost of a cut.

// byBlocks builds every unit as a segment of its own, and the stretch in two at
// some borders. The sum of all blocks over the whole tells what a cut costs on the
// mean much better than two halves do, since it has all cuts in it; the halves tell
// cuts that cost more than others.
func (w work) byBlocks(ctx context.Context, whole *probe) ([]equation, float64, error) {
	s := whole.span
	if s.end == s.first+1 {
		err := settle(ctx, []*probe{whole}, w.options.Interval, w.budget)
		return timed([]*probe{whole}), 0, err
	}
	var borders []int
	for b := max(s.first, 1); b <= min(s.end, w.units.n()-1); b++ {
		borders = append(borders, b)
	}
	blocks, err := w.build(ctx, borders, func(is span) bool { return is.first >= s.first && is.end <= s.end })
	if err != nil {
		return nil, 0, err
	}
	pairs, err := w.affordable(ctx, whole)
	if err != nil {
		return nil, 0, err
	}
	halves, err := w.halves(ctx, s, pairs)
	if err != nil {
		return nil, 0, err
	}
	probes := slices.Concat([]*probe{whole}, blocks, halves)
	if err := settle(ctx, probes, w.options.Interval, w.budget); err != nil {
		return nil, 0, err
	}
	more := -middle(whole)
	for _, b := range blocks {
		more += middle(b)
	}
	return timed(probes), max(0, more/float64(len(blocks)-1)), nil
}

// byLayers takes the times of layers that the runtime tells from a run of the
// whole, as shares of its time, since to time layers takes time. The stretch in two at few borders tells what a cut costs.
func (w work) byLayers(ctx context.Context, whole *probe) ([]equation, float64, error) {
	pairs, err := w.affordable(ctx, whole)
	if err != nil {
		return nil, 0, err
	}
	halves, err := w.halves(ctx, whole.span, min(pairs, candidates))
	if err != nil {
		return nil, 0, err
	}
	probes := append([]*probe{whole}, halves...)
	if err := settle(ctx, probes, w.options.Interval, w.budget); err != nil {
		return nil, 0, err
	}
	layers, err := w.layers(ctx, whole)
	if errors.Is(err, errLayers) {
		w.options.Log.Warn("the runtime's layers are measured as blocks", "device", w.series.Device, "error", err)
		return w.byBlocks(ctx, whole)
	}
	if err != nil {
		return nil, 0, err
	}
	more := 0.0
	for i := 0; i < len(halves); i += 2 {
		more += max(0, middle(halves[i])+middle(halves[i+1])-middle(whole)) / float64(len(halves)/2)
	}
	return append(timed(probes), layers...), more, nil
}

// candidates is the most cuts that are built where layers' times are known.
const candidates = 3

// mostPrefixes is the most cuts that a device is measured at by differences.
const mostPrefixes = 8

// byPrefixes builds the stretch up to some borders: what a unit takes is the
// difference of two prefixes. It is for devices that run a segment as one
// indivisible piece, a DLA, whose launch costs so much that blocks would tell more
// of launches than of layers (HaX-CoNN, PPoPP 2024, measures its layer groups so).
// Of a cut's cost it learns nothing.
func (w work) byPrefixes(ctx context.Context, whole *probe) ([]equation, float64, error) {
	probes := []*probe{whole}
	for _, b := range w.units.balanced(whole.span, w.prefixes) {
		p, err := w.span(ctx, span{whole.first, b})
		if err != nil {
			return nil, 0, err
		}
		probes = append(probes, p)
	}
	err := settle(ctx, probes, w.options.Interval, w.budget)
	return timed(probes), 0, err
}

// affordable is how many pairs of halves there is time and memory for.
func (w work) affordable(ctx context.Context, whole *probe) (int, error) {
	if err := once(ctx, whole.call); err != nil {
		return 0, err
	}
	start := time.Now()
	if err := once(ctx, whole.call); err != nil {
		return 0, err
	}
	round := max(time.Since(start), time.Microsecond)
	byTime := int(w.budget/(enoughRounds*round)) - 3
	byMemory := int(mostMemory/max(w.loaded, 1)) - 1
	return max(0, min(w.options.Pairs, byTime, byMemory)), nil
}

const (
	enoughRounds = 10      // to make the most of a budget
	mostMemory   = 1 << 30 // bytes of engine blobs that are loaded at once; a runtime may keep twice that
)

// halves builds the stretch in two at each of up to k borders: both parts of the
// first, then both of the next.
func (w work) halves(ctx context.Context, s span, k int) (list []*probe, err error) {
	for _, b := range w.units.balanced(s, k) {
		borders := append(w.ends(s), b)
		slices.Sort(borders)
		both, err := w.build(ctx, borders, func(is span) bool { return is.first >= s.first && is.end <= s.end })
		if err != nil {
			return nil, err
		}
		list = append(list, both...)
	}
	return list, nil
}

func middle(p *probe) float64 {
	ms, _ := p.times.median()
	return ms
}

// layers gives an equation for each unit of the whole.
func (w work) layers(ctx context.Context, whole *probe) ([]equation, error) {
	timer, ok := whole.call.(accel.LayerTimer)
	if !ok {
		return nil, errLayers
	}
	n := whole.end - whole.first
	names := newNames(w.network.Nodes)
	shares := make([]sample, n)
	for range layerRuns {
		list, err := timer.TimeLayers(ctx)
		if err != nil {
			return nil, fmt.Errorf("timing layers: %w", err)
		}
		times, lost := names.spread(list, w.unitOf(whole.span), n)
		if lost > mostLost {
			return nil, fmt.Errorf("%w: %.0f %% of the time is of layers that name no node", errLayers, 100*lost)
		}
		for i := range n {
			shares[i] = append(shares[i], times[i]*middle(whole))
		}
	}
	var list []equation
	for i, s := range shares {
		ms, half := s.median()
		list = append(list, equation{span: span{whole.first + i, whole.first + i + 1}, ms: ms, sigma: max(half/z95, 0.01*ms, 1e-4*middle(whole)), whole: true})
	}
	return list, nil
}

const (
	layerRuns = 30   // of a whole engine with its layers timed
	mostLost  = 0.25 // of the time that may be of layers that no node is known for
)

// errLayers says that layers' times cannot be told by cut points.
var errLayers = errors.New("the layers' names do not tell their nodes")

// unitOf gives the place of a node's unit within s, or -1.
func (w work) unitOf(s span) func(node int) int {
	return func(node int) int {
		u, _ := slices.BinarySearchFunc(w.units.borders, node, func(c Cut, node int) int {
			if c.Index <= node {
				return -1
			}
			return 1
		})
		if u < s.first || u >= s.end {
			return -1
		}
		return u - s.first
	}
}
