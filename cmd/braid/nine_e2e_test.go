//go:build e2e

package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"

	"braid/internal/testdata"
)

// TestNetworksOfThePapers imports four of the nine networks with random weights,
// verifies them at random places and as plans, and holds the messages of three
// segments with two streams against those of the uncut network. scripts/nine does
// it for all of them, at more places.
func TestNetworksOfThePapers(t *testing.T) {
	t.Parallel()
	for name, places := range map[string]string{"yolov2tiny": "3", "yolov3tiny": "3", "yolov4tiny": "3", "densenet-yolo": "1"} {
		t.Run(name, func(t *testing.T) {
			model := importNetwork(t, name)
			p := writeFile(t, "plan.yaml", planFile(thirds(t, model), 2))
			v := decode[verification](t, mustRun(t, "model", "verify", model, "--random", places, "--plan", p, "-o", "json"))
			if !v.OK || len(v.Cuts) < 2 {
				t.Errorf("got %+v", v)
			}
			whole, parts := foundUnder(t, model, "serial"), foundUnder(t, model, p)
			if len(whole) != 3 || len(whole[0].Objects) == 0 || reflect.DeepEqual(whole[0].Objects, whole[2].Objects) {
				t.Errorf("messages that prove nothing: %+v", whole)
			}
			if !reflect.DeepEqual(whole, parts) {
				t.Errorf("the messages differ:\n%+v\n%+v", whole, parts)
			}
		})
	}
}

// importing is held while a network is imported, which tests share.
var importing sync.Mutex

// importNetwork imports a darknet network of the test data with random weights.
func importNetwork(t *testing.T, name string) (model string) {
	t.Helper()
	importing.Lock()
	defer importing.Unlock()
	cfg := testdata.Path(t, "cfg/seed-nine/"+name+".cfg")
	model = filepath.Join(filepath.Dir(binary), name+".onnx") // goes with the binary, when all tests are done
	if _, err := os.Stat(model); err == nil {
		return model // by another test: it takes seconds
	}
	mustRun(t, "model", "import", "darknet", "--cfg", cfg, "--random-weights", "--seed", "1", "--out", model)
	return model
}

// seen is what a message says of a frame's objects.
type seen struct {
	Seq     uint64
	Objects []struct {
		Class int
		Score float64
		Box   [4]float64
	}
}

// foundUnder is what a network finds in three frames of a scene under a plan.
func foundUnder(t *testing.T, model, p string) (out []seen) {
	t.Helper()
	lines := filepath.Join(t.TempDir(), "lines.jsonl")
	mustRun(t, "batch", "scene:street?seed=5&size=640x360&fps=10&seconds=0.3", "--model", model, "--plan", p, "--out", lines)
	data, err := os.ReadFile(lines)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		var m seen
		if err := json.Unmarshal([]byte(line), &m); err != nil {
			t.Fatal(err)
		}
		out = append(out, m)
	}
	return out
}

// TestImportedPlanRuns takes a configuration of JEDI all the way: its plan fits the
// imported network and, on this machine's device, gives what the whole gives.
func TestImportedPlanRuns(t *testing.T) {
	t.Parallel()
	model := importNetwork(t, "yolov4tiny")
	config := filepath.Join(testdata.Root(t), "internal", "app", "testdata", "jedi", "yolov4tiny-2021-01.cfg")
	cfg, p := testdata.Path(t, "cfg/seed-nine/yolov4tiny.cfg"), filepath.Join(t.TempDir(), "plan.yaml")
	mustRun(t, "plan", "import", "jedi", config, "--cfg", cfg, "--model", model, "--out", p)
	text, err := os.ReadFile(p)
	if err != nil {
		t.Fatal(err)
	}
	here := strings.NewReplacer("gpu:0", "cpu", "dla:0", "cpu", "dla:1", "cpu", "fp16", "fp32").Replace(string(text))
	v := decode[verification](t, mustRun(t, "model", "verify", model, "--plan", writeFile(t, "here.yaml", here), "-o", "json"))
	if !v.OK || len(v.Cuts) != 1 || v.Cuts[0].Segments != 4 || v.Cuts[0].Frames != 40 {
		t.Errorf("got %+v", v)
	}
	if r := braid(t, "batch", "scene:street?seed=5&seconds=1", "--model", model, "--plan", p, "--out", "-"); r.code != 4 || !strings.Contains(r.stderr, "gpu:0") {
		t.Errorf("on devices that are not there: exit %d\n%s", r.code, r.stderr)
	}
}
