//go:build e2e

package main

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// benchFile is the file of bench --json, as far as scripts rely on it.
type benchFile struct {
	Hardware string
	Model    string
	Inputs   []string
	Cameras  int
	Rounds   int
	LimitFPS float64 `json:"limit_fps"`
	Limit    struct {
		Cores  int
		Decode float64 `json:"decode_ms"`
		Prep   float64 `json:"prep_ms"`
		Infer  float64 `json:"infer_ms"`
		Detect float64 `json:"detect_ms"`
	}
	Rows  []benchFileRow
	Sweep []benchFileRow
}

type benchFileRow struct {
	Name     string
	Plan     string
	FPS      float64
	CI       float64
	Lo       float64 `json:"fps_lo"`
	Hi       float64 `json:"fps_hi"`
	Speedup  float64
	P50      float64 `json:"p50_ms"`
	P99      float64 `json:"p99_ms"`
	Frames   int
	OfLimit  float64 `json:"of_limit"`
	Busy     map[string]float64
	CPU      float64  `json:"cpu_ms_per_frame"`
	Allocs   *float64 `json:"allocs_per_frame"`
	Bytes    *float64 `json:"bytes_per_frame"`
	Nodes    []struct{ Name string }
	Rounds   int
	Rejected int
	Samples  []struct {
		Round  int
		FPS    float64
		Frames int
	}
}

// readBench runs bench and reads the file that it writes.
func readBench(t *testing.T, args ...string) benchFile {
	t.Helper()
	file := filepath.Join(t.TempDir(), "bench.json")
	mustRun(t, append([]string{"bench", "--json", file}, args...)...)
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var r benchFile
	if err := json.Unmarshal(data, &r); err != nil {
		t.Fatal(err)
	}
	if r.Hardware == "" || !strings.HasPrefix(r.Model, "braid-nano-320@sha256:") {
		t.Fatalf("%s", data)
	}
	return r
}

// check wants a row whose figures agree with each other; how fast it is, is this
// machine's business.
func (row benchFileRow) check(t *testing.T, r benchFile) {
	t.Helper()
	close := func(a, b float64) bool { return math.Abs(a-b) <= 1e-6*math.Abs(b) }
	switch {
	case !strings.HasPrefix(row.Plan, "p-"), row.Frames == 0, row.FPS <= 0, row.P50 <= 0, row.P99 < row.P50:
		t.Errorf("row %+v", row)
	case row.Lo > row.FPS, row.Hi < row.FPS, !close(row.CI, (row.Hi-row.Lo)/2):
		t.Errorf("%s: interval %g to %g, half %g, of %g", row.Name, row.Lo, row.Hi, row.CI, row.FPS)
	case !close(row.Speedup, row.FPS/r.Rows[0].FPS), !close(row.OfLimit, row.FPS/r.LimitFPS):
		t.Errorf("%s: ratio %g, share of the limit %g", row.Name, row.Speedup, row.OfLimit)
	case row.Busy["cpu"] <= 0, row.CPU <= 0, row.Allocs == nil, row.Bytes == nil, len(row.Nodes) < 3:
		t.Errorf("%s: busy %v, %g ms of CPU a frame, nodes %v", row.Name, row.Busy, row.CPU, row.Nodes)
	}
}

// TestBenchPlans measures plans on frames in memory, and from a scene to NATS.
func TestBenchPlans(t *testing.T) {
	plan := writeFile(t, "mine.yaml", "version: 1\nsegments: [{devices: [cpu]}]\n")
	for _, c := range []struct {
		name string
		args []string
		want int // cameras
	}{
		{"memory", nil, 0},
		{"cameras", []string{"--input", "scene:street?seed=3&size=320x180", "--copies", "3"}, 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := readBench(t, append([]string{"serial", plan, "auto", "--model", "braid-nano-320", "--duration", "500ms", "--rounds", "2"}, c.args...)...)
			if r.Cameras != c.want || r.Rounds != 2 || len(r.Rows) != 3 {
				t.Fatalf("%+v", r)
			}
			for i, name := range []string{"serial", "mine", "auto"} {
				r.Rows[i].check(t, r)
				if row := r.Rows[i]; row.Name != name || len(row.Samples) != 2 {
					t.Errorf("row %+v", row)
				}
			}
			l := r.Limit
			sum := l.Decode + l.Prep + l.Infer + l.Detect
			if l.Infer <= 0 || (l.Decode > 0) != (c.want > 0) || math.Abs(r.LimitFPS-1000*float64(l.Cores)/sum) > 1e-6*r.LimitFPS {
				t.Errorf("limit %g of %+v", r.LimitFPS, l)
			}
		})
	}
}

// TestBenchAblation runs every row, the sweep and the page.
func TestBenchAblation(t *testing.T) {
	page := filepath.Join(t.TempDir(), "bench.html")
	r := readBench(t, "--model", "braid-nano-320", "--duration", "200ms", "--rounds", "1", "--sweep", "--html", page)
	var names []string
	for _, row := range r.Rows {
		row.check(t, r)
		names = append(names, row.Name)
	}
	if got := strings.Join(names, " "); got != "serial overlap streams pipeline duplication auto" {
		t.Errorf("rows %s", got)
	}
	if n := len(r.Rows[3].Nodes); n != 4 {
		t.Errorf("a pipeline of two segments has %d nodes", n)
	}
	if len(r.Sweep) < 4 {
		t.Errorf("sweep %+v", r.Sweep)
	}
	data, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Frames/s by streams", "Frames/s by frames in flight", "Timelines", "infer.1 cpu", "limit is"} {
		if !strings.Contains(string(data), want) {
			t.Errorf("the page has no %q in it", want)
		}
	}
	if n := strings.Count(string(data), "<svg"); n != 9 { // rates, two sweeps, six timelines
		t.Errorf("%d drawings", n)
	}
}

// TestBenchCompare holds a row against a base that is far slower, and one that is
// far faster than any machine. Where there is nothing to compare, nothing is measured.
func TestBenchCompare(t *testing.T) {
	for _, c := range []struct {
		name, model, row, fps string
		code                  int
		want                  string
	}{
		{"slow base", "", "auto", "0.001", 0, ""},
		{"fast base", "", "auto", "1000000", 5, "slower than in"},
		{"another model", "other@sha256:00", "auto", "1000000", 3, "nothing to compare with"},
		{"no row in common", "", "serial", "1000000", 3, "nothing to compare with"},
	} {
		t.Run(c.name, func(t *testing.T) {
			base := writeFile(t, "base.json", `{"hardware":"another","model":"`+c.model+`","rows":[{"name":"`+c.row+`","fps":`+c.fps+`,"ci":0.0001}]}`)
			r := braid(t, "bench", "auto", "--model", "braid-nano-320", "--duration", "200ms", "--rounds", "1", "--compare", base, "--fail-over", "10%")
			if r.code != c.code || !strings.Contains(r.stderr, c.want) || strings.Contains(r.out, "another machine: ") != (c.code != 3) || strings.Contains(r.stderr, "round measured") != (c.code != 3) {
				t.Errorf("exit %d\n%s%s", r.code, r.out, r.stderr)
			}
		})
	}
}

func TestBenchBenchstat(t *testing.T) {
	r := mustRun(t, "bench", "--rows", "auto", "--model", "braid-nano-320", "--duration", "200ms", "--rounds", "2", "--format", "benchstat")
	if !strings.HasPrefix(r.out, "goos: ") || !strings.Contains(r.out, "\nBenchmarkBraid/row-auto-") || !strings.Contains(r.out, " frames/s\t") {
		t.Errorf("got %s", r.out)
	}
}

func TestBenchBadFlags(t *testing.T) {
	dir := t.TempDir()
	bad := writeFile(t, "bad.json", "{}")
	for _, c := range []struct {
		args string
		code int
		want []string
	}{
		{"--rows serial,fast", 2, []string{"--rows", "fast", "pipeline"}},
		{"--rounds 0", 2, []string{"--rounds", "1 to 500"}},
		{"--duration 0s", 2, []string{"--duration"}},
		{"--duration soon", 2, []string{"duration", "soon"}},
		{"--format csv", 2, []string{"--format", "csv", "benchstat"}},
		{"--format benchstat -o json", 2, []string{"--format", "-o json"}},
		{"--fail-over 5%", 2, []string{"--fail-over", "--compare"}},
		{"--compare " + bad + " --fail-over lots", 2, []string{"--fail-over", "lots", "5%"}},
		{"--precision fp8", 2, []string{"--precision", "fp8"}},
		{"--rows serial --devices moon", 2, []string{"--devices", "moon", "gpu:N"}},
		{"--compare " + bad, 3, []string{bad, "no rows"}},
		{"--compare gone.json", 3, []string{"gone.json"}},
		{"--html " + dir + "/no/page.html", 4, []string{"page.html", "folder"}},
	} {
		t.Run(c.args, func(t *testing.T) {
			r := braid(t, append([]string{"bench", "--model", "braid-nano-320"}, strings.Fields(c.args)...)...)
			lines := strings.Split(strings.TrimSpace(r.stderr), "\n")
			line := lines[0]
			if r.code != c.code || !strings.HasPrefix(line, "braid: ") || len(lines) > 2 || len(lines) == 2 && !strings.HasPrefix(lines[1], "see '") {
				t.Fatalf("exit %d: %s", r.code, r.stderr)
			}
			for _, w := range c.want {
				if !strings.Contains(line, w) {
					t.Errorf("no %q in %q", w, line)
				}
			}
		})
	}
}
