package app

import (
	"context"
	"time"

	"braid/internal/frame"
	"braid/sink/wire"
	"braid/source"
	"braid/stages"
)

// statsPeriod is how often an instance says how it fares.
const statsPeriod = time.Second

// announce logs what is about to run.
func (l *live) announce() {
	for _, line := range l.lines {
		for _, f := range line.cameras() {
			l.env.Log.Info("camera configured", "camera", f.name, "url", f.url, "policy", f.gate.Policy(), "model", line.model.card.ID())
		}
		for i, n := range line.pipeline.nodes {
			l.env.Log.Info("stage", "stage", n, "on", line.pipeline.placement(i), "plan", line.pipeline.plan.ID())
		}
	}
}

// cameraState logs and publishes a camera's new state.
func (l *live) cameraState(f *feed) {
	st := f.status()
	switch st.State {
	case source.Waiting, source.Stalled, source.Failed:
		l.env.Log.Warn("camera in trouble", "camera", f.name, "state", st.State.String(), "error", st.Err, "attempt", st.Attempt, "next_try_in", st.Pause)
	case source.Connecting, source.Playing, source.Ended:
		l.env.Log.Info("camera", "camera", f.name, "state", st.State.String())
	}
	if err := l.nats.PublishCamera(new(l.camera(f))); err != nil {
		l.env.Log.Debug("publishing a camera's state failed", "camera", f.name, "error", err)
	}
	l.control.Changed()
}

// camera is the message about a camera as it is now.
func (l *live) camera(f *feed) wire.Camera {
	st := f.status()
	m := wire.Camera{
		Site: l.cfg.Site, Instance: l.cfg.Instance, Camera: f.name, Run: f.view.run,
		State: st.State.String(), Since: st.Since, Attempt: st.Attempt, URL: f.url, Counts: wireCounts(f.ledger.Counts()),
	}
	if st.Err != nil {
		m.Error = oneLine(st.Err.Error())
	}
	return m
}

// settle lets go of cameras that were taken away, once their frames are settled.
func (l *live) settle(at *line) {
	for _, f := range at.settled() {
		c := f.ledger.Counts()
		l.env.Log.Info("camera settled", "camera", f.name, "run", f.view.run, "in", c.In, "published", c.Published, "dropped", c.Dropped, "failed", c.Failed, "on_disk", c.Spooled)
		if err := f.pool.Close(); err != nil {
			l.env.Log.Error("a camera's frames are missing", "camera", f.name, "error", err)
		}
	}
}

func wireCounts(c frame.Counts) wire.Counts {
	return wire.Counts{In: c.In, Published: c.Published, Failed: c.Failed, Dropped: c.Dropped, InFlight: c.InFlight, Spooled: c.Spooled}
}

// statistics publishes the instance's state once a second until ctx ends.
func (l *live) statistics(ctx context.Context) {
	ticker := time.NewTicker(statsPeriod)
	defer ticker.Stop()
	meters := make([]meter, len(l.lines))
	var load overload
	last := time.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-ticker.C:
			for i, line := range l.lines {
				m := meters[i].read(line, now.Sub(last))
				m.Site, m.Instance, m.Time, m.Spool = l.cfg.Site, l.cfg.Instance, now, l.nats.Backlog()
				if err := l.nats.PublishStats(&m); err != nil {
					l.env.Log.Debug("publishing statistics failed", "error", err)
				}
				l.settle(line)
			}
			if said := load.look(l.feeds()); said != "" {
				l.env.Log.Warn("the cameras send more than this machine can analyse", "dropped", said)
			}
			last = now
		}
	}
}

// meter turns counters into rates: it remembers what it read last.
type meter struct {
	published map[*feed]uint64
	nodes     []stages.NodeStats
}

func (m *meter) read(l *line, d time.Duration) wire.Stats {
	s := wire.Stats{Model: l.model.card.ID(), Plan: l.pipeline.plan.ID()}
	for _, d := range simulatedIn(l.pipeline.plan) {
		s.Simulated = append(s.Simulated, string(d))
	}
	if m.published == nil {
		m.published = map[*feed]uint64{}
		m.nodes = make([]stages.NodeStats, len(l.pipeline.nodes))
	}
	published := m.published
	m.published = map[*feed]uint64{}
	for _, f := range l.cameras() {
		c := f.ledger.Counts()
		s.Cameras = append(s.Cameras, wire.CameraStats{
			Camera: f.name, State: f.status().State.String(), Counts: wireCounts(c),
			FPS: float64(c.Published-published[f]) / d.Seconds(),
		})
		m.published[f] = c.Published
	}
	before := 0 // frames that wait before a node wait behind the one before it
	for i, n := range l.pipeline.graph.Stats() {
		was, whole := m.nodes[i], d.Seconds()*float64(len(n.Workers))
		s.Nodes = append(s.Nodes, wire.NodeStats{
			Name: n.Name, Workers: len(n.Workers), Queue: before,
			Busy:    share(n.Busy-was.Busy, whole),
			Starved: share(n.Starved-was.Starved, whole),
			Blocked: share(n.Blocked-was.Blocked, whole),
		})
		before, m.nodes[i] = n.Queued, n
	}
	return s
}

// share is a part of a whole, at most 1: a call that began in the second before
// is counted when it ends.
func share(part time.Duration, whole float64) float64 { return min(part.Seconds()/whole, 1) }

// report prints the summary of the cameras of each model.
func (l *live) report(elapsed time.Duration) {
	for _, line := range l.lines {
		s := summary{
			Model: line.model.card.ID(), Plan: line.pipeline.plan.ID(), Seconds: elapsed.Seconds(), Sim: simulatedIn(line.pipeline.plan),
			Stages: stageRows(line.pipeline, line.emitter, elapsed),
		}
		if len(s.Sim) > 0 {
			s.SimStood = stood(l.runtime).Seconds()
		}
		for _, f := range append(line.cameras(), line.gone...) {
			s.add(f.summary())
		}
		s.print(l.env, l.env.Out)
	}
}
