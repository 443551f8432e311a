//go:build e2e

package main

import (
	"os"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
)

// yolov8File is a network of three strides, and the texts of an exporter.
func yolov8File(t *testing.T, texts map[string]string) string {
	t.Helper()
	const rows = gridCells + 16 + 4
	data := answering(t, []answer{respond(0, func(v []float32, d thing, row int) {
		for k, value := range d.middle() {
			v[k*rows+row] = value
		}
		v[(4+d.class)*rows+row] = d.score()
	}, 1, 6, rows)})
	for k, v := range texts {
		entry := protowire.AppendString(protowire.AppendTag(nil, 1, protowire.BytesType), k)
		entry = protowire.AppendString(protowire.AppendTag(entry, 2, protowire.BytesType), v)
		data = protowire.AppendBytes(protowire.AppendTag(data, 14, protowire.BytesType), entry)
	}
	return writeFile(t, "net.onnx", string(data))
}

// TestModelWithoutCard: an export of Ultralytics runs as it is, and says what was
// taken. Without its texts it is refused, and runs with the card that the refusal
// proposes.
func TestModelWithoutCard(t *testing.T) {
	t.Parallel()
	pictures := white(t, 64, 64)
	texts := map[string]string{"description": "Ultralytics YOLO11n model", "task": "detect", "names": "{0: 'cat', 1: 'dog'}"}
	r := mustRun(t, "batch", pictures, "--model", yolov8File(t, texts), "--out", "-")
	if !strings.Contains(r.stderr, "recognised without a card") || !strings.Contains(r.stderr, "yolov8") {
		t.Errorf("nothing says what was taken: %s", r.stderr)
	}
	wantThings(t, found(t, yolov8File(t, texts), pictures), 3, 0, 64) // their limit of 0.7

	bare := yolov8File(t, nil)
	r = braid(t, "batch", pictures, "--model", bare, "--out", "-")
	parts := strings.Split(r.stderr, "`")
	if r.code != 3 || len(parts) != 3 || strings.Count(strings.TrimSpace(r.stderr), "\n") != 0 {
		t.Fatalf("exit %d, want 3 and a card in one line\n%s", r.code, r.stderr)
	}
	text := strings.TrimSuffix(parts[1], "}") + ", labels: [cat, dog], nms: {iou: 0.3}}"
	if err := os.WriteFile(strings.TrimSuffix(bare, ".onnx")+".yaml", []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	wantThings(t, found(t, bare, pictures), 2, 0, 64)
}
