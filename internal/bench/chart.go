package bench

import (
	"fmt"
	"html/template"
	"slices"
	"strings"
)

const barHeight = 34

// bars draws the rate of each row with its interval, the prediction where there is
// one, and the limit.
func bars(r Report) template.HTML {
	top := r.LimitFPS
	for _, row := range r.Rows {
		top = max(top, row.Hi, row.Predicted)
	}
	x := scale{from: plotLeft, to: plotRight - 90, max: top}
	c := newCanvas(len(r.Rows)*barHeight+axisHeight, "Frames per second by row")
	bottom := float64(len(r.Rows) * barHeight)
	c.axis(x, bottom, "frames/s")
	for i, row := range r.Rows {
		y := float64(i * barHeight)
		mid := y + barHeight/2
		c.text(plotLeft-8, mid+4, "end", row.Name)
		c.printf(`<rect class="bar" x="%d" y="%.0f" width="%.1f" height="%d" rx="2"/>`, plotLeft, y+6, x.at(row.FPS)-plotLeft, barHeight-12)
		c.line("whisker", x.at(row.Lo), mid, x.at(row.Hi), mid)
		c.line("whisker", x.at(row.Lo), mid-5, x.at(row.Lo), mid+5)
		c.line("whisker", x.at(row.Hi), mid-5, x.at(row.Hi), mid+5)
		if row.Predicted > 0 {
			c.printf(`<path class="predicted" d="M%.1f %.1fl5 6l-5 6l-5 -6z"><title>predicted %.1f</title></path>`, x.at(row.Predicted), mid-6, row.Predicted)
		}
		c.text(chartWidth-2, mid+4, "end", fmt.Sprintf("%.1f  ×%.2f", row.FPS, row.Speedup))
	}
	if r.LimitFPS > 0 {
		c.line("limit", x.at(r.LimitFPS), 0, x.at(r.LimitFPS), bottom)
	}
	return c.done()
}

// curve draws the rate over what a sweep varies, with intervals. The values stand
// side by side as they were chosen, not to scale: they double as often as not.
func curve(rows []Row, varied string) template.HTML {
	rows = slices.DeleteFunc(slices.Clone(rows), func(r Row) bool { return r.Varied != varied })
	if len(rows) == 0 {
		return ""
	}
	const height = 190
	top := 0.0
	for _, r := range rows {
		top = max(top, r.Hi)
	}
	y := scale{from: height, to: 8, max: top}
	x := scale{from: plotLeft, to: plotRight, max: float64(len(rows))}
	c := newCanvas(height+axisHeight, "Frames per second by "+varied)
	for _, v := range y.ticks(4) {
		c.line("grid", plotLeft, y.at(v), plotRight, y.at(v))
		c.text(plotLeft-8, y.at(v)+4, "end", number(v))
	}
	var path strings.Builder
	for i, r := range rows {
		at := x.at(float64(i) + 0.5)
		fmt.Fprintf(&path, "%c%.1f %.1f", "ML"[min(i, 1)], at, y.at(r.FPS))
		c.line("whisker", at, y.at(r.Lo), at, y.at(r.Hi))
		c.printf(`<circle class="dot" cx="%.1f" cy="%.1f" r="4"><title>%.1f frames/s</title></circle>`, at, y.at(r.FPS), r.FPS)
		c.text(at, height+18, "middle", fmt.Sprint(r.N))
	}
	c.printf(`<path class="curve" d="%s"/>`, path.String())
	c.printf(`<text class="unit" x="%d" y="%d" text-anchor="end">%s</text>`, chartWidth-2, height+31, varied)
	return c.done()
}
