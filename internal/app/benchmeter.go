package app

import (
	"errors"
	"sync/atomic"
	"time"

	"braid/internal/bench"
	"braid/internal/histogram"
	"braid/stages"
)

// benchWindows is how many parts of a sample's time are counted apart: as many as
// give an interval of 95 % of one sample alone (bench.Interval).
const benchWindows = 8

// benchWarm is how long a plan runs before it is measured.
const benchWarm = 500 * time.Millisecond

// errTooShort is for a source that ends and cannot be played again.
var errTooShort = errors.New("the frames ended before the time was over: give a shorter --duration, or a scene without an end")

// benchMeter measures a graph from one finished frame to another, so that what is
// counted is whole frames in exactly their time. Only emit's goroutine calls count.
type benchMeter struct {
	graph    *stages.Graph
	gauges   *gauges
	warm     time.Duration // from the first frame that came out
	duration time.Duration
	record   int  // Spans to record; 0: none
	alone    bool // a serial plan on a locked thread, whose CPU time is of interest

	first         time.Time
	before, after reading
	done          int
	published     time.Duration // CPU time of publishing, where alone
	windows       [benchWindows]int
	latency       histogram.Histogram
	over          atomic.Bool // the measured time has ended
}

// at is a moment in the time of the devices: for simulated ones it may have stood still.
func (m *benchMeter) at(now time.Time) time.Time { return now.Add(-stood(m.gauges.rt)) }

// count takes in a frame that ended now and took so long. Between the first and
// the last of the measured time it allocates nothing.
func (m *benchMeter) count(now time.Time, took time.Duration) {
	switch {
	case m.over.Load():
	case m.first.IsZero():
		m.first = now
	case now.Sub(m.first) < m.warm:
	case m.before.at.IsZero():
		if m.record > 0 {
			m.graph.Record(m.record)
		}
		m.before, m.published = m.gauges.read(m.graph, now), 0
	default:
		m.add(now, took)
	}
}

func (m *benchMeter) add(now time.Time, took time.Duration) {
	m.done++
	m.latency.Add(took)
	at := now.Sub(m.before.at)
	if at < m.duration {
		m.windows[int64(at)*benchWindows/int64(m.duration)]++
		return
	}
	m.after = m.gauges.read(m.graph, now)
	m.after.thread -= m.published
	m.over.Store(true)
}

// sample is what was measured.
func (m *benchMeter) sample() (bench.Sample, error) {
	if !m.over.Load() || m.done == 0 {
		return bench.Sample{}, errTooShort
	}
	s := m.gauges.since(m.before, m.after)
	s.Frames, s.FPS = m.done, float64(m.done)/s.Seconds
	for _, n := range m.windows {
		s.Windows = append(s.Windows, float64(n)/(m.duration/benchWindows).Seconds())
	}
	s.P50 = milliseconds(m.latency.Quantile(0.5))
	s.P99 = milliseconds(m.latency.Quantile(0.99))
	if m.alone {
		s.Thread = (m.after.thread - m.before.thread).Seconds()
	}
	for i := range s.Nodes {
		s.Nodes[i].MS /= float64(m.done)
	}
	return s, nil
}

// publish does what is not part of the work that the limit counts.
func (m *benchMeter) publish(do func() error) error {
	if !m.alone {
		return do()
	}
	before := threadTime()
	err := do()
	m.published += threadTime() - before
	return err
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
