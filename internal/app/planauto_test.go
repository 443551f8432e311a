package app

import (
	"log/slog"
	"strings"
	"testing"

	"braid/accel/plan"
	"braid/accel/plan/search"
)

// twoCores is a profile of a network of 20 ms on a machine of two cores, with so many
// frames a second from two streams, and from one of two threads.
func twoCores(streams, threads float64) plan.Profile {
	unit := func(at string, threads int, ms float64) plan.Unit {
		return plan.Unit{At: at, Device: "cpu", Threads: threads, MS: ms}
	}
	both := 1000 / threads
	return plan.Profile{
		Version: 1, Cores: 2,
		Units: []plan.Unit{unit("a", 1, 10), unit("", 1, 10), unit("a", 2, both/2), unit("", 2, both/2)},
		Streams: []plan.Streams{
			{Device: "cpu", N: 1, Threads: 1, Rate: 50}, {Device: "cpu", N: 2, Threads: 1, Rate: streams}, {Device: "cpu", N: 1, Threads: 2, Rate: threads},
		},
	}
}

// TestAuto takes what a good profile says, what a rough one says only where it
// promises a tenth more than a stream for each core, and nothing of a disturbed one.
func TestAuto(t *testing.T) {
	usual := plan.Auto("", 2)
	for _, c := range []struct {
		name    string
		profile plan.Profile
		rough   bool
		usual   bool
		says    string
	}{
		{"streams are best", twoCores(98, 70), false, true, "frame-parallel"},
		{"threads are a little better", twoCores(90, 95), true, true, "promises little more"},
		{"threads are better", twoCores(75, 98), true, false, "rough"},
		{"threads are better, measured well", twoCores(90, 95), false, false, ""},
		{"disturbed", twoCores(52, 98), true, true, "too busy to measure"},
		{"disturbed, measured well", twoCores(52, 98), false, false, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			var log strings.Builder
			env := &Env{Log: slog.New(slog.NewTextHandler(&log, nil))}
			from := choiceSource{profile: c.profile, origin: "rough", rough: c.rough}
			choice, err := search.Choose(c.profile, nil, search.Goal{})
			if err != nil {
				t.Fatal(err)
			}
			got := (&chooser{env: env}).decide(from, &chosen{Choice: choice, origin: from.origin}, usual)
			one := len(got.Segments) == 1 && got.Segments[0].Devices[0].Threads == 1 && len(got.Replicas(0)) == 2
			if one != c.usual {
				t.Errorf("chose %s", layoutOf(got))
			}
			if text := log.String(); strings.Count(text, "\n") != 1 || !strings.Contains(text, "plan chosen") || !strings.Contains(text, c.says) {
				t.Errorf("log: %s", text)
			}
		})
	}
}

func TestLayoutOf(t *testing.T) {
	p, err := plan.Parse([]byte(`version: 1
precision: fp16
segments:
  - {until: a, devices: ["gpu:0", "gpu:1"], streams: 4}
  - {devices: [{id: cpu, threads: 2}, {id: cpu/openvino, streams: 3}], precision: fp32}
`), "p.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := layoutOf(p), "gpu:0 x4 + gpu:1 x4 to a, fp16 | cpu (2 threads) + cpu/openvino x3"; got != want {
		t.Errorf("layout %q, want %q", got, want)
	}
}
