package bench

import (
	"cmp"
	"fmt"
	"html"
	"html/template"
	"slices"
	"strings"
)

// Piece is a frame's time with one worker, as a bar of a timeline. Times are
// milliseconds from any one moment.
type Piece struct {
	Lane       string // the worker
	Frame      uint64
	Begin, End float64
}

// fromZero moves the pieces so that the first begins at 0.
func fromZero(pieces []Piece) []Piece {
	out := slices.Clone(pieces)
	from := slices.MinFunc(pieces, func(a, b Piece) int { return cmp.Compare(a.Begin, b.Begin) }).Begin
	for i := range out {
		out[i].Begin -= from
		out[i].End -= from
	}
	return out
}

// lanes are the names of the lanes, in the order in which pieces first name them.
func lanes(pieces []Piece) []string {
	var out []string
	for _, p := range pieces {
		if !slices.Contains(out, p.Lane) {
			out = append(out, p.Lane)
		}
	}
	return out
}

const (
	laneHeight = 22
	frameHues  = 6 // classes f0 to f5 of the page
)

// timeline draws who worked on which frame when; a frame has one colour.
func timeline(pieces []Piece) template.HTML {
	if len(pieces) == 0 {
		return ""
	}
	pieces = fromZero(pieces)
	names := lanes(pieces)
	end := slices.MaxFunc(pieces, func(a, b Piece) int { return cmp.Compare(a.End, b.End) }).End
	x := scale{from: plotLeft, to: plotRight, max: end}
	c := newCanvas(len(names)*laneHeight+axisHeight, "Timeline of frames by worker")
	bottom := float64(len(names) * laneHeight)
	c.axis(x, bottom, "ms")
	for i, name := range names {
		c.text(plotLeft-8, float64(i)*laneHeight+15, "end", name)
	}
	for _, p := range pieces {
		y := float64(slices.Index(names, p.Lane)*laneHeight) + 2
		width := max(x.at(p.End)-x.at(p.Begin), 0.8)
		c.printf(`<rect class="f%d" x="%.1f" y="%.0f" width="%.1f" height="%d" rx="2"><title>frame %d: %.2f ms</title></rect>`,
			p.Frame%frameHues, x.at(p.Begin), y, width, laneHeight-4, p.Frame, p.End-p.Begin)
		if label := fmt.Sprint(p.Frame); width > float64(9*len(label)) {
			c.printf(`<text class="in" x="%.1f" y="%.0f" text-anchor="middle">%s</text>`, x.at(p.Begin)+width/2, y+13, label)
		}
	}
	return c.done()
}

// TimelineSVG is a timeline as an SVG file of its own, on light paper.
func TimelineSVG(title string, pieces []Piece) string {
	const style = `<style>svg{font:12px sans-serif;background:#fff}.grid{stroke:#d8dde3}text{fill:#1c2430}.f0{fill:#9cc4ee}.f1{fill:#f6c38b}` +
		`.f2{fill:#a6d8a8}.f3{fill:#e5b1dc}.f4{fill:#e6dc86}.f5{fill:#a9d5d8}.in{font-size:11px}</style>`
	drawn := string(timeline(pieces))
	head, body, _ := strings.Cut(drawn, ">\n")
	head = strings.Replace(head, "<svg ", `<svg xmlns="http://www.w3.org/2000/svg" `, 1)
	return head + "><title>" + html.EscapeString(title) + "</title>" + style + "\n" + body
}
