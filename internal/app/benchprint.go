package app

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"

	"braid/internal/atomicfile"
	"braid/internal/bench"
)

// writeBench writes the report to the output in the form that was chosen, and to the files that were
// named. Where one of these cannot be written, what was measured is not lost.
func writeBench(env *Env, o BenchOptions, r bench.Report) error {
	return errors.Join(showBench(env, o, r), saveBench(o, r))
}

func saveBench(o BenchOptions, r bench.Report) error {
	for _, f := range []struct {
		name  string
		write func(io.Writer) error
	}{
		{o.JSONFile, func(w io.Writer) error { return writeJSON(w, r) }},
		{o.HTMLFile, r.WritePage},
	} {
		if f.name == "" {
			continue
		}
		var text strings.Builder
		if err := f.write(&text); err != nil {
			return err
		}
		if err := atomicfile.Write(f.name, []byte(text.String())); err != nil {
			return as(ErrEnvironment, err)
		}
	}
	return nil
}

func showBench(env *Env, o BenchOptions, r bench.Report) error {
	switch {
	case env.JSON:
		return writeJSON(env.Out, r)
	case o.Benchstat:
		return r.WriteBenchstat(env.Out, runtime.GOOS, runtime.GOARCH)
	}
	printBench(env.Out, r)
	return nil
}

func printBench(w io.Writer, r bench.Report) {
	benchTable(w, r.Rows)
	if len(r.Sweep) > 0 {
		fmt.Fprintln(w)
		benchTable(w, r.Sweep)
	}
	fmt.Fprintln(w)
	if r.Limit != nil && r.LimitFPS > 0 {
		best := slices.MaxFunc(r.Rows, func(a, b bench.Row) int { return int(1000 * (a.FPS - b.FPS)) })
		fmt.Fprintf(w, "limit: %.1f frames/s = %s; %s reaches %.0f %% of it\n", r.LimitFPS, limitText(*r.Limit), best.Name, 100*best.OfLimit)
	}
	for _, line := range bench.EnergyOf(slices.Concat(r.Rows, r.Sweep)) {
		fmt.Fprintf(w, "j of %s\n", line)
	}
	for _, l := range r.LeftOut {
		fmt.Fprintf(w, "left out: %s: %s\n", l.Name, l.Why)
	}
	for _, line := range doubts(r) {
		fmt.Fprintln(w, line)
	}
	if r.Compare != nil {
		printVerdicts(w, *r.Compare)
	}
}

// benchTable prints rows; a column that nobody fills is left out.
func benchTable(w io.Writer, rows []bench.Row) {
	t := newTable(w)
	t.AppendHeader(table.Row{"plan", "frames/s", "±", "ratio", "p50 ms", "p99 ms", "predicted", "cpu busy", "gpu busy", "cpu ms", "allocs", "j", "rounds"})
	none := func(has func(bench.Row) bool) bool { return !slices.ContainsFunc(rows, has) }
	t.SetColumnConfigs([]table.ColumnConfig{
		{Number: 7, Hidden: none(func(r bench.Row) bool { return r.Predicted > 0 })},
		{Number: 9, Hidden: none(func(r bench.Row) bool { return r.DeviceBusy() != "" })},
		{Number: 12, Hidden: none(func(r bench.Row) bool { return r.Joules != nil })},
	})
	for _, r := range rows {
		joules, predicted := "", ""
		if r.Joules != nil {
			joules = fmt.Sprintf("%.3f", *r.Joules)
		}
		if r.Predicted > 0 {
			predicted = fmt.Sprintf("%.1f", r.Predicted)
		}
		rounds := fmt.Sprint(r.Rounds)
		if r.Rejected > 0 && !r.Disturbed {
			rounds += fmt.Sprintf(" of %d", r.Rounds+r.Rejected)
		}
		t.AppendRow(table.Row{
			r.Name, fmt.Sprintf("%.1f", r.FPS), fmt.Sprintf("%.1f", r.CI), fmt.Sprintf("%.2f", r.Speedup), fmt.Sprintf("%.2f", r.P50), fmt.Sprintf("%.2f", r.P99),
			predicted, fmt.Sprintf("%.0f %%", 100*r.Busy["cpu"]), r.DeviceBusy(), fmt.Sprintf("%.2f", r.CPU), fmt.Sprintf("%.1f", r.Allocs), joules, rounds,
		})
	}
	t.Render()
}

func limitText(l bench.Limit) string {
	text := fmt.Sprintf("%d cores / (", l.Cores)
	if l.Decode > 0 {
		text += fmt.Sprintf("decode %.2f + prep %.2f + ", l.Decode, l.Prep)
	}
	text += fmt.Sprintf("inference %.2f", l.Infer)
	if l.Decode > 0 {
		text += fmt.Sprintf(" + detect %.2f", l.Detect)
	}
	return text + " ms of a core a frame on " + l.Device + ")"
}

// doubts say of which figures one should not be too sure.
func doubts(r bench.Report) (lines []string) {
	rejected, all := 0, 0
	var disturbed, wide []string
	for _, row := range r.Rows {
		all += len(row.Samples)
		if !row.Disturbed {
			rejected += row.Rejected
		}
		switch {
		case row.Disturbed:
			disturbed = append(disturbed, row.Name)
		case row.FPS > 0 && row.CI/row.FPS > benchStable:
			wide = append(wide, fmt.Sprintf("%s %.1f %%", row.Name, 100*row.CI/row.FPS))
		}
	}
	if rejected > 0 {
		lines = append(lines, fmt.Sprintf("disturbed: %d of %d samples, beside which the machine was slower than its best by over %.0f %%; they do not count", rejected, all, 100*bench.Tolerance))
	}
	if len(disturbed) > 0 {
		lines = append(lines, fmt.Sprintf("fewer than three samples were not disturbed, so that all count: %s", strings.Join(disturbed, ", ")))
	}
	if len(wide) > 0 {
		lines = append(lines, fmt.Sprintf("interval wider than %.0f %%: %s; --rounds or --duration narrow it", 100*benchStable, strings.Join(wide, ", ")))
	}
	return lines
}

func printVerdicts(w io.Writer, v bench.Verdicts) {
	fmt.Fprintf(w, "\nagainst %s:\n", v.Base)
	t := newTable(w)
	t.AppendHeader(table.Row{"plan", "then", "now", "change", ""})
	for _, r := range v.Rows {
		word := ""
		switch {
		case r.Slower:
			word = "slower"
		case !r.Apart:
			word = "within the intervals"
		}
		t.AppendRow(table.Row{r.Name, fmt.Sprintf("%.1f", r.Base), fmt.Sprintf("%.1f", r.Now), fmt.Sprintf("%+.1f %%", 100*r.Change), word})
	}
	t.Render()
	for _, n := range v.Notes {
		fmt.Fprintln(w, n)
	}
}
