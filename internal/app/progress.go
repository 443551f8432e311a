package app

import (
	"time"

	pretty "github.com/jedib0t/go-pretty/v6/progress"

	"braid/source"
)

// progress shows a bar for each input on a terminal, and nothing elsewhere.
type progress struct {
	writer  pretty.Writer // nil: nobody reads it
	tracker *pretty.Tracker
	input   source.Source
	limit   int64
	ended   chan struct{}
}

func newProgress(env *Env) *progress { return progressIn(env, " frames/s") }

// progressIn is newProgress for steps that are not frames.
func progressIn(env *Env, speed string) *progress {
	if !env.terminal(env.Err) || env.JSON {
		return &progress{}
	}
	w := pretty.NewWriter()
	w.SetOutputWriter(env.Err)
	w.SetUpdateFrequency(200 * time.Millisecond)
	w.SetTrackerLength(30)
	style := pretty.StyleDefault
	style.Visibility = pretty.StyleVisibility{ETA: true, Percentage: true, Speed: true, Time: true, Tracker: true, Value: true}
	style.Options.SpeedSuffix = speed
	style.Options.SpeedPosition = pretty.PositionRight
	if env.Getenv("NO_COLOR") == "" {
		style.Colors = pretty.StyleColorsExample
	}
	w.SetStyle(style)
	return draw(w)
}

// draw has the bars drawn until stop.
func draw(w pretty.Writer) *progress {
	p := &progress{writer: w, ended: make(chan struct{})}
	go func() {
		defer close(p.ended)
		w.Render()
	}()
	return p
}

// begin starts the bar of one input. limit is the most frames that will be
// taken of it, 0 for all.
func (p *progress) begin(name string, input source.Source, limit uint64) {
	if p.writer == nil {
		return
	}
	p.input, p.limit = input, int64(limit)
	p.count(name, p.total())
}

// count begins a bar of steps that do not come from a source.
func (p *progress) count(name string, total int64) {
	if p.writer == nil {
		return
	}
	p.finish()
	p.tracker = &pretty.Tracker{Message: name, Units: pretty.UnitsDefault, Total: total}
	p.writer.AppendTracker(p.tracker)
}

// total is how many frames there will be, 0 as long as that is not known: a
// recording tells when it plays.
func (p *progress) total() int64 {
	n := p.input.Info().Frames
	if p.limit > 0 && (n == 0 || n > p.limit) {
		return p.limit
	}
	return n
}

// step counts one frame.
func (p *progress) step() {
	if p.tracker == nil {
		return
	}
	if p.tracker.IsIndeterminate() {
		if n := p.total(); n > 0 {
			p.tracker.UpdateTotal(n)
		}
	}
	p.tracker.Increment(1)
}

func (p *progress) finish() {
	if p.tracker != nil {
		p.tracker.MarkAsDone()
	}
}

// stop draws the last state and takes the bar off the terminal's hands.
func (p *progress) stop() {
	if p.writer == nil {
		return
	}
	p.finish()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for {
		p.writer.Stop() // in vain before Render has begun
		select {
		case <-p.ended:
			return
		case <-again.C:
		}
	}
}
