//go:build e2e

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"braid/internal/testdata"
)

// TestImportDarknet takes a network with its weights and names all the way: what
// is imported finds what its authors' weights find (0.229 and 0.454 by another
// import of the same files).
func TestImportDarknet(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	names := filepath.Join(testdata.Root(t), "models", "cards", "coco.names")
	out := filepath.Join(dir, "fastest.onnx")
	mustRun(t, "model", "import", "darknet", "--cfg", testdata.Path(t, "models/yolo-fastest-1.1-xl.cfg"),
		"--weights", testdata.Path(t, "models/yolo-fastest-1.1-xl.weights"), "--names", names, "--out", out)
	images := testdata.Path(t, "images/coco-val-dev/images")
	got := decode[evaluation](t, mustRun(t, "eval", "--model", out, "--images", images,
		"--annotations", filepath.Join(filepath.Dir(images), "instances.json"), "-o", "json"))
	if got.MAP < 0.226 || got.MAP > 0.232 || got.AP50 < 0.451 || got.AP50 > 0.457 {
		t.Errorf("AP %.3f and AP50 %.3f, want 0.229 and 0.454", got.MAP, got.AP50)
	}
}

// TestRandomWeightsFindSomething: on a real clip 20 to 60 objects a frame, in the
// mean, so that speed is measured with work for what comes behind the network.
func TestRandomWeightsFindSomething(t *testing.T) {
	t.Parallel()
	clip := testdata.Path(t, "videos/udacity_solidWhiteRight.mp4")
	for _, name := range []string{"yolov2tiny", "yolov3tiny", "yolov4tiny"} {
		t.Run(name, func(t *testing.T) {
			lines := filepath.Join(t.TempDir(), "lines.jsonl")
			mustRun(t, "batch", clip, "--max-frames", "12", "--model", importNetwork(t, name), "--out", lines)
			total := 0
			for _, f := range frames(t, lines) {
				total += len(f.Objects)
			}
			if total < 12*20 || total > 12*60 {
				t.Errorf("%d objects in 12 frames, want 20 to 60 a frame", total)
			}
		})
	}
}

func TestImportDarknetRefusals(t *testing.T) {
	dir := t.TempDir()
	good := testdata.Path(t, "models/yolo-fastest-1.1-xl.cfg")
	weights := testdata.Path(t, "models/yolo-fastest-1.1-xl.weights")
	data, err := os.ReadFile(weights)
	if err != nil {
		t.Fatal(err)
	}
	short := writeFile(t, "short.weights", string(data[:len(data)-40]))
	typo := writeFile(t, "typo.cfg", "[net]\nwidth=64\nheight=64\n[convolutional]\nfilter=8\n")
	few := writeFile(t, "few.names", "person\ncar\n")
	there := writeFile(t, "there.onnx", "x")
	out := filepath.Join(dir, "m.onnx")
	for _, c := range []struct {
		name string
		args []string
		code int
		want []string
	}{
		{"nothing", nil, 2, []string{"--cfg"}},
		{"no weights", []string{"--cfg", good, "--out", out}, 2, []string{"--weights", "--random-weights"}},
		{"both", []string{"--cfg", good, "--out", out, "--weights", weights, "--random-weights"}, 2, []string{"--weights"}},
		{"no onnx", []string{"--cfg", good, "--out", dir, "--weights", weights}, 2, []string{".onnx"}},
		{"is there", []string{"--cfg", good, "--out", there, "--weights", weights}, 2, []string{there, "is there already"}},
		{"no cfg", []string{"--cfg", filepath.Join(dir, "no.cfg"), "--out", out, "--weights", weights}, 3, []string{"no.cfg"}},
		{"typo", []string{"--cfg", typo, "--out", out, "--random-weights"}, 3, []string{"typo.cfg:5:", `"filter"`, "filters"}},
		{"short weights", []string{"--cfg", good, "--out", out, "--weights", short}, 3, []string{"short.weights", "10 values are missing"}},
		{"no weights file", []string{"--cfg", good, "--out", out, "--weights", good}, 3, []string{"no weights file of darknet"}},
		{"names", []string{"--cfg", good, "--out", out, "--weights", weights, "--names", few}, 3, []string{"2 names", "80 classes"}},
		{"no folder", []string{"--cfg", good, "--out", "/nonexistent/m.onnx", "--weights", weights}, 4, []string{"/nonexistent"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := braid(t, append([]string{"model", "import", "darknet"}, c.args...)...)
			if r.code != c.code || strings.Contains(r.stderr, "panic") {
				t.Errorf("exit %d, want %d\n%s", r.code, c.code, r.stderr)
			}
			for _, w := range c.want {
				if !strings.Contains(r.stderr, w) {
					t.Errorf("%q is not in %q", w, r.stderr)
				}
			}
			if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
				t.Errorf("%d files are left behind, %v", len(left), err)
			}
		})
	}
}
