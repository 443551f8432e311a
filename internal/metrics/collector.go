package metrics

import (
	"github.com/prometheus/client_golang/prometheus"

	"braid/internal/frame"
	"braid/internal/histogram"
)

// collector reads a Snapshot at each scrape.
type collector struct{ read func() Snapshot }

// Describe lists the metrics.
func (collector) Describe(to chan<- *prometheus.Desc) {
	for _, d := range all {
		to <- d
	}
}

// Collect is called by several scrapes at once.
func (c collector) Collect(to chan<- prometheus.Metric) {
	s := c.read()
	gauge(to, buildInfo, 1, s.Version)
	for _, camera := range s.Cameras {
		camera.collect(to)
	}
	for _, stage := range s.Stages {
		stage.collect(to)
	}
	for _, sink := range s.Sinks {
		sink.collect(to)
	}
}

func (c Camera) collect(to chan<- prometheus.Metric) {
	gauge(to, cameraState, 1, c.Name, c.State)
	gauge(to, cameraAttempt, float64(c.Attempt), c.Name)
	gauge(to, waiting, float64(c.Queued), c.Name)
	gauge(to, inFlight, float64(c.Counts.InFlight), c.Name)
	counter(to, received, c.Counts.In, c.Name)
	counter(to, published, c.Counts.Published, c.Name)
	for _, why := range frame.Reasons() { // also those that never happened: a rate needs a first value
		counter(to, dropped, c.Counts.Dropped[why], c.Name, why)
	}
	for where, n := range c.Counts.Failed {
		counter(to, failed, n, c.Name, where)
	}
	native(to, age, c.Age, c.Name)
}

func (s Stage) collect(to chan<- prometheus.Metric) {
	gauge(to, workers, float64(s.Workers), s.Model, s.Name, s.On)
	gauge(to, queued, float64(s.Queued), s.Model, s.Name)
	gauge(to, capacity, float64(s.Queue), s.Model, s.Name)
	for _, h := range []struct {
		desc   *prometheus.Desc
		counts *histogram.Counts
	}{{busy, s.Busy}, {blocked, s.Blocked}, {starved, s.Starved}} {
		native(to, h.desc, h.counts, s.Model, s.Name)
	}
}

func (s Sink) collect(to chan<- prometheus.Metric) {
	is := 0.0
	if s.Connected {
		is = 1
	}
	gauge(to, connected, is, s.Name)
	gauge(to, pending, float64(s.Pending), s.Name)
	gauge(to, spooled, float64(s.Spooled), s.Name)
	counter(to, lost, s.Dropped, s.Name)
}

func gauge(to chan<- prometheus.Metric, d *prometheus.Desc, v float64, labels ...string) {
	to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
}

func counter(to chan<- prometheus.Metric, d *prometheus.Desc, n uint64, labels ...string) {
	to <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(n), labels...)
}
