package app

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/jedib0t/go-pretty/v6/table"

	"braid/accel/network"
)

// ModelCuts lists every place where a network can be cut. A runtime is opened only
// where shapes neither follow from the input nor are stated by the file.
func ModelCuts(ctx context.Context, env *Env, o Choice) error {
	n, _, err := openNetwork(env, o.Model)
	if err != nil {
		return err
	}
	cuts := n.Cuts()
	if unresolved(cuts) {
		if cuts, err = resolvedCuts(ctx, env, o, n); err != nil {
			return err
		}
	}
	if env.JSON {
		return writeJSON(env.Out, cuts)
	}
	return writeCuts(env, cuts, n.Summary().Work)
}

func unresolved(cuts []network.Cut) bool {
	for _, c := range cuts {
		if c.Bytes < 0 {
			return true
		}
	}
	return false
}

// resolvedCuts asks the runtime for the shapes that are missing.
func resolvedCuts(ctx context.Context, env *Env, o Choice, n *network.Network) (_ []network.Cut, err error) {
	rt, err := openRuntime(env, o.Backend)
	if err != nil {
		return nil, err
	}
	defer closeInto(&err, rt.Close)
	if err := n.Resolve(ctx, probeOf(rt)); err != nil {
		return nil, as(ErrInvalid, err)
	}
	return n.Cuts(), nil
}

// writeCuts prints the cut points as they are offered: plain ones, then those
// that only divide the head's decoding, then those that divide what runtimes make
// one kernel of.
func writeCuts(env *Env, cuts []network.Cut, work int64) error {
	var most int64
	for _, c := range cuts {
		most = max(most, c.Bytes)
	}
	titles := map[network.Mark]string{
		network.InHead:  "behind the last layer with work, where only decoding is left:",
		network.InFused: "inside of what a runtime makes one kernel of (convolution, normalisation, activation):",
	}
	mark, t := network.Plain, cutTable(env)
	for _, c := range network.Offered(cuts) {
		if c.Mark != mark {
			t.Render()
			if _, err := fmt.Fprintf(env.Out, "\n%s\n", titles[c.Mark]); err != nil {
				return err
			}
			mark, t = c.Mark, cutTable(env)
		}
		t.AppendRow(table.Row{
			c.At, percent(c.WorkBefore, work), bar(c.WorkBefore, work),
			fmt.Sprintf("%.1f", float64(c.Bytes)/1024), bar(c.Bytes, most), c.LayersBefore, c.LayersAfter, tensorList(c.Tensors),
		})
	}
	t.Render()
	return nil
}

func cutTable(env *Env) table.Writer {
	t := newTable(env.Out)
	t.AppendHeader(table.Row{"at", "work before", "", "KiB", "", "layers", "after", "tensors"})
	return t
}

func percent(part, whole int64) string {
	if whole == 0 {
		return "-"
	}
	return fmt.Sprintf("%.1f %%", 100*float64(part)/float64(whole))
}

// barCells is the width of a bar in a table.
const barCells = 10

// bar draws part of a whole in eighths of a character.
func bar(part, whole int64) string {
	if whole <= 0 || part <= 0 {
		return ""
	}
	eighths := int(float64(part) / float64(whole) * barCells * 8)
	full := strings.Repeat("█", eighths/8)
	if rest := eighths % 8; rest > 0 {
		full += string([]rune("▏▎▍▌▋▊▉")[rest-1])
	}
	return full
}

// tensorList names tensors on one line of a table; all of them are in the JSON.
func tensorList(tensors []string) string {
	const most = 48
	text := strings.Join(tensors, ", ")
	if utf8.RuneCountInString(text) <= most {
		return text
	}
	if len(tensors) == 1 {
		return string([]rune(text)[:most-1]) + "…"
	}
	return fmt.Sprintf("%d: %s…", len(tensors), string([]rune(text)[:most-6]))
}
