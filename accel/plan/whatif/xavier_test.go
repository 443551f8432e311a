package whatif_test

import (
	"flag"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"braid/accel"
	"braid/accel/plan"
	"braid/accel/plan/search"
	"braid/accel/plan/whatif"
)

var update = flag.Bool("update", false, "rewrite golden files")

// split is how a published configuration cuts a network: devices of the stages (G the GPU,
// D a DLA core of its own, 2 both cores) and the GFLOP of each.
type split struct {
	devices string
	gflop   []float64
}

// Splits of jedi.md section 4. The tiny networks have none with a DLA after 2021-01, but
// published rates with one: they are counted with the earlier split.
var (
	early = map[string]split{
		"yolov2": {"GDDG", []float64{.3, 10.1, 5.1, 13.9}}, "yolov2tiny": {"DG", []float64{.5, 4.9}},
		"yolov3": {"DDG", []float64{12.2, 7.1, 46.6}}, "yolov3tiny": {"DG", []float64{.5, 5.0}},
		"yolov4": {"DDG", []float64{8.3, 3.4, 48.5}}, "yolov4tiny": {"GDDG", []float64{1.7, .1, 1.2, 4.0}},
		"CSPNet": {"GDDG", []float64{1.0, 4.2, 3.1, 38.7}}, "densenet": {"GDDG", []float64{14.3, 4.2, 3.2, 10.2}},
	}
	late = map[string]split{
		"yolov2": {"2G", []float64{8.6, 20.8}}, "yolov2tiny": early["yolov2tiny"],
		"yolov3": {"2G", []float64{22.8, 43.1}}, "yolov3tiny": early["yolov3tiny"],
		"yolov4": {"G2G", []float64{12.4, 14.8, 32.9}}, "yolov4tiny": {"G2G", []float64{2.6, 1.3, 3.1}},
		"CSPNet": {"G2G", []float64{1.7, 5.8, 39.5}}, "densenet": {"2G", []float64{14.3, 17.7}},
	}
	networks = []string{"yolov2", "yolov2tiny", "yolov3", "yolov3tiny", "yolov4", "yolov4tiny", "CSPNet", "densenet"}
)

// column is a published table: frames/s by network, GPU only and GPU with DLA.
type column struct {
	name   string
	splits map[string]split
	rates  map[string][2]float64
}

var published = []column{
	{"letter FP16", early, map[string][2]float64{
		"yolov2": {193, 291}, "yolov3": {87, 133}, "yolov4": {73, 90}, "yolov4tiny": {459, 504}, "CSPNet": {62, 72}, "densenet": {86, 120},
	}},
	{"TECS FP16", late, map[string][2]float64{
		"yolov2": {187, 295}, "yolov2tiny": {625, 701}, "yolov3": {85, 128}, "yolov3tiny": {614, 729},
		"yolov4": {81, 128}, "yolov4tiny": {620, 598}, "CSPNet": {65, 80}, "densenet": {86, 118},
	}},
	{"TECS INT8", late, map[string][2]float64{
		"yolov2": {401, 502}, "yolov3": {169, 222}, "yolov4": {156, 216}, "CSPNet": {145, 147}, "densenet": {186, 230},
	}},
	{"2021-07 FP16", late, map[string][2]float64{
		"yolov2": {177, 289}, "yolov2tiny": {566, 618}, "yolov3": {87, 132}, "yolov3tiny": {580, 670},
		"yolov4": {83, 123}, "yolov4tiny": {596, 602}, "CSPNet": {64, 80}, "densenet": {86, 119},
	}},
	{"2021-07 INT8", late, map[string][2]float64{
		"yolov2": {395, 485}, "yolov2tiny": {663, 612}, "yolov3": {167, 233}, "yolov3tiny": {762, 672},
		"yolov4": {158, 208}, "yolov4tiny": {728, 672}, "CSPNet": {149, 150}, "densenet": {183, 225},
	}},
}

// constants are the three that are fitted.
type constants struct {
	slower float64 // time of a DLA core over that of the GPU, for the same work
	cut    float64 // ms that a cut adds to both sides together
	start  float64 // ms of each segment on a DLA, whatever its work
}

// row is one published rate and how the model sees it.
type row struct {
	table, network string
	split          split
	gpu, both      float64
}

func rows() (out []row) {
	for _, c := range published {
		for _, n := range networks {
			if r, ok := c.rates[n]; ok {
				out = append(out, row{c.name, n, c.splits[n], r[0], r[1]})
			}
		}
	}
	return out
}

// gpuGain is the gain of two streams on the GPU. Which it is does not matter: the
// declared rate is the one with streams.
const gpuGain = 1.25

// profile is the row's network on a Xavier: its GPU-only rate is declared, and a
// DLA runs what the published plan gave it.
func (r row) profile(c constants) (plan.Profile, error) {
	total := 0.0
	var work []whatif.Work
	for i, g := range r.split.gflop {
		at := fmt.Sprintf("c%d", i)
		if i == len(r.split.gflop)-1 {
			at = ""
		}
		work, total = append(work, whatif.Work{At: at, Amount: g}), total+g
	}
	speed := total * r.gpu / 1000 // GFLOP a millisecond, all streams
	why := func(unit int) string {
		if r.split.devices[unit] == 'G' {
			return "the published plan has it on the GPU"
		}
		return ""
	}
	dla := whatif.Device{ID: "dla:0", FIFO: true, Speed: speed / c.slower, StartMS: c.start, Why: why}
	other := dla
	other.ID = "dla:1"
	return whatif.Of(r.network, work, whatif.Machine{
		Cores: 8, CutMS: c.cut, Source: "jedi.md section 4",
		Devices: []whatif.Device{{ID: "gpu:0", Speed: speed / gpuGain, StreamsGain: []float64{1, gpuGain}}, dla, other},
	})
}

// plan is the published one.
func (r row) plan() plan.Plan {
	p := plan.Default()
	p.InFlight = 32
	core := 0
	for i, d := range r.split.devices {
		s := plan.Segment{Streams: 2}
		if i < len(r.split.devices)-1 {
			s.Until = fmt.Sprintf("c%d", i)
		}
		switch d {
		case 'G':
			s.Devices = []plan.Placement{{ID: "gpu:0"}}
		case '2':
			s.Devices = []plan.Placement{{ID: "dla:0"}, {ID: "dla:1"}}
		default:
			s.Devices = []plan.Placement{{ID: accel.DeviceID(fmt.Sprintf("dla:%d", core))}}
			core++
		}
		p.Segments = append(p.Segments, s)
	}
	return p
}

func (r row) predict(t *testing.T, c constants) float64 {
	t.Helper()
	p, err := r.profile(c)
	if err != nil {
		t.Fatal(err)
	}
	got, err := search.Predict(p, r.plan())
	if err != nil {
		t.Fatal(err)
	}
	return got.FPS
}

// wrong is whether a prediction names the wrong winner where the gap exceeds 5 %.
func (r row) wrong(fps float64) bool {
	return math.Abs(r.both-r.gpu) > 0.05*r.gpu && (fps > r.gpu) != (r.both > r.gpu)
}

func median(x []float64) float64 {
	s := slices.Sorted(slices.Values(x))
	return (s[len(s)/2] + s[(len(s)-1)/2]) / 2
}

// TestXavierByWhatIf leaves one network out, fits the three constants on the rows of all
// others, and predicts its rows. GPU-only rates are inputs and not scored. What is asked
// for is a median error of 12 % at most, which is held here, and the right winner in every row
// whose gap exceeds 5 %, which the model does not reach: the report marks the rows.
// The rule of fit is the first that was tried. Nine others (least mean or median of
// errors or of their logarithms, with and without the winners, the DLA's slowness fitted or
// 2.15 as HaX-CoNN has it for GoogLeNet) were tried after it: medians of 9.5 to 10.8 %,
// two to five wrong winners, and none without.
func TestXavierByWhatIf(t *testing.T) {
	var grid []constants
	for slower := 0.8; slower < 3.05; slower += 0.2 {
		for cut := 0.0; cut < 0.45; cut += 0.04 {
			for start := 0.0; start < 2.05; start += 0.2 {
				grid = append(grid, constants{slower, cut, start})
			}
		}
	}
	all := rows()
	predicted := make([][]float64, len(grid))
	for i, c := range grid {
		for _, r := range all {
			predicted[i] = append(predicted[i], r.predict(t, c))
		}
	}
	var report strings.Builder
	fmt.Fprintf(&report, "AGX Xavier by what-if, one network left out: GPU-only rates are declared. Constants: DLA time over\nGPU time, ms of a cut, ms of a DLA segment's start. yolov4csp has no published split.\n\n")
	fmt.Fprintf(&report, "%-13s %-11s %8s %8s %9s %7s  %-11s %s\n", "table", "network", "GPU", "GPU+DLA", "predicted", "error", "constants", "planner")
	var errs []float64
	worst, wrong := 0.0, 0
	for _, n := range networks {
		c, at := fit(grid, predicted, all, n)
		for i, r := range all {
			if r.network != n {
				continue
			}
			f := predicted[at][i]
			e := (f - r.both) / r.both
			errs = append(errs, math.Abs(e))
			worst = max(worst, math.Abs(e))
			chosen, picked := choose(t, r, c)
			mark := ""
			if r.wrong(f) || r.both < 0.95*r.gpu && picked {
				wrong, mark = wrong+1, " WRONG"
			}
			fmt.Fprintf(&report, "%-13s %-11s %8.0f %8.0f %9.0f %6.1f%%  %.1f %.2f %.1f %s%s\n", r.table, n, r.gpu, r.both, f, 100*e, c.slower, c.cut, c.start, chosen, mark)
		}
	}
	fmt.Fprintf(&report, "\n%d rows: median error %.1f %%, worst %.1f %%; wrong winners where the gap exceeds 5 %%: %d\n", len(errs), 100*median(errs), 100*worst, wrong)
	golden(t, "testdata/xavier.golden", report.String())
	if median(errs) > 0.12 {
		t.Errorf("median error %.1f %%, want 12 at most", 100*median(errs))
	}
}

// fit takes the constants with the fewest wrong winners and then the least median error
// on all networks but one.
func fit(grid []constants, predicted [][]float64, all []row, out string) (constants, int) {
	best, at := math.Inf(1), 0
	for i := range grid {
		wrong := 0
		var errs []float64
		for k, r := range all {
			if r.network == out {
				continue
			}
			errs = append(errs, math.Abs(predicted[i][k]-r.both)/r.both)
			if r.wrong(predicted[i][k]) {
				wrong++
			}
		}
		if score := float64(wrong) + median(errs); score < best {
			best, at = score, i
		}
	}
	return grid[at], at
}

// choose is what the planner picks, and whether that uses a DLA.
func choose(t *testing.T, r row, c constants) (search.Kind, bool) {
	t.Helper()
	p, err := r.profile(c)
	if err != nil {
		t.Fatal(err)
	}
	got, err := search.Choose(p, nil, search.Goal{})
	if err != nil {
		t.Fatal(err)
	}
	kind := got.Chosen.Kind
	return kind, kind == search.Pipeline || kind == search.Hybrid
}

func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != got {
		t.Errorf("%s differs (-update rewrites it):\n%s", path, got)
	}
}
