//go:build e2e

package dla_test

import (
	"fmt"
	"os"
	"slices"
	"testing"

	"braid/accel/network"
	"braid/accel/trt/dla"
	"braid/internal/testdata"
)

// imported reads a cfg of the nine, without weights of its own.
func imported(t *testing.T, cfg string) (*network.Network, []string) {
	t.Helper()
	text, err := os.ReadFile(testdata.Path(t, "cfg/seed-nine-relu/"+cfg+"_relu.cfg"))
	if err != nil {
		t.Fatal(err)
	}
	return built(t, text, cfg)
}

// published is where the papers' own configurations cut a network, and on which
// device each part runs.
type published struct {
	cfg     string
	ends    []int  // last layers of all parts but the last one, in tkDNN's numbers
	devices string // G or D, one for each part
}

// check holds every part on a DLA against the tables.
func (p published) check(t *testing.T) {
	n, ids := imported(t, p.cfg)
	var at []string
	for _, end := range p.ends {
		at = append(at, ids[end])
	}
	parts, err := n.Split(t.Context(), at, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i, part := range parts {
		if p.devices[i] != 'D' {
			continue
		}
		parsed, err := network.Parse(part.ONNX)
		if err != nil {
			t.Fatal(err)
		}
		for _, precision := range []string{"fp16", "int8"} {
			for _, v := range []struct {
				version dla.Version
				chip    dla.Chip
			}{{dla.Version{Major: 8, Minor: 6}, dla.Xavier}, {dla.Version{Major: 8, Minor: 6}, dla.Orin}, {jetson, dla.Orin}} {
				if found := dla.Check(v.version, v.chip, precision, parsed); found != nil {
					t.Errorf("%s cut at %v, part %d, in %s by TensorRT %v on %s: %v", p.cfg, p.ends, i, precision, v.version, v.chip, found)
				}
			}
		}
	}
}

// TestPublishedCuts takes the nine networks where JEDI's configurations cut them.
func TestPublishedCuts(t *testing.T) {
	for _, p := range []published{
		{"yolov2", []int{2, 23, 34}, "GDDG"},
		{"yolov2", []int{19}, "DG"},
		{"yolov2tiny", []int{5}, "DG"},
		{"yolov3tiny", []int{5}, "DG"},
		{"yolov4tiny", []int{10, 14, 21}, "GDDG"},
		{"yolov4tiny", []int{18, 30}, "GDG"},
		{"yolov3", []int{27, 46}, "DDG"},
		{"yolov3", []int{57}, "DG"},
		{"yolov4", []int{29, 48}, "DDG"},
		{"yolov4", []int{52, 134}, "GDG"},
		{"cspnet", []int{5, 34, 58}, "GDDG"},
		{"cspnet", []int{13, 51}, "GDG"},
		{"densenet-yolo", []int{98, 226, 288}, "GDDG"},
		{"densenet-yolo", []int{97}, "DG"},
	} {
		t.Run(fmt.Sprint(p.cfg, p.ends), p.check)
	}
}

// TestWholeNetworks says which layers of the nine are the GPU's: wide pools of
// SPP, YOLOv2's reorg over six dimensions, and the name that a head gets.
func TestWholeNetworks(t *testing.T) {
	pool := func(layer, size int) string {
		return fmt.Sprintf("layer maxpool_%d (MaxPool): kernel %dx%d is over DLA's 8", layer, size, size)
	}
	head := func(name string) string {
		return fmt.Sprintf("layer %s (Identity): DLA does not have the operator", name)
	}
	six := `"reorg_27/%s" has 6 dimensions, where DLA works on 4, NCHW`
	for cfg, want := range map[string][]string{
		"yolov2": {
			"layer reorg_27/squares (Reshape): " + fmt.Sprintf(six, "squares"),
			"layer reorg_27/moved (Transpose): " + fmt.Sprintf(six, "squares"),
			"layer reorg_27 (Reshape): " + fmt.Sprintf(six, "moved"),
			head("region_31"),
		},
		"yolov2tiny":    {head("region_15")},
		"yolov3":        {head("yolo_82"), head("yolo_94"), head("yolo_106")},
		"yolov3tiny":    {head("yolo_16"), head("yolo_23")},
		"yolov4":        {pool(110, 9), pool(112, 13), head("yolo_139"), head("yolo_150"), head("yolo_161")},
		"yolov4tiny":    {head("yolo_30"), head("yolo_37")},
		"yolov4csp":     {pool(106, 9), pool(108, 13), head("yolo_144"), head("yolo_159"), head("yolo_174")},
		"cspnet":        {pool(86, 9), pool(88, 13), head("yolo_115"), head("yolo_126"), head("yolo_137")},
		"densenet-yolo": {head("region_305")},
	} {
		t.Run(cfg, func(t *testing.T) {
			n, _ := imported(t, cfg)
			var got []string
			for _, v := range dla.Check(jetson, dla.Orin, "fp16", n) {
				got = append(got, v.String())
			}
			if !slices.Equal(got, want) {
				t.Errorf("got %q", got)
			}
		})
	}
}
