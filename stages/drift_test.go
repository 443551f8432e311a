package stages_test

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"braid/stages"
)

// lines is a log without times.
func lines(out *strings.Builder) *slog.Logger {
	return slog.New(slog.NewTextHandler(out, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}})).With("plan", "p-1")
}

// driftOf runs a graph whose infer.0 should take 16 ms and takes what times say,
// one after the other for n frames each, and gives what was logged.
func driftOf(t *testing.T, run func(*stages.Graph, context.Context, stages.Intake, stages.Emit) error, n int, times ...time.Duration) []string {
	t.Helper()
	var out strings.Builder
	synctest.Test(t, func(t *testing.T) {
		infer := node("infer.0", 1, 1, func(ctx context.Context, j *stages.Job) error {
			d := times[int(j.Seq-1)/n]
			if j.Seq%10 == 0 {
				d *= 50 // a slow frame now and then is no drift
			}
			pause(ctx, d)
			return nil
		})
		infer.Expect = 16 * time.Millisecond
		prep := prep(1, 1) // expects nothing, and is never spoken of
		g, err := stages.New([]stages.Node{prep, infer}, newJobs(3), lines(&out))
		if err != nil {
			t.Fatal(err)
		}
		if err := run(g, t.Context(), newFeed(n*len(times), "a"), countOnly); err != nil {
			t.Fatal(err)
		}
		if err := g.Close(); err != nil {
			t.Error(err)
		}
	})
	return slices.DeleteFunc(strings.Split(out.String(), "\n"), func(s string) bool { return s == "" })
}

func warns(seen string) string {
	return fmt.Sprintf(`level=WARN msg="stage drifts from its plan" plan=p-1 stage=infer.0 expected=16ms seen=%s`, seen)
}

// What is seen is the middle of a histogram's bucket.
func TestDriftIsLoggedOnce(t *testing.T) {
	const ms = time.Millisecond
	for name, c := range map[string]struct {
		times []time.Duration
		want  []string
	}{
		"none":               {[]time.Duration{16 * ms, 16 * ms}, nil},
		"a fifth":            {[]time.Duration{19 * ms, 13 * ms}, nil},
		"slower":             {[]time.Duration{16 * ms, 24 * ms, 24 * ms, 26 * ms}, []string{warns("23.593ms")}},
		"faster":             {[]time.Duration{12 * ms, 12 * ms}, []string{`level=INFO msg="stage is faster than its plan" plan=p-1 stage=infer.0 expected=16ms seen=11.796ms`}},
		"slower and slower":  {[]time.Duration{24 * ms, 48 * ms}, []string{warns("23.593ms"), warns("47.186ms")}},
		"slower, then right": {[]time.Duration{24 * ms, 16 * ms, 16 * ms}, []string{warns("23.593ms"), `level=INFO msg="stage keeps to its plan again" plan=p-1 stage=infer.0 expected=16ms seen=15.991ms`}},
	} {
		for mode, run := range modes {
			t.Run(name+"/"+mode, func(t *testing.T) {
				if got := driftOf(t, run, 1000, c.times...); !slices.Equal(got, c.want) {
					t.Errorf("logged\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(c.want, "\n"))
				}
			})
		}
	}
}

// A window ends after ten seconds, or after 500 frames, and with at least 30.
func TestDriftWindow(t *testing.T) {
	for _, c := range []struct {
		frames int
		each   time.Duration
		lines  int
	}{
		{499, time.Millisecond, 0}, // over before both
		{500, time.Millisecond, 1}, // at the end
		{29, 2 * time.Second, 0},   // time enough, too few frames
		{30, 2 * time.Second, 1},   // late, with enough
		{300, 100 * time.Millisecond, 1},
	} {
		if got := driftOf(t, (*stages.Graph).Run, c.frames, c.each); len(got) != c.lines {
			t.Errorf("%d frames of %v: %q, want %d lines", c.frames, c.each, got, c.lines)
		}
	}
}
