package bench

import (
	"bytes"
	"encoding/json"
	"flag"
	"math"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var update = flag.Bool("update", false, "rewrite golden files")

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
	if got != string(want) {
		t.Errorf("%s differs (-update rewrites it):\n%s", path, got)
	}
}

const calm = 10 * time.Millisecond

// sampled is a sample of 2 s at a rate, on a machine at rest.
func sampled(round int, fps float64) Sample {
	return Sample{
		Round: round, Frames: int(2 * fps), Seconds: 2, FPS: fps, Windows: []float64{fps - 1, fps + 1},
		P50: 1000 / fps, P99: 2000 / fps, CPU: 3, Allocs: 2 * fps * 4, Bytes: 2 * fps * 1024,
		Nodes: []Share{{Name: "prep", Busy: 0.25, MS: 2}, {Name: "infer.0", Busy: 0.75, MS: 6, By: []float64{0.8, 0.2}}}, Cores: []float64{0.9, 0.8},
		Check: Check{One: calm, All: calm + calm/10},
	}
}

// example has every part that a report can have.
func example() Report {
	subject := func(name string, sweep string, n int, fps ...float64) *Subject {
		s := &Subject{Name: name, Plan: "p-" + strings.Repeat("0", 8), Sweep: sweep, N: n}
		for i, f := range fps {
			s.Samples = append(s.Samples, sampled(i+1, f))
		}
		return s
	}
	subjects := []*Subject{
		subject("serial", "", 0, 50, 51, 52, 53, 54, 55),
		subject("streams", "", 0, 100, 101, 102, 103, 104, 105),
		subject("auto", "", 0, 99, 140, 101, 102, 103, 104, 105),
		subject("streams=1", "streams", 1, 60, 61, 62, 63, 64, 65),
		subject("streams=2", "streams", 2, 100, 100, 100, 100, 100, 100),
		subject("in_flight=4", "in_flight", 4, 80, 80, 80, 80, 80, 80),
	}
	subjects[1].Predicted = 108
	joules := 12.0
	for i := range subjects[1].Samples {
		subjects[1].Samples[i].Joules = &joules
		subjects[1].Samples[i].EnergyOf = []string{"packages (RAPL)", "gpu:0 (NVML)"}
		subjects[1].Samples[i].Busy = map[string]float64{"gpu:0": 0.5}
	}
	subjects[1].Timeline = []Piece{
		{"prep", 1, 4, 5},
		{"prep", 2, 5, 6},
		{"prep", 3, 6, 7},
		{"infer.0 1", 1, 5, 15},
		{"infer.0 2", 2, 6, 16},
	}
	subjects[2].Samples[1].Check.All *= 2 // it was fast, and does not count
	Reject(subjects)
	r := Report{
		Hardware: "cpu-epyc-x2", Model: "m@sha256:01234567", Version: "v1", Inputs: []string{"a<b>.mp4"}, Cameras: 8,
		Cores: 2, Duration: 2, Rounds: 6, Scaling: Scaling([]Check{{One: calm, All: calm + calm/10}}),
		Limit:   &Limit{Cores: 2, Decode: 4, Prep: 2, Infer: 9.5, Detect: 0.5},
		LeftOut: []LeftOut{{"pipeline", "too few cut points"}},
	}
	r.Fill(subjects)
	return r
}

func TestRows(t *testing.T) {
	r := example()
	if r.LimitFPS != 125 || len(r.Rows) != 3 || len(r.Sweep) != 3 {
		t.Fatalf("limit %g, %d rows, %d of a sweep", r.LimitFPS, len(r.Rows), len(r.Sweep))
	}
	s := r.Rows[1]
	s.Samples, s.Timeline, s.Joules = nil, nil, nil
	want := Row{
		Name: "streams", Plan: "p-00000000", FPS: 102.5, CI: 2.5, Lo: 100, Hi: 105, Coverage: 0.96875, Speedup: 102.5 / 52.5,
		P50: 1000 / 102.5, P99: 2000 / 102.5, Frames: 1230, Predicted: 108, OfLimit: 102.5 / 125, Busy: map[string]float64{"cpu": 0.75, "gpu:0": 0.5},
		Nodes: []Share{{Name: "prep", Busy: 0.25, MS: 2}, {Name: "infer.0", Busy: 0.75, MS: 6, By: []float64{0.8, 0.2}}}, CoreBusy: []float64{0.9, 0.8}, CPU: 1500 / 102.5, Allocs: 4, Bytes: 1024, Rounds: 6,
		EnergyOf: []string{"packages (RAPL)", "gpu:0 (NVML)"},
	}
	for _, x := range []struct{ got, want *float64 }{{&s.P50, &want.P50}, {&s.P99, &want.P99}, {&s.CPU, &want.CPU}} {
		if math.Abs(*x.got-*x.want) < 0.01 { // a median of quotients
			*x.got = *x.want
		}
	}
	if !reflect.DeepEqual(s, want) {
		t.Errorf("got  %+v\nwant %+v", s, want)
	}
	if auto := r.Rows[2]; auto.FPS != 102.5 || auto.Rounds != 6 || auto.Rejected != 1 || auto.Disturbed || !auto.Samples[1].Rejected {
		t.Errorf("the disturbed round shows: %+v", auto)
	}
}

func TestAllRoundsDisturbed(t *testing.T) {
	s := &Subject{Name: "serial"}
	for i := range 6 {
		x := sampled(i+1, 10)
		x.Check.One *= 3
		s.Samples = append(s.Samples, x)
	}
	Reject([]*Subject{s}, Check{One: calm, All: calm + calm/10})
	r := Report{}
	r.Fill([]*Subject{s})
	if row := r.Rows[0]; !row.Disturbed || row.Rejected != 6 || row.Rounds != 6 || row.FPS != 10 {
		t.Errorf("%+v", row)
	}
	if s.Width() != 1 {
		t.Errorf("an interval of disturbed rounds counts as %g wide", s.Width())
	}
}

// TestFewQuietRounds: two rounds of six are not believed more than all.
func TestFewQuietRounds(t *testing.T) {
	for quiet := range 7 {
		s := &Subject{Name: "x"}
		for i := range 6 {
			x := sampled(i+1, 10)
			if i < quiet {
				x = sampled(i+1, 20)
			} else {
				x.Check.One *= 3
			}
			s.Samples = append(s.Samples, x)
		}
		Reject([]*Subject{s}, sampled(0, 10).Check)
		r := Report{}
		r.Fill([]*Subject{s})
		row := r.Rows[0]
		if disturbed := quiet < 3; row.Disturbed != disturbed || row.Rejected != 6-quiet || !disturbed && (row.Rounds != quiet || row.FPS != 20) || disturbed && (row.Rounds != 6 || row.FPS > 15) {
			t.Errorf("%d quiet: %d of %d count, %g frames/s, disturbed %t", quiet, row.Rounds, 6-row.Rejected, row.FPS, row.Disturbed)
		}
	}
}

func TestWidest(t *testing.T) {
	one := &Subject{Name: "one"}
	for i := range 6 {
		one.Samples = append(one.Samples, sampled(i, 100+float64(i%2)))
	}
	two := &Subject{Name: "two", Samples: []Sample{sampled(1, 100), sampled(2, 100)}}
	if w := one.Width(); math.Abs(w-0.5/100.5) > 1e-9 {
		t.Errorf("width %g", w)
	}
	if name, w := Widest([]*Subject{one, two}); name != "two" || w != 1 {
		t.Errorf("widest is %s with %g: two rounds give no interval of 95 %%", name, w)
	}
	two.Sweep = "streams"
	if name, _ := Widest([]*Subject{one, two}); name != "one" {
		t.Errorf("widest is %s: a sweep does not count", name)
	}
}

func TestLimitOf(t *testing.T) {
	s := &Subject{}
	for i := range 3 {
		x := sampled(i+1, 50)
		x.Nodes = []Share{{Name: "prep", Busy: 0, MS: 2 + float64(i)}, {Name: "infer.0", Busy: 0, MS: 8}, {Name: "infer.1", Busy: 0, MS: 4}, {Name: "detect", Busy: 0, MS: 1}}
		x.Decode, x.Thread = 4, 0.05*(15+float64(i)) // of 100 frames; half of the time the core was another's
		s.Samples = append(s.Samples, x)
	}
	l := LimitOf(4, s)
	if *l != (Limit{Cores: 4, Decode: 4, Prep: 1.5, Infer: 6, Detect: 0.5}) || l.FPS() != 4000.0/12 {
		t.Errorf("%+v gives %g", l, l.FPS())
	}
	if l := LimitOf(4, &Subject{}); l.FPS() != 0 {
		t.Errorf("of nothing: %g", l.FPS())
	}
}

// Of one round the interval comes from its windows.
func TestOneRound(t *testing.T) {
	s := sampled(1, 50)
	s.Windows = []float64{48, 49, 50, 51, 52, 47}
	fps, lo, hi, coverage := rates([]Sample{s})
	if fps != 50 || lo != 47 || hi != 52 || coverage != 0.96875 {
		t.Errorf("%g in %g to %g with %g", fps, lo, hi, coverage)
	}
}

func TestDisturbed(t *testing.T) {
	ms := time.Millisecond
	checks := []Check{{100 * ms, 110 * ms, 90 * ms}, {105 * ms, 110 * ms, 103 * ms}, {106 * ms, 110 * ms, 90 * ms}, {100 * ms, 116 * ms, 90 * ms}, {100 * ms, 110 * ms, 104 * ms}}
	if got, want := Disturbed(checks), []bool{false, false, true, true, true}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if s := Scaling(checks); math.Abs(s-100.0/110) > 1e-9 {
		t.Errorf("scaling %g", s)
	}
}

// The quickest check is never rejected, and one more that is no quicker changes
// no verdict.
func TestDisturbedProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		took := rapid.Custom(func(t *rapid.T) Check {
			one := rapid.IntRange(1e6, 2e6).Draw(t, "one")
			return Check{time.Duration(one), time.Duration(one), time.Duration(one)}
		})
		checks := rapid.SliceOfN(took, 1, 20).Draw(t, "checks")
		first := Disturbed(checks)
		b := best(checks)
		for i, c := range checks {
			if c == b && first[i] {
				t.Fatal("the best is called disturbed")
			}
		}
		again := Disturbed(append(checks, Check{2 * b.One, b.All, b.Memory}))
		if !reflect.DeepEqual(again[:len(first)], first) || !again[len(first)] {
			t.Fatalf("%v became %v", first, again)
		}
	})
}

// A report reads back as it was written.
func TestParse(t *testing.T) {
	r := example()
	data, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	back, err := Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	again, err := json.Marshal(back)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(data, again) {
		t.Errorf("got\n%s\nwant\n%s", again, data)
	}
	for _, text := range []string{"", "{", "[]", "{}", `{"rows":[]}`, `{"rows":{}}`, `{"rows":[{"fps_lo":5}]}`, `{"rows":[{"fps":3,"ci":-1}]}`} {
		if _, err := Parse([]byte(text)); err == nil || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	data, err := json.Marshal(example())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add([]byte(`{"rows":[{"name":"serial","fps":1,"ci":0.5}]}`))
	f.Add([]byte(`{"rows":[{"fps":1},{}]}`))        // two of one name
	f.Add([]byte(`{"rows":[{"fps_lo":5,"ci":2}]}`)) // an interval that ends before it begins
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := Parse(data)
		if err != nil {
			return
		}
		if v := r.Against(r, "itself", 0); !v.OK {
			t.Errorf("it is slower than itself: %v", v.Slower())
		}
		if err := r.WritePage(&bytes.Buffer{}); err != nil {
			t.Error(err)
		}
	})
}

// TestCoresUnknown has a sample in which the kernel's clock of cores did not move.
func TestCoresUnknown(t *testing.T) {
	s := &Subject{Name: "short", Samples: []Sample{sampled(1, 50), sampled(2, 50), sampled(3, 50)}}
	s.Samples[0].Cores, s.Samples[2].Cores = nil, []float64{0.5, 0.2}
	if got := s.row(2).CoreBusy; !slices.Equal(got, []float64{0.7, 0.5}) {
		t.Errorf("cores busy %v, want the medians of two samples", got)
	}
	s.Samples = s.Samples[:1]
	if got := s.row(2).CoreBusy; got != nil {
		t.Errorf("cores busy %v, want none", got)
	}
}
