package search

import (
	"fmt"
	"slices"

	"braid/accel/plan"
)

// Prediction is what a plan is expected to do.
type Prediction struct {
	FPS        float64
	LatencyMS  float64 // from prep to detect, with all frames in flight
	Bottleneck string
	Memory     int64              // bytes of all bindings
	Busy       map[string]float64 // share of the time: of each device at its capacity, and of the "cores"
}

// Predict says what any plan will do, whoever wrote it: with its own streams, workers and
// frames in flight. Errors wrap ErrProfile, ErrCut or ErrNoDevice.
func Predict(p plan.Profile, pl plan.Plan) (Prediction, error) {
	if err := checkProfile(p, Goal{Model: pl.Model}); err != nil {
		return Prediction{}, err
	}
	m := machineOf(p, nil, &Goal{MaxDrop: 1})
	l, err := m.layoutOf(pl)
	if err != nil {
		return Prediction{}, err
	}
	w := m.loadsOf(l)
	if pl.Serial {
		return m.serial(l, w), nil
	}
	f, bottleneck := m.rate(l, w, pl.Prep.Workers, pl.Detect.Workers)
	carried := m.rateWithin(l, w, f, pl.InFlight)
	if carried < f*(1-1e-9) {
		bottleneck = "in_flight"
	}
	return Prediction{
		FPS: carried, LatencyMS: float64(pl.InFlight) * 1000 / carried, Bottleneck: bottleneck,
		Memory: int64(pl.InFlight) * m.bytesOf(l), Busy: m.busy(w, carried),
	}, nil
}

// serial is one frame at a time on one goroutine, decoding with it.
func (m *machine) serial(l layout, w loads) Prediction {
	path := m.residence(l, w, 0)
	f := 1000 / (path + m.cpu.Decode)
	return Prediction{FPS: f, LatencyMS: path, Bottleneck: "serial", Memory: m.bytesOf(l), Busy: m.busy(w, f)}
}

func (m *machine) busy(w loads, f float64) map[string]float64 {
	busy := map[string]float64{"cores": f / 1000 * w.cores / float64(m.cores)}
	for i, d := range m.devices {
		if w.streams[i] > 0 {
			busy[string(d.id)] = f / 1000 * w.device[i]
		}
	}
	return busy
}

// layoutOf reads a plan.
func (m *machine) layoutOf(pl plan.Plan) (layout, error) {
	var l layout
	from := 0
	for i, s := range pl.Segments {
		to := m.units
		if i < len(pl.Segments)-1 {
			to = slices.Index(m.at, s.Until) + 1
			if to == 0 || s.Until == "" {
				return nil, fmt.Errorf("%w: segments[%d].until: %q is not in the profile", ErrCut, i, s.Until)
			}
			if to <= from {
				return nil, fmt.Errorf("%w: segments[%d].until: %q comes before the segment begins", ErrCut, i, s.Until)
			}
		}
		seg := segment{from: from, to: to}
		for _, r := range pl.Replicas(i) {
			n, err := m.seriesFor(r, plan.Precision(pl.PrecisionOf(i)))
			if err != nil {
				return nil, fmt.Errorf("segments[%d].devices: %w", i, err)
			}
			if m.series[n].stop[from] < to {
				return nil, fmt.Errorf("%w: segments[%d].devices: %s cannot run it: %s", ErrNoDevice, i, r.Device, m.series[n].why)
			}
			if at := slices.IndexFunc(seg.replicas, func(x replica) bool { return x.series == n }); at >= 0 {
				seg.replicas[at].streams++
				continue
			}
			seg.replicas = append(seg.replicas, replica{n, 1})
		}
		l, from = append(l, seg), to
	}
	return l, nil
}

// seriesFor finds the measurements of one worker of a plan.
func (m *machine) seriesFor(r plan.Replica, precision plan.Precision) (int, error) {
	known := false
	for i := range m.series {
		s := &m.series[i]
		d := m.devices[s.device]
		if !d.id.Same(r.Device) {
			continue
		}
		known = true
		threads := r.Threads
		if threads == 0 {
			threads = m.cores
		}
		if s.precision == precision && (!d.cpu || s.threads == threads) {
			return i, nil
		}
	}
	if !known {
		return 0, fmt.Errorf("%w: %s is not in the profile", ErrNoDevice, r.Device)
	}
	return 0, fmt.Errorf("%w: %s was not measured in %s with %d threads", ErrProfile, r.Device, precision, r.Threads)
}
