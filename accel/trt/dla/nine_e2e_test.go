//go:build e2e

package dla_test

import (
	"fmt"
	"slices"
	"testing"

	"braid/accel/trt/dla"
)

// TestPublishedCuts takes the nine networks where JEDI's configurations cut them.
func TestPublishedCuts(t *testing.T) {
	for _, p := range []published{
		{"yolov2", []int{2, 23, 34}, "GDDG"},
		{"yolov2", []int{19}, "DG"},
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
			n, _ := imported(t, cfg, "relu")
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
