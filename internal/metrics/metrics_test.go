package metrics

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	dto "github.com/prometheus/client_model/go"
	"pgregory.net/rapid"

	"braid/internal/frame"
	"braid/internal/histogram"
)

// example is an instance with one of everything.
func example() Snapshot {
	var h histogram.Histogram
	for _, d := range []time.Duration{0, time.Millisecond, 8 * time.Millisecond, 8 * time.Millisecond, time.Second} {
		h.Add(d)
	}
	return Snapshot{
		Version: "v1.2.3",
		Cameras: []Camera{{
			Name: "gate-1", State: "playing", Attempt: 2, Queued: 1, Age: h.Read(),
			Counts: frame.Counts{In: 103, Published: 90, InFlight: 3, Failed: map[string]uint64{"infer.0": 2}, Dropped: map[string]uint64{"policy": 4, "late": 1, "spool": 3}},
		}},
		Stages: []Stage{{Model: "yolox-nano", Name: "infer.0", On: "cpu", Workers: 2, Queued: 1, Queue: 4, Busy: h.Read(), Blocked: h.Read(), Starved: h.Read()}},
		Sinks:  []Sink{{Name: "nats", Connected: true, Pending: 7, Spooled: 5, Dropped: 1}},
	}
}

func gather(t testing.TB, s Snapshot) map[string]*dto.MetricFamily {
	t.Helper()
	r := prometheus.NewPedanticRegistry() // checks each metric against its description
	r.MustRegister(collector{func() Snapshot { return s }})
	list, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]*dto.MetricFamily{}
	for _, f := range list {
		out[f.GetName()] = f
	}
	return out
}

// TestMetrics: every name is there, once, with its values.
func TestMetrics(t *testing.T) {
	found := gather(t, example())
	if len(found) != len(all) {
		t.Errorf("%d metrics, described are %d", len(found), len(all))
	}
	r := prometheus.NewRegistry()
	r.MustRegister(collector{example})
	const want = `
# HELP braid_frames_dropped_total Frames that were given up: before inference, or (spool) before the server had their message.
# TYPE braid_frames_dropped_total counter
braid_frames_dropped_total{camera="gate-1",reason="cancelled"} 0
braid_frames_dropped_total{camera="gate-1",reason="late"} 1
braid_frames_dropped_total{camera="gate-1",reason="policy"} 4
braid_frames_dropped_total{camera="gate-1",reason="rate"} 0
braid_frames_dropped_total{camera="gate-1",reason="spool"} 3
# HELP braid_frames_failed_total Frames that failed in a stage or sink.
# TYPE braid_frames_failed_total counter
braid_frames_failed_total{camera="gate-1",where="infer.0"} 2
# HELP braid_camera_state 1 for the state that the camera is in.
# TYPE braid_camera_state gauge
braid_camera_state{camera="gate-1",state="playing"} 1
# HELP braid_sink_spooled_messages Messages that wait on disk for the server.
# TYPE braid_sink_spooled_messages gauge
braid_sink_spooled_messages{sink="nats"} 5
`
	if err := testutil.GatherAndCompare(r, strings.NewReader(want), "braid_frames_dropped_total", "braid_frames_failed_total", "braid_camera_state", "braid_sink_spooled_messages"); err != nil {
		t.Error(err)
	}
	problems, err := testutil.GatherAndLint(r)
	if err != nil || len(problems) > 0 {
		t.Errorf("promlint: %v, %v", problems, err)
	}
	age := found["braid_message_age_seconds"].GetMetric()[0].GetHistogram()
	if age.GetSampleCount() != 5 || math.Abs(age.GetSampleSum()-1.017) > 1e-9 || age.GetZeroCount() != 1 || age.GetSchema() != schema {
		t.Errorf("age %v", age)
	}
}

// TestNativeHistograms: each duration is in the bucket that Prometheus would put it in, or
// its neighbour, and none is lost.
func TestNativeHistograms(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := time.Duration(rapid.Int64Range(1, int64(15*time.Minute)).Draw(t, "duration"))
		var h histogram.Histogram
		h.Add(d)
		for b := range h.Read().All() {
			got, want := bucketOf(b.Low+b.Width/2), bucketOf(d)
			if b.N != 1 || b.Width > 1 && (got < want-1 || got > want+1) {
				t.Fatalf("%v is in bucket %d, want %d", d, got, want)
			}
		}
	})
	if bucketOf(time.Second) != 0 || bucketOf(2*time.Second) != 8 || bucketOf(time.Second+1) != 1 {
		t.Errorf("1 s is in bucket %d, 2 s in %d, want 0 and 8", bucketOf(time.Second), bucketOf(2*time.Second))
	}
}
