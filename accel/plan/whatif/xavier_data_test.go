package whatif_test

import (
	"os"
	"regexp"
	"slices"
	"testing"

	"braid/accel/network/darknet"
	"braid/accel/plan"
	"braid/internal/testdata"
)

// split is how a published configuration cuts a network.
type split struct {
	devices string    // of the stages: G the GPU, D a DLA core of its own, 2 both cores
	cuts    []int     // the last layer of all stages but the last, by tkDNN's numbers
	gflop   []float64 // of each stage
	convs   []int     // convolutions of each stage; TestXavierConvolutions counts them
}

// Splits of jedi.md section 4. The tiny networks have none with a DLA after 2021-01, but
// published rates with one: they are counted with the earlier split.
var (
	early = map[string]split{
		"yolov2":     {"GDDG", []int{2, 23, 34}, []float64{.3, 10.1, 5.1, 13.9}, []int{1, 9, 5, 8}},
		"yolov2tiny": {"DG", []int{5}, []float64{.5, 4.9}, []int{2, 7}},
		"yolov3":     {"DDG", []int{27, 46}, []float64{12.2, 7.1, 46.6}, []int{12, 8, 55}},
		"yolov3tiny": {"DG", []int{5}, []float64{.5, 5.0}, []int{2, 11}},
		"yolov4":     {"DDG", []int{29, 48}, []float64{8.3, 3.4, 48.5}, []int{13, 8, 89}},
		"yolov4tiny": {"GDDG", []int{10, 14, 21}, []float64{1.7, .1, 1.2, 4.0}, []int{5, 1, 3, 12}},
		"CSPNet":     {"GDDG", []int{5, 34, 58}, []float64{1.0, 4.2, 3.1, 38.7}, []int{2, 13, 11, 71}},
		"densenet":   {"GDDG", []int{98, 226, 288}, []float64{14.3, 4.2, 3.2, 10.2}, []int{39, 52, 24, 88}},
	}
	late = map[string]split{
		"yolov2":     {"2G", []int{19}, []float64{8.6, 20.8}, []int{8, 15}},
		"yolov2tiny": early["yolov2tiny"],
		"yolov3":     {"2G", []int{57}, []float64{22.8, 43.1}, []int{24, 51}},
		"yolov3tiny": early["yolov3tiny"],
		"yolov4":     {"G2G", []int{52, 134}, []float64{12.4, 14.8, 32.9}, []int{22, 33, 55}},
		"yolov4tiny": {"G2G", []int{18, 30}, []float64{2.6, 1.3, 3.1}, []int{7, 4, 10}},
		"CSPNet":     {"G2G", []int{13, 51}, []float64{1.7, 5.8, 39.5}, []int{6, 17, 74}},
		"densenet":   {"2G", []int{97}, []float64{14.3, 17.7}, []int{39, 164}},
	}
	networks = []string{"yolov2", "yolov2tiny", "yolov3", "yolov3tiny", "yolov4", "yolov4tiny", "CSPNet", "densenet"}
)

// rates are frames/s on a Xavier: of the serial baseline on the GPU, of JEDI on the GPU, and
// of JEDI on the GPU and DLAs; 0 where that was not published.
type rates struct{ base, gpu, both float64 }

// column is a published table of jedi.md section 4. In the TECS tables OpenCV's own
// threads were off, which leaves more of the cores to JEDI's.
type column struct {
	name          string
	precision     plan.Precision
	openCVThreads bool
	splits        map[string]split
	rates         map[string]rates
}

var published = []column{
	{"letter FP16", plan.FP16, true, early, map[string]rates{
		"yolov2": {74, 193, 291}, "yolov3": {50, 87, 133}, "yolov4": {43, 73, 90}, "yolov4tiny": {103, 459, 504},
		"CSPNet": {40, 62, 72}, "densenet": {44, 86, 120},
	}},
	{"TECS FP16", plan.FP16, false, late, map[string]rates{
		"yolov2": {74, 187, 295}, "yolov2tiny": {91, 625, 701}, "yolov3": {50, 85, 128}, "yolov3tiny": {102, 614, 729},
		"yolov4": {45, 81, 128}, "yolov4tiny": {103, 620, 598}, "CSPNet": {40, 65, 80}, "densenet": {44, 86, 118},
	}},
	{"TECS INT8", plan.INT8, false, late, map[string]rates{
		"yolov2": {90, 401, 502}, "yolov2tiny": {96, 749, 0}, "yolov3": {67, 169, 222}, "yolov3tiny": {110, 833, 0},
		"yolov4": {59, 156, 216}, "yolov4tiny": {108, 810, 0}, "CSPNet": {63, 145, 147}, "densenet": {61, 186, 230},
	}},
	{"2021-07 FP16", plan.FP16, true, late, map[string]rates{
		"yolov2": {78, 177, 289}, "yolov2tiny": {97, 566, 618}, "yolov3": {51, 87, 132}, "yolov3tiny": {110, 580, 670},
		"yolov4": {46, 83, 123}, "yolov4tiny": {111, 596, 602}, "CSPNet": {41, 64, 80}, "densenet": {46, 86, 119},
	}},
	{"2021-07 INT8", plan.INT8, true, late, map[string]rates{
		"yolov2": {97, 395, 485}, "yolov2tiny": {103, 663, 612}, "yolov3": {70, 167, 233}, "yolov3tiny": {119, 762, 672},
		"yolov4": {61, 158, 208}, "yolov4tiny": {116, 728, 672}, "CSPNet": {66, 149, 150}, "densenet": {62, 183, 225},
	}},
}

// TestXavierConvolutions counts the convolutions of the stages in the networks themselves.
func TestXavierConvolutions(t *testing.T) {
	files := map[string]string{"CSPNet": "cspnet", "densenet": "densenet-yolo"}
	conv := regexp.MustCompile(`^conv_\d+$`)
	for _, n := range networks {
		file := files[n]
		if file == "" {
			file = n
		}
		data, err := os.ReadFile(testdata.Path(t, "cfg/seed-nine/"+file+".cfg"))
		if err != nil {
			t.Fatal(err)
		}
		network, err := darknet.Parse(data, file)
		if err != nil {
			t.Fatal(err)
		}
		ids := network.TKDNNLayers()
		for _, s := range []split{early[n], late[n]} {
			from := 0
			for i, until := range append(slices.Clone(s.cuts), len(ids)-1) {
				seen := map[string]bool{}
				for _, id := range ids[from : until+1] {
					if conv.MatchString(id) {
						seen[id] = true
					}
				}
				if len(seen) != s.convs[i] {
					t.Errorf("%s %s, stage %d: %d convolutions, the table has %d", n, s.devices, i, len(seen), s.convs[i])
				}
				from = until + 1
			}
		}
	}
}
