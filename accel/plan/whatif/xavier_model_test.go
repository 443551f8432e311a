package whatif_test

import (
	"fmt"
	"math"
	"testing"

	"braid/accel"
	"braid/accel/plan"
	"braid/accel/plan/search"
	"braid/accel/plan/whatif"
)

// What is known of a Xavier without a fit.
const (
	// cores are those of its CPU.
	cores = 8

	// layerGFLOP is the work that a GPU does in the time that a convolution takes beside
	// its work: 57 convolutions of GoogLeNet's 3.2 GFLOP (Szegedy et al., CVPR 2015: 1.5 G multiply-adds) take 1.77 ms in
	// the sum of HaX-CoNN's groups (jedi.md section 3), of which 3.2 GFLOP at the 5.6 TFLOP/s that
	// yolov2 and yolov3 reach (section 8) are 0.57: the rest is 21 us each.
	layerGFLOP = 0.12

	// gpuGain is the gain of two streams on the GPU. Which it is does not matter: the
	// declared rate is the one with streams.
	gpuGain = 1.25
)

// dlaGFLOP is what one DLA core does in a millisecond at its peak (NVIDIA's developer blog,
// "Jetson AGX Xavier Delivers 32 TeraOps", December 2018; jedi.md section 8 counts with it too):
// 2.5 TFLOP/s and 5 TOP/s.
var dlaGFLOP = map[plan.Precision]float64{plan.FP16: 2.5, plan.INT8: 5}

// constants are those that are fitted.
type constants struct {
	cut   float64 // ms that a cut adds to both sides together
	stage float64 // cores that each stage behind the first keeps busy: JEDI has a thread for each, which polls
}

// row is one published rate and how the model sees it.
type row struct {
	table, network string
	precision      plan.Precision
	split          split
	rates
	cores float64 // that the frames of the other networks keep busy at most, on the GPU alone
}

// rows are those with a published rate of GPU and DLAs.
func rows() (out []row) {
	for _, c := range published {
		for _, n := range networks {
			if r := c.rates[n]; r.both > 0 {
				out = append(out, row{c.name, n, c.precision, c.splits[n], r, busiest(c.openCVThreads, n)})
			}
		}
	}
	return out
}

// cpu is the time on a core of a frame, ms: what the baseline does one after the other and
// JEDI does beside the GPU (jedi.md section 8, CPU overlap).
func (r rates) cpu() float64 { return 1000/r.base - 1000/r.gpu }

// busiest is how many cores JEDI kept busy at most without a DLA, with any network but
// one, whose own rates would give its winner away. No table comes near all eight: the
// tiny networks in INT8 wait for these and not for the GPU.
func busiest(openCVThreads bool, but string) (most float64) {
	for _, c := range published {
		for n, r := range c.rates {
			if c.openCVThreads == openCVThreads && n != but {
				most = max(most, r.gpu*r.cpu()/1000)
			}
		}
	}
	return most
}

// profile is the row's network on a Xavier: its GPU-only rates are declared, and a
// DLA runs what the published plan gave it, at its peak. The cores that the frames do not
// get are counted as a longer time on those that they get.
func (r row) profile(c constants) (plan.Profile, error) {
	total := 0.0
	var work []whatif.Work
	for i, g := range r.split.gflop {
		at := fmt.Sprintf("c%d", i)
		if i == len(r.split.gflop)-1 {
			at = ""
		}
		work = append(work, whatif.Work{At: at, Amount: g, Layers: r.split.convs[i]})
		total += g + layerGFLOP*float64(r.split.convs[i])
	}
	speed := total * r.gpu / 1000 / gpuGain // GFLOP a millisecond, one stream
	why := func(unit int) string {
		if r.split.devices[unit] == 'G' {
			return "the published plan has it on the GPU"
		}
		return ""
	}
	dla := whatif.Device{ID: "dla:0", FIFO: true, Speed: dlaGFLOP[r.precision], Why: why}
	other := dla
	other.ID = "dla:1"
	left := r.cores - c.stage*float64(len(r.split.cuts))
	return whatif.Of(r.network, work, whatif.Machine{
		Cores: cores, CutMS: c.cut, Source: "jedi.md section 4", CPU: plan.CPUTimes{Decode: r.cpu() * cores / left},
		Devices: []whatif.Device{{ID: "gpu:0", Speed: speed, LayerMS: layerGFLOP / speed, StreamsGain: []float64{1, gpuGain}}, dla, other},
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

// gap is whether the two published rates differ by more than 5 %.
func (r row) gap() bool { return math.Abs(r.both-r.gpu) > 0.05*r.gpu }

// wrong is whether a prediction names the wrong winner where there is a gap.
func (r row) wrong(fps float64) bool { return r.gap() && (fps > r.gpu) != (r.both > r.gpu) }
