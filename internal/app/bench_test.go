package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"braid/accel"
	"braid/accel/network"
	"braid/accel/network/testnet"
	"braid/accel/plan"
	"braid/internal/bench"
)

// heat is a course that keeps a list of what was done on it. Its contenders run as
// fast as rate says.
type heat struct {
	rate   func(p plan.Plan, times int) float64
	room   int // contenders at once; 0: any number
	opened int
	done   []string
	times  map[string]int
}

type runner struct {
	*heat
	plan plan.Plan
}

func (h *heat) open(_ context.Context, p plan.Plan) (contender, error) {
	if h.room > 0 && h.opened == h.room {
		return nil, errors.New("no memory is left")
	}
	h.opened++
	h.done = append(h.done, "open "+p.Model)
	return &runner{h, p}, nil
}

func (h *heat) decode(context.Context, time.Duration) (float64, error) {
	h.done = append(h.done, "decode")
	return 4, nil
}

func (*heat) Close() error { return nil }

func (r *runner) measure(_ context.Context, m *benchMeter) (bench.Sample, error) {
	r.done = append(r.done, r.plan.Model)
	r.times[r.plan.Model]++
	fps := r.rate(r.plan, r.times[r.plan.Model])
	if fps == 0 {
		return bench.Sample{}, errTooShort
	}
	s := bench.Sample{Frames: 10, Seconds: 10 / fps, FPS: fps, Nodes: []bench.Share{{Name: "prep", MS: 1}, {Name: "infer.0", MS: 4}, {Name: "detect", MS: 1}}}
	if m.alone {
		s.Thread = 0.06
	}
	return s, nil
}

func (r *runner) graphOf() *pipeline { return &pipeline{} }

func (r *runner) Close() error {
	r.opened--
	r.heat.done = append(r.heat.done, "close "+r.plan.Model)
	return nil
}

// bench measures rows of these names on the course.
func (h *heat) bench(rounds int, names ...string) *benchRounds {
	h.times = map[string]int{}
	b := &benchRounds{
		env: &Env{Log: slog.New(slog.DiscardHandler)}, o: BenchOptions{Rounds: rounds, Duration: time.Second},
		stand:  newBenchStand(h, -1),
		gauges: newGauges(nil), check: func() bench.Check { return bench.Check{One: 10, All: 11} },
	}
	for _, n := range names {
		p := plan.Default()
		p.Model = n
		b.rows = append(b.rows, newBenchRow(n, p))
	}
	return b
}

func steady(plan.Plan, int) float64 { return 100 }

func TestRoundsTakeTurns(t *testing.T) {
	h := &heat{rate: steady}
	b := h.bench(3, "a", "b", "c")
	b.singles = []*benchRow{newBenchRow("one thread", plan.SingleThread("one", "cpu", plan.FP32))}
	if n, err := b.run(t.Context()); n != 3 || err != nil {
		t.Fatal(n, err)
	}
	got := strings.Join(h.done, ", ")
	want := "open a, a, open b, b, open c, c, open one, one, decode, b, c, a, one, decode, c, a, b, one, decode"
	if !strings.HasPrefix(got, want+", close") || h.opened != 0 {
		t.Errorf("got  %s\nwant %s; %d are left open", got, want, h.opened)
	}
	if l := b.limit(2); *l != (bench.Limit{Device: "cpu", Cores: 2, Decode: 4, Prep: 1, Infer: 4, Detect: 1}) {
		t.Errorf("limit %+v", l)
	}
}

// Rounds end when every interval is narrow, not before the sixth, and at the
// latest with the one that is allowed.
func TestRoundsEnd(t *testing.T) {
	noisy := func(p plan.Plan, n int) float64 { return 100 + 20*float64(n%2) }
	settling := func(p plan.Plan, n int) float64 {
		if n <= 2 {
			return 50
		}
		return 100
	}
	for _, c := range []struct {
		name string
		rate func(plan.Plan, int) float64
		most int
		want int
	}{{"steady", steady, 20, 6}, {"noisy", noisy, 20, 20}, {"few", steady, 2, 2}, {"settling", settling, 40, 12}} {
		t.Run(c.name, func(t *testing.T) {
			h := &heat{rate: c.rate}
			b := h.bench(c.most, "a", "b")
			if n, err := b.run(t.Context()); n != c.want || err != nil {
				t.Errorf("%d rounds, %v, want %d", n, err, c.want)
			}
		})
	}
}

// Samples beside a slow check are rejected, and the rounds go on for others.
func TestDisturbedRounds(t *testing.T) {
	h := &heat{rate: steady}
	b := h.bench(20, "a")
	calls := 0
	b.check = func() bench.Check {
		calls++
		if calls == 5 { // one before all, then two for each sample
			return bench.Check{One: 12, All: 11}
		}
		return bench.Check{One: 10, All: 11}
	}
	n, err := b.run(t.Context())
	if err != nil || n != 7 {
		t.Errorf("%d rounds, %v", n, err)
	}
	for i, s := range b.rows[0].Samples {
		if s.Rejected != (i == 1) || s.Round != i+1 {
			t.Errorf("sample %d: %+v", i, s)
		}
	}
	if s := b.scaling(); s < 0.909 || s > 0.91 {
		t.Errorf("scaling %g", s)
	}
}

// Where not all plans fit at once, each is set up for its turn.
func TestStandWithoutRoom(t *testing.T) {
	h := &heat{rate: steady, room: 1}
	b := h.bench(2, "a", "b")
	if _, err := b.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := []string{"open a", "a", "close a", "open b", "b", "close b", "open b", "b", "close b", "open a", "a", "close a"}
	if !slices.Equal(h.done, want) {
		t.Errorf("got %v\nwant %v", h.done, want)
	}
}

// What is quick to set up is set up anew for each turn.
func TestQuickRows(t *testing.T) {
	h := &heat{rate: steady}
	b := h.bench(2, "a", "b")
	b.stand.patience = time.Minute
	if _, err := b.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := []string{"open a", "a", "close a", "open b", "b", "close b", "open b", "b", "close b", "open a", "a", "close a"}
	if !slices.Equal(h.done, want) {
		t.Errorf("got %v\nwant %v", h.done, want)
	}
}

func TestFailedRow(t *testing.T) {
	h := &heat{rate: func(p plan.Plan, _ int) float64 { return float64(len(p.Model) - 1) }}
	b := h.bench(2, "ab", "c")
	_, err := b.run(t.Context())
	if !errors.Is(err, errTooShort) || !strings.HasPrefix(err.Error(), "running plan c (p-") {
		t.Errorf("got %v", err)
	}
	if err := b.stand.closeAll(); err != nil || h.opened != 0 {
		t.Errorf("%v, %d are left open", err, h.opened)
	}
}

// names of rows with what they vary.
func names(rows []*benchRow) (out []string) {
	for _, r := range rows {
		out = append(out, r.Name)
	}
	return out
}

func TestBenchRows(t *testing.T) {
	deep, err := network.Parse(testnet.RandomDAG(t, 1, 40))
	if err != nil {
		t.Fatal(err)
	}
	flat, err := network.Parse(testnet.Identity(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		o    BenchOptions
		net  *network.Network
		want string
		left int
		code int
	}{
		{"all", BenchOptions{}, deep, "serial overlap streams pipeline duplication auto", 0, 0},
		{"without cuts", BenchOptions{}, flat, "serial overlap streams auto", 2, 0},
		{"asked for", BenchOptions{Rows: []string{"auto", "serial"}}, deep, "auto serial", 0, 0},
		{"plans only", BenchOptions{Plans: []string{"serial", "auto"}}, deep, "serial auto", 0, 0},
		{"both", BenchOptions{Rows: []string{"streams"}, Plans: []string{"auto"}}, deep, "streams auto", 0, 0},
		{"asked for in vain", BenchOptions{Rows: []string{"pipeline"}}, flat, "", 0, 3},
		{"no such device", BenchOptions{Rows: []string{"serial"}, Devices: []string{"moon"}}, deep, "", 0, 2},
		{"no such plan", BenchOptions{Plans: []string{"no.yaml"}}, deep, "", 0, 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			rows, left, err := benchRows(c.o, c.net, nil, func(choice string) (plan.Plan, error) {
				if choice == rowAuto {
					return plan.Auto("", 2), nil
				}
				return choosePlan(choice, nil, nil)
			})
			if got := strings.Join(names(rows), " "); got != c.want || len(left) != c.left || ExitCode(err) != c.code {
				t.Errorf("rows %q, %v left out, %v", got, left, err)
			}
			for _, r := range rows {
				if err := r.plan.Validate(); err != nil {
					t.Errorf("%s: %v", r.Name, err)
				}
			}
		})
	}
}

func TestSweep(t *testing.T) {
	rows, err := sweep(plan.Ablation{Cores: 2, Devices: []accel.DeviceID{"cpu"}})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range rows {
		got = append(got, fmt.Sprintf("%s %d:%d", r.Name, len(r.plan.Replicas(0)), r.plan.InFlight))
	}
	want := []string{
		"streams=1 1:4", "streams=2 2:5", "streams=4 4:7",
		"in_flight=1 2:1", "in_flight=2 2:2", "in_flight=4 2:4", "in_flight=5 2:5", "in_flight=8 2:8",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// A limit by cores is no limit of what runs elsewhere too.
func TestLimitIsTheCPUs(t *testing.T) {
	p := plan.Auto("m", 2)
	rows := []*benchRow{newBenchRow("auto", p)}
	other := plan.Auto("m", 2)
	other.Segments[0].Devices[0].ID = "cpu/openvino"
	lesser := plan.Auto("m", 2)
	lesser.Segments[0].Precision, lesser.Segments[0].Devices[0].ID = plan.INT8, "cpu/ort"
	rows = append(rows, newBenchRow("the same", p), newBenchRow("openvino", other), newBenchRow("int8", lesser))
	var got []string
	for _, r := range singleThreads(rows, "m") {
		d := r.plan.Segments[0].Devices[0]
		if !r.plan.Serial || r.plan.Replicas(0)[0].Threads != 1 {
			t.Errorf("%+v", r.plan)
		}
		got = append(got, fmt.Sprintf("%s %s", d.ID, r.plan.Precision))
	}
	if want := []string{"cpu fp32", "cpu/openvino fp32", "cpu/ort int8"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	p.Segments = append(slices.Clone(p.Segments), plan.Segment{Devices: []plan.Placement{{ID: "gpu:0"}}})
	if r := singleThreads(append(rows, newBenchRow("both", p)), "m"); r != nil {
		t.Errorf("%+v", r)
	}
}

func TestPredictionIsShown(t *testing.T) {
	p := plan.Auto("m", 2)
	p.Predicted = &plan.Predicted{FPS: 12}
	if r := newBenchRow("auto", p); r.Predicted != 12 || r.Plan != p.ID() {
		t.Errorf("%+v", r)
	}
}
