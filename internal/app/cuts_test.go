package app

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"braid/accel"
	"braid/accel/network"
)

// someCuts are three plain cut points, one in the head and one in a fused group.
func someCuts() []network.Cut {
	return []network.Cut{
		{At: "stem", Tensors: []string{"stem"}, Bytes: 4096, WorkBefore: 25, WorkAfter: 75, LayersBefore: 2, LayersAfter: 9},
		{At: "neck/a", Tensors: []string{"stem", "neck/a"}, Bytes: 8192, WorkBefore: 50, WorkAfter: 50, LayersBefore: 4, LayersAfter: 7},
		{At: "neck/b", Tensors: []string{"stem", "neck/a", "neck/b"}, Bytes: 1024, WorkBefore: 60, WorkAfter: 40, LayersBefore: 5, LayersAfter: 6},
		{At: "boxes", Tensors: []string{"boxes"}, Bytes: 512, WorkBefore: 100, LayersBefore: 9, LayersAfter: 2, Mark: network.InHead},
		{At: "conv", Tensors: []string{"conv"}, Bytes: 2048, WorkBefore: 25, WorkAfter: 75, LayersBefore: 1, LayersAfter: 10, Mark: network.InFused},
	}
}

func TestCutTable(t *testing.T) {
	for _, tt := range []struct {
		name  string
		width int
		want  string
	}{
		{"in a pipe", 0, `
AT      BEFORE  AFTER  WORK BEFORE  KIB       TENSORS
stem         2      9       25.0 %       4.0  stem
neck/a       4      7       50.0 %       8.0  stem, neck/a
neck/b       5      6       60.0 %       1.0  stem, neck/a, neck/b

Behind the last layer with work, in the decoding of the head:
boxes        9      2      100.0 %       0.5  boxes

Inside of layers that a runtime fuses:
conv         1     10       25.0 %       2.0  conv
`},
		{"64 columns", 64, `
AT      BEFORE  AFTER  WORK BEFORE   KIB            TENSORS
stem         2      9  █     25.0 %  ██        4.0  stem
neck/a       4      7  ██    50.0 %  ████      8.0  stem, neck/a
neck/b       5      6  ██▍   60.0 %  ▌         1.0  stem, neck/…

Behind the last layer with work, in the decoding of the head:
boxes        9      2  ████ 100.0 %  ▎         0.5  boxes

Inside of layers that a runtime fuses:
conv         1     10  █     25.0 %  █         2.0  conv
`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := "\n" + string(cutTable(someCuts(), tt.width)); got != tt.want {
				t.Errorf("got%s", got)
			}
		})
	}
}

// TestCutTableKeepsToItsWidth as long as there is room for what is copied into
// commands, which is never cut short.
func TestCutTableKeepsToItsWidth(t *testing.T) {
	cuts := someCuts()
	for range 6 {
		cuts[0].At += "/layer"
		for width := 20; width < 200; width++ {
			table := string(cutTable(cuts, width))
			if !strings.Contains(table, cuts[0].At) {
				t.Fatalf("a name is cut short at %d columns:\n%s", width, table)
			}
			room := max(width, len(cuts[0].At)+numbersWidth+len("WORK BEFORE"))
			for line := range strings.Lines(table) {
				if n := utf8.RuneCountInString(strings.TrimRight(line, "\n")); n > room && !strings.HasSuffix(line, ":\n") {
					t.Fatalf("%d characters in %d columns: %s", n, width, line)
				}
			}
		}
	}
}

func TestCutTableOfANetworkWithoutWork(t *testing.T) {
	if got := string(cutTable([]network.Cut{{At: "a", LayersBefore: 1, LayersAfter: 1}}, 100)); !strings.Contains(got, " - ") {
		t.Errorf("got %s", got)
	}
	if got := cutTable(nil, 100); bytes.Count(got, []byte("\n")) != 1 {
		t.Errorf("no cut points give %q", got)
	}
}

func TestBar(t *testing.T) {
	for share, want := range map[float64]string{0: "    ", 1: "████", 0.5: "██  ", 0.03125: "▏   ", 0.999: "████", 0.47: "█▉  "} {
		if got := bar(share, 4); got != want {
			t.Errorf("%g is %q, not %q", share, got, want)
		}
	}
}

func TestHalfOfANetworkIsNotLeft(t *testing.T) {
	dir := t.TempDir()
	// A folder in the place of the second file makes the second write fail.
	if err := os.MkdirAll(filepath.Join(dir, "infer.1.onnx", "full"), 0o755); err != nil {
		t.Fatal(err)
	}
	parts, err := writeParts(dir, []*accel.Segment{{Name: "infer.0", ONNX: []byte("a")}, {Name: "infer.1", ONNX: []byte("b")}})
	if err == nil {
		t.Fatalf("wrote %v", parts)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
