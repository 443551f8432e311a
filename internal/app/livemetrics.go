package app

import (
	"fmt"

	"braid/internal/metrics"
	"braid/source"
)

// serveHTTP starts the listener for metrics and health, where the configuration wants one.
func (l *live) serveHTTP() error {
	if l.cfg.HTTP.Listen == "" {
		return nil
	}
	s, err := metrics.Serve(metrics.Options{Listen: l.cfg.HTTP.Listen, Read: l.snapshot, Unready: l.unready, Pprof: l.cfg.HTTP.Pprof})
	if err != nil {
		return as(ErrEnvironment, err)
	}
	l.closers = append(l.closers, s.Close)
	l.env.Log.Info("metrics and health over HTTP", "url", "http://"+s.Addr()+"/metrics", "pprof", l.cfg.HTTP.Pprof)
	return nil
}

// snapshot reads what the parts have counted. Several scrapes may do so at once.
func (l *live) snapshot() metrics.Snapshot {
	s := metrics.Snapshot{Version: l.env.Version, Sinks: []metrics.Sink{l.sinkMetrics()}}
	for _, line := range l.lines {
		for _, f := range line.cameras() {
			s.Cameras = append(s.Cameras, f.metrics())
		}
		for i, n := range line.pipeline.graph.Stats() {
			s.Stages = append(s.Stages, metrics.Stage{
				Model: line.model.card.ID(), Name: n.Name, On: line.pipeline.placement(i), Workers: len(n.Workers),
				Queued: n.Queued, Queue: n.Queue, Busy: n.BusyEach, Blocked: n.BlockedEach, Starved: n.StarvedEach,
			})
		}
	}
	return s
}

// feeds are those of all models.
func (l *live) feeds() (all []*feed) {
	for _, line := range l.lines {
		all = append(all, line.cameras()...)
	}
	return all
}

func (f *feed) metrics() metrics.Camera {
	s := f.status()
	return metrics.Camera{
		Name: f.name, State: s.State.String(), Attempt: s.Attempt, Counts: f.ledger.Counts(),
		Queued: f.gate.Waiting(), Age: f.view.seen.age.Read(),
	}
}

// unready says what keeps the instance from doing its work: a server that takes no
// messages, or cameras of which none plays. One camera that is away is that camera's
// trouble, and stands in the metrics.
func (l *live) unready() (why []string) {
	if !l.nats.Connected() && l.nats.Backlog() == nil {
		why = append(why, "nats: not connected")
	}
	var away []string
	for _, f := range l.feeds() {
		switch s := f.status(); {
		case s.State == source.Playing || s.State == source.Ended:
			return why
		case s.Err != nil:
			away = append(away, fmt.Sprintf("camera %s: %s: %s", f.name, s.State, oneLine(s.Err.Error())))
		default:
			away = append(away, fmt.Sprintf("camera %s: %s", f.name, s.State))
		}
	}
	return append(why, away...)
}

// sinkMetrics are those of the NATS sink. A server that is away holds nothing up while its
// messages wait on disk.
func (l *live) sinkMetrics() metrics.Sink {
	s := metrics.Sink{Name: "nats", Connected: l.nats.Connected(), Pending: l.nats.Pending(), Dropped: l.nats.Dropped()}
	if b := l.nats.Backlog(); b != nil {
		s.Spooled = b.Waiting
	}
	return s
}
