package bench

import (
	"fmt"
	"html"
	"html/template"
	"math"
	"strings"
)

// The charts are 860 units wide, with names on the left and numbers on the right.
const (
	chartWidth = 860
	plotLeft   = 130
	plotRight  = 830
	axisHeight = 34
)

// scale maps 0 to max onto from to to.
type scale struct{ from, to, max float64 }

func (s scale) at(v float64) float64 {
	if s.max <= 0 {
		return s.from
	}
	return s.from + v/s.max*(s.to-s.from)
}

// ticks are round numbers from 0 up to the end of the scale: about n of them.
func (s scale) ticks(n int) (out []float64) {
	if !(s.max > 1e-300 && s.max < 1e300) { // beyond, a step would be 0 or infinite
		return []float64{0}
	}
	raw := s.max / float64(n)
	step := math.Pow(10, math.Floor(math.Log10(raw)))
	for _, m := range []float64{1, 2, 5, 10} {
		if m*step >= raw {
			step *= m
			break
		}
	}
	for i := 0; float64(i)*step <= s.max*(1+1e-9); i++ {
		out = append(out, float64(i)*step)
	}
	return out
}

// canvas is an SVG in the making. Colours are the page's, by class.
type canvas struct{ b strings.Builder }

func newCanvas(height int, title string) *canvas {
	c := &canvas{}
	c.printf(`<svg viewBox="0 0 %d %d" role="img" aria-label="%s">`, chartWidth, height, html.EscapeString(title))
	return c
}

func (c *canvas) printf(format string, args ...any) { fmt.Fprintf(&c.b, format+"\n", args...) }

func (c *canvas) text(x, y float64, anchor, text string) {
	c.printf(`<text x="%.1f" y="%.1f" text-anchor="%s">%s</text>`, x, y, anchor, html.EscapeString(text))
}

func (c *canvas) line(class string, x1, y1, x2, y2 float64) {
	c.printf(`<line class="%s" x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f"/>`, class, x1, y1, x2, y2)
}

// axis draws vertical lines at round numbers, down to y, with the numbers below.
func (c *canvas) axis(x scale, y float64, unit string) {
	for _, v := range x.ticks(7) {
		c.line("grid", x.at(v), 0, x.at(v), y+4)
		c.text(x.at(v), y+18, "middle", number(v))
	}
	c.printf(`<text class="unit" x="%.1f" y="%.1f" text-anchor="end">%s</text>`, float64(chartWidth-2), y+31, html.EscapeString(unit))
}

// number is a value with as many digits as tell something.
func number(v float64) string {
	switch {
	case v == math.Trunc(v) || v >= 100:
		return fmt.Sprintf("%.0f", v)
	case v >= 10:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.3g", v)
}

func (c *canvas) done() template.HTML {
	c.b.WriteString("</svg>\n")
	return template.HTML(c.b.String()) //nolint:gosec // every text in it went through html.EscapeString
}
