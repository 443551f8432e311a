package app

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"

	"braid/sink/wire"
)

// redraw is the least time between two pictures of the live table.
const redraw = 200 * time.Millisecond

// liveTable shows the last frame of every camera, drawn over itself.
type liveTable struct {
	w     io.Writer
	rows  map[string]*liveRow
	last  time.Time
	lines int // of the picture on the screen
	buf   bytes.Buffer
	now   func() time.Time
	size  func() (width, height int) // of the terminal, in characters
}

type liveRow struct {
	site, camera string
	state        string
	frame        wire.Frame
	objects      string
	rate         float64 // messages a second, smoothed
	at           time.Time
}

func newLiveTable(env *Env) *liveTable {
	return &liveTable{w: env.Out, rows: map[string]*liveRow{}, now: time.Now, size: func() (int, int) { return terminalSize(env.Out) }}
}

func (t *liveTable) row(site, camera string) *liveRow {
	key := site + "\x00" + camera
	r := t.rows[key]
	if r == nil {
		r = &liveRow{site: site, camera: camera, state: wire.StatePlaying}
		t.rows[key] = r
	}
	return r
}

func (t *liveTable) frame(f *wire.Frame) error {
	r, now := t.row(f.Site, f.Camera), t.now()
	if gap := now.Sub(r.at).Seconds(); !r.at.IsZero() && gap > 0 {
		weight := min(gap, 1) // about the last second
		r.rate += weight * (1/gap - r.rate)
	}
	r.frame, r.objects, r.at, r.state = *f, objects(f), now, wire.StatePlaying
	return t.draw(now)
}

func (t *liveTable) camera(c *wire.Camera) error {
	t.row(c.Site, c.Camera).state = stateText(c)
	return t.draw(t.now())
}

func (t *liveTable) draw(now time.Time) error {
	if now.Sub(t.last) < redraw {
		return nil
	}
	t.last = now
	t.buf.Reset()
	tw := newTable(&t.buf)
	width, height := t.size()
	tw.Style().Size.WidthMax = width
	tw.AppendHeader(table.Row{"site", "camera", "state", "seq", "frames/s", "age ms", "objects"})
	rows := make([]*liveRow, 0, len(t.rows))
	for _, r := range t.rows {
		rows = append(rows, r)
	}
	slices.SortFunc(rows, func(a, b *liveRow) int {
		return cmp.Or(cmp.Compare(a.site, b.site), cmp.Compare(a.camera, b.camera))
	})
	for _, r := range rows[:min(len(rows), max(height-2, 1))] { // one line for the header, one for the cursor
		tw.AppendRow(table.Row{r.site, r.camera, r.state, r.frame.Seq, fmt.Sprintf("%.1f", r.rate), fmt.Sprintf("%.0f", r.frame.Age), r.objects})
	}
	tw.Render()
	return t.paint()
}

// paint moves up over the last picture and erases what is below.
func (t *liveTable) paint() error {
	if t.lines > 0 {
		if _, err := fmt.Fprintf(t.w, "\x1b[%dA\x1b[J", t.lines); err != nil {
			return err
		}
	}
	t.lines = bytes.Count(t.buf.Bytes(), []byte("\n"))
	_, err := t.w.Write(t.buf.Bytes())
	return err
}
