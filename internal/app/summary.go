package app

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"braid/accel"
	"braid/internal/frame"
	"braid/internal/histogram"
	"braid/source"
)

// summary is what a finished command tells of its work.
type summary struct {
	Model   string  `json:"model"`
	Plan    string  `json:"plan"`
	Seconds float64 `json:"seconds"`
	FPS     float64 `json:"fps"` // published frames a second
	// Sim are the simulated devices of the plan, SimStood the seconds for which their time
	// stood still while results that were due were computed.
	Sim      []accel.DeviceID `json:"sim,omitempty"`
	SimStood float64          `json:"sim_stood_seconds,omitempty"`
	Cameras  []cameraSummary  `json:"cameras"`
	Stages   []stageSummary   `json:"stages"`
}

type cameraSummary struct {
	Camera string `json:"camera"`
	frame.Counts
	Objects   uint64 `json:"objects"`
	quantiles        // from the decoder to the message
	Error     string `json:"error,omitempty"`
}

type stageSummary struct {
	Stage   string   `json:"stage"`
	On      string   `json:"on,omitempty"`      // devices, and how many workers
	Workers []uint64 `json:"workers,omitempty"` // frames by worker
	Busy    float64  `json:"busy,omitempty"`    // share of the time that its workers worked
	quantiles
	Starved *quantiles `json:"starved,omitempty"` // a worker's waits for a frame; none where no worker waits
	Blocked *quantiles `json:"blocked,omitempty"` // its waits for room behind
}

// quantiles are the middle and the slow end of some durations.
type quantiles struct {
	P50 float64 `json:"p50_ms"`
	P99 float64 `json:"p99_ms"`
}

func quantilesOf(c *histogram.Counts) quantiles {
	return quantiles{ms(c.Quantile(0.5)), ms(c.Quantile(0.99))}
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// camera sums up one feed.
func (f *feed) summary() cameraSummary {
	s := cameraSummary{
		Camera: f.view.camera, Counts: f.ledger.Counts(), Objects: f.view.seen.objects,
		quantiles: quantilesOf(f.view.seen.latency.Read()),
	}
	if st := f.status(); st.Err != nil && st.State != source.Playing { // what is over is no news at the end
		s.Error = oneLine(st.Err.Error())
	}
	return s
}

// stageRows sums up where the frames of a pipeline spent their time.
func stageRows(p *pipeline, e *emitter, elapsed time.Duration) []stageSummary {
	rows := []stageSummary{{Stage: "decode", quantiles: quantilesOf(e.decode.Read())}}
	for i, n := range p.graph.Stats() {
		r := stageSummary{
			Stage: n.Name, On: p.placement(i), Workers: n.Workers,
			Busy:      share(n.Busy, elapsed.Seconds()*float64(len(n.Workers))),
			quantiles: quantilesOf(n.BusyEach),
		}
		if n.StarvedEach.N > 0 { // the serial plan has no waits
			starved, blocked := quantilesOf(n.StarvedEach), quantilesOf(n.BlockedEach)
			r.Starved, r.Blocked = &starved, &blocked
		}
		rows = append(rows, r)
	}
	return append(rows, stageSummary{Stage: "queue", quantiles: quantilesOf(e.queue.Read())})
}

// add counts one camera in. Seconds must be set.
func (s *summary) add(c cameraSummary) {
	s.Cameras = append(s.Cameras, c)
	s.FPS += float64(c.Published) / s.Seconds
}

// print writes the summary: for people to stderr, as one line of JSON to out.
func (s *summary) print(env *Env, out io.Writer) {
	if !env.JSON {
		s.write(env.Err)
		return
	}
	_ = writeJSON(out, s) // stdout's Output makes a failure the program's
}

// write prints the summary as tables.
func (s *summary) write(w io.Writer) {
	fmt.Fprintf(w, "model %s, plan %s: %.1f frames/s over %.1f s%s\n", s.Model, s.Plan, s.FPS, s.Seconds, s.notReal())
	t := newTable(w)
	t.AppendHeader(table.Row{"camera", "in", "published", "dropped", "failed", "objects", "p50 ms", "p99 ms"})
	for _, c := range s.Cameras {
		t.AppendRow(table.Row{c.Camera, c.In, c.Published, reasons(c.Dropped), reasons(c.Failed), c.Objects, c.P50, c.P99})
	}
	t.Render()
	if n := s.spooled(); n > 0 {
		fmt.Fprintf(w, "on disk: %d frames of these wait for the NATS server and are sent at the next start\n", n)
	}
	t = newTable(w)
	t.AppendHeader(table.Row{"stage", "runs on", "frames", "busy", "p50 ms", "p99 ms", "starved p50", "starved p99"})
	for _, r := range s.Stages {
		row := table.Row{r.Stage, r.On, "", "", r.P50, r.P99}
		if r.On != "" {
			row[2], row[3] = strings.Trim(fmt.Sprint(r.Workers), "[]"), fmt.Sprintf("%.0f %%", 100*r.Busy)
		}
		if r.Starved != nil {
			row = append(row, r.Starved.P50, r.Starved.P99)
		}
		t.AppendRow(row)
	}
	t.Render()
}

// spooled is how many frames wait on disk.
func (s *summary) spooled() (n uint64) {
	for _, c := range s.Cameras {
		n += c.Spooled
	}
	return n
}

// notReal says which devices are simulated, and how far this machine fell behind them.
func (s *summary) notReal() string {
	if len(s.Sim) == 0 {
		return ""
	}
	text := fmt.Sprintf(" (simulated: %v", s.Sim)
	if s.SimStood > s.Seconds/100 {
		text += fmt.Sprintf("; their time stood still for %.1f s, while this machine computed", s.SimStood)
	}
	return text + ")"
}

// reasons writes counts by reason on one line: "3 (policy 2, rate 1)".
func reasons(m map[string]uint64) string {
	var total uint64
	var parts []string
	for _, k := range slices.Sorted(maps.Keys(m)) {
		total += m[k]
		parts = append(parts, fmt.Sprintf("%s %d", k, m[k]))
	}
	if total == 0 {
		return "0"
	}
	return fmt.Sprintf("%d (%s)", total, strings.Join(parts, ", "))
}

// newTable is the one look of braid's tables: columns by spaces, no frames, so
// that a script can cut them.
func newTable(w io.Writer) table.Writer {
	t := table.NewWriter()
	t.SetOutputMirror(w)
	style := table.StyleDefault
	style.Options = table.OptionsNoBordersAndSeparators
	style.Format.Header = text.FormatUpper
	style.Box.PaddingLeft, style.Box.PaddingRight = "", "  "
	t.SetStyle(style)
	t.SuppressTrailingSpaces()
	return t
}
