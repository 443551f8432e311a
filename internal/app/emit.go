package app

import (
	"context"
	"errors"
	"sync"
	"time"

	"braid/internal/config"
	"braid/internal/frame"
	"braid/internal/histogram"
	"braid/sink/wire"
	"braid/stages"
)

// view is what one camera wants to see of the detections, and how its messages
// are labelled.
type view struct {
	camera  string // the name in messages: raw in a live run, a slug in batch
	run     string
	file    string // what every frame comes from; "" where each frame says its own
	keep    []bool // by class; nil: all
	score   float32
	ignore  config.Polygons // objects with their centre in one of these are left out
	timings bool            // write stages_us
	seen    seen
}

// seen counts what a camera's messages said, for the summary.
type seen struct {
	objects uint64
	latency histogram.Histogram
	age     histogram.Histogram // by this machine's clock, where the capture is known
}

// emitter turns Jobs into messages and sees each through the sinks. The graph
// calls emit from one goroutine; the message is used again for every frame.
type emitter struct {
	site, model, plan string
	labels            []string
	nodes             []string // names, in graph order
	receipts          *receipts
	decode, queue     histogram.Histogram // the nodes have their own
	times             []wire.Stage        // decode, nodes…, queue of the Job at hand
	progress          func()
	msg               wire.Frame
	skipped           wire.Skipped
	now               func() time.Time

	mu    sync.Mutex // cameras come and go
	views map[*frame.Ledger]*view
}

func newEmitter(site, model string, p *pipeline, r *receipts) *emitter {
	nodes := p.nodes
	e := &emitter{
		site: site, model: model, plan: p.plan.ID(), labels: p.labels, nodes: nodes,
		views: map[*frame.Ledger]*view{}, receipts: r,
		now:      time.Now,
		progress: func() {},
	}
	e.msg.Schema = wire.SchemaFrame
	e.times = make([]wire.Stage, len(nodes)+2)
	e.times[0].Name = "decode"
	for i, n := range nodes {
		e.times[i+1].Name = n
	}
	e.times[len(nodes)+1].Name = "queue"
	return e
}

// follow has a camera's frames made messages. A camera that was made anew under
// its old name is another one: they are told apart by their Ledgers.
func (e *emitter) follow(l *frame.Ledger, v *view) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.views[l] = v
}

// forget is for a camera whose last frame has been emitted.
func (e *emitter) forget(l *frame.Ledger) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.views, l)
	e.receipts.accounts.Delete(l)
}

func (e *emitter) view(l *frame.Ledger) *view {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.views[l]
}

// within is emit that waits for no sink longer than until writing ends.
func (e *emitter) within(writing context.Context) stages.Emit {
	var graph, both context.Context // both ends with the first of the two; a graph has one for all its Jobs
	return func(ctx context.Context, j *stages.Job) error {
		if ctx != graph {
			var cancel context.CancelCauseFunc
			graph = ctx
			both, cancel = context.WithCancelCause(ctx)
			context.AfterFunc(writing, func() { cancel(context.Cause(writing)) })
		}
		return e.emit(both, j)
	}
}

// emit publishes one Job. It is the frame's last step in the graph.
func (e *emitter) emit(ctx context.Context, j *stages.Job) error {
	v := e.view(j.Ledger)
	now := e.now()
	e.time(j, v, now)
	m := e.message(j, v, now)
	rec := e.receipts.take(j.Ledger)
	if j.Err != nil {
		j.Ledger.CountFailed(j.Failed)
		rec.ledger = nil
		e.receipts.log.Warn("frame failed", "camera", j.Camera, "seq", j.Seq, "stage", j.Failed, "error", j.Err)
	}
	rec.write(ctx, m, j.Frame)
	e.progress()
	return nil
}

// time records how long the Job spent where; what no stage accounts for was
// spent in queues.
func (e *emitter) time(j *stages.Job, v *view, now time.Time) {
	total := now.Sub(j.Arrived)
	queue := total
	e.decode.Add(j.Decode)
	e.times[0].Time = j.Decode
	for i, t := range j.Times {
		e.times[i+1].Time = t
		queue -= t
	}
	queue = max(queue, 0)
	e.queue.Add(queue)
	e.times[len(e.times)-1].Time = queue
	v.seen.latency.Add(j.Decode + total)
}

func (e *emitter) message(j *stages.Job, v *view, now time.Time) *wire.Frame {
	m := &e.msg
	m.Site, m.Model, m.Plan = e.site, e.model, e.plan
	m.Camera, m.Run, m.Seq, m.File = v.camera, v.run, j.Seq, first(j.File, v.file)
	m.Clock, m.PTS, m.Size = j.Clock.String(), int64(j.PTS), [2]int{j.Width, j.Height}
	m.Capture, m.Age = time.Time{}, 0
	if j.Clock != frame.ClockPTS {
		m.Capture = j.Capture.UTC()
		m.Age = float64(now.Sub(j.Capture)) / float64(time.Millisecond)
		v.seen.age.Add(now.Sub(j.Since))
	}
	m.Skipped = nil
	if j.Skipped.N > 0 {
		e.skipped = wire.Skipped{N: j.Skipped.N, Why: j.Skipped.Why.String()}
		m.Skipped = &e.skipped
	}
	m.Stages = nil
	if v.timings {
		m.Stages = e.times
	}
	m.Error, m.Objects = "", m.Objects[:0]
	if j.Err != nil {
		m.Error = oneLine(j.Failed + ": " + j.Err.Error())
		return m
	}
	e.objects(j, v)
	v.seen.objects += uint64(len(m.Objects))
	return m
}

func (e *emitter) objects(j *stages.Job, v *view) {
	for i := range j.Objects {
		o := &j.Objects[i]
		if o.Score < v.score || v.keep != nil && !v.keep[o.Class] || v.ignored(o) {
			continue
		}
		e.msg.Objects = append(e.msg.Objects, wire.Object{Label: e.labels[o.Class], Class: o.Class, Score: o.Score, Box: o.Box})
	}
}

// classFilter makes a view's keep of labels. Unknown labels are an error.
func classFilter(labels, classes []string) ([]bool, error) {
	if len(classes) == 0 {
		return nil, nil
	}
	keep := make([]bool, len(labels))
	var errs []error
	for _, c := range classes {
		found := false
		for i, l := range labels {
			if l == c {
				keep[i], found = true, true
			}
		}
		if !found {
			errs = append(errs, invalidf("class %q is not a label of the model", c))
		}
	}
	return keep, errors.Join(errs...)
}
