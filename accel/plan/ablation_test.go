package plan

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"braid/accel"
)

// tenths are cut points a to i at a tenth of the work each.
func tenths() (cuts []CutShare) {
	for i := range 9 {
		cuts = append(cuts, CutShare{string(rune('a' + i)), float64(i+1) / 10})
	}
	return cuts
}

// shape is a plan in a line: of each segment the cut behind it and its replicas.
func shape(p Plan) string {
	var parts []string
	for i, s := range p.Segments {
		var on []string
		for _, r := range p.Replicas(i) {
			on = append(on, fmt.Sprintf("%s/%d", r.Device, r.Threads))
		}
		parts = append(parts, strings.Join(on, "+")+" "+s.Until)
	}
	return fmt.Sprintf("prep %d, %s| in_flight %d", p.Prep.Workers, strings.Join(parts, "| "), p.InFlight)
}

func TestAblation(t *testing.T) {
	for _, c := range []struct {
		name, row string
		cores     int
		devices   []accel.DeviceID
		want      string
	}{
		{"serial", RowSerial, 2, []accel.DeviceID{"cpu"}, "prep 1, cpu/0 | in_flight 1"},
		{"overlap", RowOverlap, 2, []accel.DeviceID{"cpu"}, "prep 1, cpu/0 | in_flight 4"},
		{"streams", RowStreams, 2, []accel.DeviceID{"cpu"}, "prep 1, cpu/1+cpu/1 | in_flight 5"},
		{"pipeline", RowPipeline, 2, []accel.DeviceID{"cpu"}, "prep 1, cpu/1 e| cpu/1 | in_flight 5"},
		{"pipeline of 8 cores", RowPipeline, 8, []accel.DeviceID{"cpu"}, "prep 2, cpu/4 e| cpu/4 | in_flight 6"},
		{"duplication", RowDuplication, 2, []accel.DeviceID{"cpu"}, "prep 1, cpu/1 c| cpu/1+cpu/1 | in_flight 6"},
		{"duplication of 5 cores", RowDuplication, 5, []accel.DeviceID{"cpu"}, "prep 2, cpu/1 b| cpu/1+cpu/1+cpu/1+cpu/1 | in_flight 9"},
		{"one GPU", RowPipeline, 2, []accel.DeviceID{"gpu:0"}, "prep 1, gpu:0/0+gpu:0/0 e| gpu:0/0+gpu:0/0 | in_flight 7"},
		{"streams on one GPU", RowStreams, 2, []accel.DeviceID{"gpu:0"}, "prep 1, gpu:0/0+gpu:0/0+gpu:0/0+gpu:0/0 | in_flight 7"},
		{"three devices", RowPipeline, 2, []accel.DeviceID{"gpu:0", "dla:0", "dla:1"}, "prep 1, gpu:0/0+gpu:0/0 c| dla:0/0+dla:0/0 g| dla:1/0+dla:1/0 | in_flight 9"},
		{"both DLAs", RowDuplication, 2, []accel.DeviceID{"gpu:0", "dla:0", "dla:1"}, "prep 1, gpu:0/0 c| dla:0/0+dla:1/0 | in_flight 6"},
		{"two devices", RowDuplication, 2, []accel.DeviceID{"gpu:0", "dla:0"}, "prep 1, gpu:0/0 c| dla:0/0+dla:0/0 | in_flight 6"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, err := Ablation{Cores: c.cores, Devices: c.devices, Cuts: tenths()}.Plan(c.row)
			if err != nil {
				t.Fatal(err)
			}
			if got := shape(p); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
			if p.Serial != (c.row == RowSerial) {
				t.Errorf("serial: %t", p.Serial)
			}
		})
	}
}

func TestAblationWithoutCuts(t *testing.T) {
	a := Ablation{Cores: 2, Devices: []accel.DeviceID{"cpu"}}
	for _, row := range []string{RowPipeline, RowDuplication} {
		if _, err := a.Plan(row); !errors.Is(err, ErrNoCut) {
			t.Errorf("%s: %v", row, err)
		}
	}
	if _, err := a.Plan("speed"); err == nil {
		t.Error("a row of no such name was made")
	}
}

// Whatever the machine and the network are, every row is a valid plan that a file
// can hold, and its cuts are the network's, in order.
func TestEveryAblationPlanIsValid(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := Ablation{
			Model:     "m@sha256:0123456789abcdef",
			Precision: rapid.SampledFrom([]Precision{"", FP32, FP16, INT8}).Draw(t, "precision"),
			Cores:     rapid.IntRange(1, 64).Draw(t, "cores"),
			Devices:   rapid.SliceOfNDistinct(rapid.SampledFrom([]accel.DeviceID{"cpu", "gpu:0", "gpu:1", "dla:0", "dla:1"}), 1, 5, rapid.ID).Draw(t, "devices"),
		}
		shares := rapid.SliceOfN(rapid.Float64Range(0, 1), 0, 30).Draw(t, "shares")
		slices.Sort(shares)
		for i, s := range shares {
			a.Cuts = append(a.Cuts, CutShare{fmt.Sprintf("c%02d", i), s})
		}
		for _, row := range AblationRows() {
			p, err := a.Plan(row)
			if errors.Is(err, ErrNoCut) && len(shares) < 2 {
				continue
			}
			if err != nil {
				t.Fatalf("%s: %v", row, err)
			}
			if err := p.Validate(); err != nil {
				t.Fatalf("%s: %v\n%s", row, err, shape(p))
			}
			if cuts := p.Cuts(); !slices.IsSorted(cuts) {
				t.Fatalf("%s: cuts %v", row, cuts)
			}
			file, err := p.Marshal()
			if err != nil {
				t.Fatal(err)
			}
			if back, err := Parse(file, row); err != nil || back.ID() != p.ID() {
				t.Fatalf("%s reads back as %s, %v\n%s", p.ID(), back.ID(), err, file)
			}
		}
	})
}

func TestWithStreams(t *testing.T) {
	base, err := Ablation{Cores: 2, Devices: []accel.DeviceID{"cpu"}}.Plan(RowStreams)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := shape(base.WithStreams(3)), "prep 1, cpu/1+cpu/1+cpu/1 | in_flight 6"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, want := shape(base), "prep 1, cpu/1+cpu/1 | in_flight 5"; got != want {
		t.Errorf("the plan itself became %s", got)
	}
	if got, want := shape(SingleThread("", "cpu", FP32)), "prep 1, cpu/1 | in_flight 1"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
