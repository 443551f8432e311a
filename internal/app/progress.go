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
	ended   chan struct{}
}

func newProgress(env *Env) *progress {
	if !env.terminal(env.Err) || env.JSON {
		return &progress{}
	}
	w := pretty.NewWriter()
	w.SetOutputWriter(env.Err)
	w.SetUpdateFrequency(200 * time.Millisecond)
	w.SetTrackerLength(30)
	style := pretty.StyleDefault
	style.Visibility = pretty.StyleVisibility{ETA: true, Percentage: true, Speed: true, Time: true, Tracker: true, Value: true}
	style.Options.SpeedSuffix = " frames/s"
	style.Options.SpeedPosition = pretty.PositionRight
	if env.Getenv("NO_COLOR") == "" {
		style.Colors = pretty.StyleColorsExample
	}
	w.SetStyle(style)
	p := &progress{writer: w, ended: make(chan struct{})}
	go func() {
		defer close(p.ended)
		w.Render()
	}()
	return p
}

// begin starts the bar of one input. limit is the most frames that will be
// taken of it, 0 for all.
func (p *progress) begin(name string, info source.Info, limit uint64) {
	if p.writer == nil {
		return
	}
	p.finish()
	total := info.Frames
	if limit > 0 && (total == 0 || total > int64(limit)) {
		total = int64(limit)
	}
	p.tracker = &pretty.Tracker{Message: name, Total: total, Units: pretty.UnitsDefault}
	p.writer.AppendTracker(p.tracker)
}

// step counts one frame.
func (p *progress) step() {
	if p.tracker != nil {
		p.tracker.Increment(1)
	}
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
	p.writer.Stop()
	<-p.ended
}
