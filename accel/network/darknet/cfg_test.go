package darknet

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"braid/internal/testdata"
)

// readCfg parses a cfg file of the test data.
func readCfg(t testing.TB, name string) *Network {
	t.Helper()
	path := testdata.Path(t, "cfg/"+name)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	n, err := Parse(data, filepath.Base(path))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestTKDNNLayers holds the numbering against the last cut points that JEDI's
// own configurations of the nine networks name.
func TestTKDNNLayers(t *testing.T) {
	for _, tt := range []struct {
		cfg  string
		last int
		at   map[int]string
	}{
		{"seed-nine/yolov2.cfg", 53, map[int]string{0: "conv_0", 1: "leaky_0", 2: "maxpool_1", 19: "maxpool_11", 44: "leaky_24", 45: "leaky_24", 46: "conv_26", 48: "reorg_27", 49: "route_28", 52: "conv_30", 53: "region_31"}},
		{"seed-nine/yolov2tiny.cfg", 23, map[int]string{5: "maxpool_3", 22: "conv_14", 23: "region_15"}},
		{"seed-nine/yolov3.cfg", 178, map[int]string{27: "shortcut_15", 57: "shortcut_33", 177: "conv_105", 178: "yolo_106"}},
		{"seed-nine/yolov3tiny.cfg", 34, map[int]string{5: "maxpool_3", 34: "yolo_23"}},
		{"seed-nine/yolov4.cfg", 268, map[int]string{1: "mish_0", 268: "yolo_161"}},
		{"seed-nine/yolov4tiny.cfg", 56, map[int]string{56: "yolo_37"}},
		{"seed-nine/yolov4csp.cfg", 289, map[int]string{288: "logistic_173", 289: "yolo_174"}},
		{"seed-nine/cspnet.cfg", 227, map[int]string{227: "yolo_137"}},
		{"seed-nine/densenet-yolo.cfg", 507, map[int]string{507: "region_305"}},
		{"seed-nine-relu/yolov4_relu.cfg", 268, map[int]string{1: "relu_0", 268: "yolo_161"}},
	} {
		t.Run(tt.cfg, func(t *testing.T) {
			ids := readCfg(t, tt.cfg).TKDNNLayers()
			if len(ids)-1 != tt.last {
				t.Errorf("the last id is %d, want %d", len(ids)-1, tt.last)
			}
			for id, want := range tt.at {
				if ids[id] != want {
					t.Errorf("id %d is %s, want %s", id, ids[id], want)
				}
			}
		})
	}
}

// TestTKDNNLayersOfAliases wants the tensor before a layer that computes nothing.
func TestTKDNNLayersOfAliases(t *testing.T) {
	n, err := Parse([]byte(small("[dropout]\n[conv]\nfilters=4\nactivation=relu\n[route]\nlayers=0\n[route]\nlayers=-1\ngroups=3\ngroup_id=1\n"+
		"[shortcut]\nfrom=-4\nactivation=leaky\n[conv]\nfilters=6\nactivation=linear\n[yolo]\nclasses=1\nnum=1\nanchors=1,1\n")), "a.cfg")
	if err != nil {
		t.Fatal(err)
	}
	want := " conv_1 relu_1 relu_1 route_3 shortcut_4 leaky_4 conv_5 yolo_6"
	if got := strings.Join(n.TKDNNLayers(), " "); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// small is a cfg with [net] and what follows it from line 4 on.
func small(sections string) string { return "[net]\nwidth=32\nheight=32\n" + sections }

// TestEveryCfg parses every cfg of the test data.
func TestEveryCfg(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(testdata.Path(t, "cfg"), "*", "*.cfg"))
	if err != nil || len(files) < 32 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, f := range files {
		n := readCfg(t, filepath.Join(filepath.Base(filepath.Dir(f)), filepath.Base(f)))
		for _, h := range n.Heads() {
			if h.Classes != 80 && h.Classes != 20 || len(h.Anchors) < 3 {
				t.Errorf("%s: %+v", f, h)
			}
		}
	}
}
