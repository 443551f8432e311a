package app

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"braid/accel/network"
)

// ModelCuts lists every place where a network can be cut. It needs a runtime only
// where braid cannot tell the shape of a tensor that crosses.
func ModelCuts(ctx context.Context, env *Env, o Choice) error {
	n, _, err := openNetwork(env, o.Model)
	if err != nil {
		return err
	}
	if err := n.Resolve(ctx, probeLater(env, o.Backend)); err != nil {
		return as(ErrInvalid, err)
	}
	cuts := n.Cuts()
	if env.JSON {
		return writeJSON(env.Out, append([]network.Cut{}, cuts...)) // a list even when it is empty
	}
	width := 0
	if env.terminal(env.Out) {
		width, _ = terminalSize(env.Out)
	}
	_, err = env.Out.Write(cutTable(network.Offered(cuts), width))
	return err
}

// headings say what follows in the list of cut points.
var headings = map[network.Mark]string{
	network.InHead:  "Behind the last layer with work, in the decoding of the head:",
	network.InFused: "Inside of layers that a runtime fuses:",
}

// cutTable is the list of cut points as a person reads it, with bars and no wider
// than a terminal of width columns; with a width of 0 plain and in full, for a
// pipe or a file.
func cutTable(cuts []network.Cut, width int) []byte {
	l := layOut(cuts, width)
	var lines bytes.Buffer
	t := newTable(&lines)
	t.AppendHeader(table.Row{"at", "before", "after", "work before", "KiB", "tensors"})
	t.SetColumnConfigs([]table.ColumnConfig{
		{Number: 2, Align: text.AlignRight},
		{Number: 3, Align: text.AlignRight},
		{Number: 4, Align: text.AlignRight},
		{Number: 5, Align: text.AlignRight},
		{Number: 6, Hidden: l.tensors == 0},
	})
	for _, c := range cuts {
		t.AppendRow(table.Row{
			c.At, c.LayersBefore, c.LayersAfter, l.workCell(c), l.bytesCell(c), l.tensorsCell(c),
		})
	}
	t.Render()
	return underHeadings(cuts, lines.Bytes())
}

// underHeadings puts a heading before the first line of each mark.
func underHeadings(cuts []network.Cut, lines []byte) []byte {
	var out bytes.Buffer
	last, i := network.Plain, -1 // -1: the table's header
	for line := range bytes.Lines(lines) {
		if i >= 0 && i < len(cuts) && cuts[i].Mark != last {
			last = cuts[i].Mark
			fmt.Fprintf(&out, "\n%s\n", headings[last])
		}
		out.Write(line)
		i++
	}
	return out.Bytes()
}

// layout is how the columns share a terminal's width.
type layout struct {
	bar     int // characters of each of the two bars, 0: none
	tensors int // characters for the names of tensors, 0: none; -1: all that they take
	most    int64
}

const (
	numbersWidth = 36 // of the columns beside names and bars, with the gaps
	leastBar     = 4
	mostBar      = 16
	leastTensors = 10
)

// layOut gives names of cut points all they take: they are copied into commands.
// Bars come next, the names of tensors get what is left.
func layOut(cuts []network.Cut, width int) layout {
	l := layout{tensors: -1}
	at := 0
	for _, c := range cuts {
		at, l.most = max(at, utf8.RuneCountInString(c.At)), max(l.most, c.Bytes)
	}
	if width == 0 {
		return l
	}
	room := width - at - numbersWidth
	l.bar = min(max((room-leastTensors)/4, leastBar), mostBar)
	if l.tensors = room - 2*(l.bar+1); l.tensors >= leastTensors {
		return l
	}
	l.tensors = 0
	if l.bar = min(room/2-1, mostBar); l.bar < leastBar {
		l.bar = 0
	}
	return l
}

func (l layout) workCell(c network.Cut) string {
	all := c.WorkBefore + c.WorkAfter
	if all == 0 {
		return "-"
	}
	share := float64(c.WorkBefore) / float64(all)
	return l.withBar(share, fmt.Sprintf("%5.1f %%", 100*share))
}

func (l layout) bytesCell(c network.Cut) string {
	return l.withBar(float64(c.Bytes)/float64(max(l.most, 1)), fmt.Sprintf("%8s", kib(c.Bytes)))
}

func (l layout) withBar(share float64, number string) string {
	if l.bar == 0 {
		return number
	}
	return bar(share, l.bar) + " " + number
}

func (l layout) tensorsCell(c network.Cut) string {
	all := strings.Join(c.Tensors, ", ")
	if l.tensors < 0 {
		return all
	}
	return text.Snip(all, l.tensors, "…")
}

// bar draws a share of 0 to 1 in width characters, to an eighth of one.
func bar(share float64, width int) string {
	eighths := int(share*float64(8*width) + 0.5)
	full := strings.Repeat("█", eighths/8)
	if rest := eighths % 8; rest > 0 {
		full += string([]rune("▏▎▍▌▋▊▉")[rest-1])
	}
	return full + strings.Repeat(" ", width-utf8.RuneCountInString(full))
}
