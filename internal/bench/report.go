// Package bench is the arithmetic and the formats of braid bench: what samples of
// a row come to, which of them a disturbed machine has spoilt, how two reports
// compare, and the report as JSON, as lines for benchstat and as a page. It
// measures nothing and runs nothing.
package bench

import (
	"encoding/json"
	"errors"
	"fmt"
)

// Report is the file of braid bench --json. Keys are added, never renamed.
type Report struct {
	Hardware string   `json:"hardware"`
	Model    string   `json:"model"`
	Version  string   `json:"version"`
	Inputs   []string `json:"inputs,omitempty"` // none: frames in memory
	Cameras  int      `json:"cameras,omitempty"`

	Cores    int     `json:"cores,omitempty"`
	Duration float64 `json:"duration_s,omitempty"` // of a row in a round
	Rounds   int     `json:"rounds,omitempty"`
	Scaling  float64 `json:"scaling,omitempty"` // of the calibration loop, see Scaling

	LimitFPS float64   `json:"limit_fps,omitempty"`
	Limit    *Limit    `json:"limit,omitempty"`
	Rows     []Row     `json:"rows"`
	Sweep    []Row     `json:"sweep,omitempty"`
	LeftOut  []LeftOut `json:"left_out,omitempty"`
	Compare  *Verdicts `json:"compare,omitempty"`
}

// Row is what one plan came to: medians over the rounds that count.
type Row struct {
	Name      string             `json:"name"`
	Plan      string             `json:"plan"`
	FPS       float64            `json:"fps"`
	CI        float64            `json:"ci"`     // half of the interval of fps
	Lo        float64            `json:"fps_lo"` // the interval itself
	Hi        float64            `json:"fps_hi"`
	Coverage  float64            `json:"coverage,omitempty"` // probability that the interval holds the median
	Speedup   float64            `json:"speedup"`
	P50       float64            `json:"p50_ms"`
	P99       float64            `json:"p99_ms"`
	Frames    int                `json:"frames"` // in all samples that count
	HostWaits int64              `json:"host_waits"`
	Predicted float64            `json:"predicted_fps,omitempty"`
	OfLimit   float64            `json:"of_limit,omitempty"`
	Busy      map[string]float64 `json:"busy,omitempty"` // by device: the CPU, and GPUs that tell
	Nodes     []Share            `json:"nodes,omitempty"`
	CoreBusy  []float64          `json:"core_busy,omitempty"`
	CPU       float64            `json:"cpu_ms_per_frame,omitempty"`
	Allocs    float64            `json:"allocs_per_frame"`
	Bytes     float64            `json:"bytes_per_frame"`
	Joules    *float64           `json:"joules_per_frame,omitempty"`
	EnergyOf  []string           `json:"energy_of,omitempty"` // what joules_per_frame has in it
	Rounds    int                `json:"rounds,omitempty"`    // that count
	Rejected  int                `json:"rejected,omitempty"`
	Disturbed bool               `json:"disturbed,omitempty"` // all rounds were, or all but one or two: all count
	Samples   []Sample           `json:"samples,omitempty"`
	Timeline  []Piece            `json:"-"`
	Varied    string             `json:"varied,omitempty"` // in a sweep: streams or in_flight
	N         int                `json:"n,omitempty"`      // in a sweep: the value
}

// LeftOut is a row that could not be made, with the reason.
type LeftOut struct {
	Name string `json:"name"`
	Why  string `json:"why"`
}

// Limit is what the cores would do if nothing but the work itself took time:
// cores / (CPU seconds of one frame). Its parts are milliseconds of one core.
type Limit struct {
	Device string  `json:"device,omitempty"` // the runtime of the CPU that allows the most of those that the plans use
	Cores  int     `json:"cores"`
	Decode float64 `json:"decode_ms"`
	Prep   float64 `json:"prep_ms"`
	Infer  float64 `json:"infer_ms"`
	Detect float64 `json:"detect_ms"`
}

// FPS is the limit, 0 where nothing was measured.
func (l Limit) FPS() float64 {
	sum := l.Decode + l.Prep + l.Infer + l.Detect
	if sum <= 0 {
		return 0
	}
	return float64(l.Cores) * 1000 / sum
}

// serialRow is the row that the others are compared with, where there is one.
const serialRow = "serial"

// Fill makes the rows of the subjects.
func (r *Report) Fill(subjects []*Subject) {
	r.Rows, r.Sweep = []Row{}, nil
	for _, s := range subjects {
		row := s.row(r.Cores)
		if s.Sweep != "" {
			row.Samples = nil
			r.Sweep = append(r.Sweep, row)
		} else {
			r.Rows = append(r.Rows, row)
		}
	}
	if r.Limit != nil {
		r.LimitFPS = r.Limit.FPS()
	}
	base := 0.0
	for i, row := range r.Rows {
		if i == 0 || row.Name == serialRow {
			base = row.FPS
		}
	}
	for _, rows := range [][]Row{r.Rows, r.Sweep} {
		for i := range rows {
			rows[i].Speedup = ratio(rows[i].FPS, base)
			rows[i].OfLimit = ratio(rows[i].FPS, r.LimitFPS)
		}
	}
}

func ratio(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / b
}

// Parse reads a report that a braid of any version has written.
func Parse(data []byte) (Report, error) {
	var r Report
	if err := json.Unmarshal(data, &r); err != nil {
		return Report{}, fmt.Errorf("reading the report: %w", err)
	}
	if len(r.Rows) == 0 {
		return Report{}, errors.New("reading the report: it has no rows: want a file of braid bench --json")
	}
	for _, row := range r.Rows {
		if lo, hi := row.interval(); lo > hi {
			return Report{}, fmt.Errorf("reading the report: the rate of row %q is between %g and %g: want a file of braid bench --json", row.Name, lo, hi)
		}
	}
	return r, nil
}
