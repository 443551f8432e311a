package stages_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"braid/stages"
)

// Two workers of three seconds behind a prep of one: what is recorded says who did
// what when, ends where there is room for no more, and costs nothing afterwards.
func TestRecord(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		wait := func(d time.Duration) step {
			return func(ctx context.Context, _ *stages.Job) error { pause(ctx, d); return nil }
		}
		g := newGraph(t, 8, node("prep", 1, 2, wait(time.Second)), node("infer.0", 2, 2, wait(3*time.Second)))
		g.Record(7)
		start := time.Now()
		f := newFeed(5, "a")
		if err := g.Run(t.Context(), f, countOnly); err != nil {
			t.Fatal(err)
		}
		spans := g.Spans()
		var got []string
		for _, s := range spans {
			got = append(got, fmt.Sprintf("%d of %s in %d: %v-%v", s.Seq, s.Camera, s.Node, s.Begin.Sub(start), s.End.Sub(start)))
			if s.Node == 1 && s.Worker != 0 && s.Worker != 1 || s.Node == 0 && s.Worker != 0 {
				t.Errorf("span of worker %d of node %d", s.Worker, s.Node)
			}
		}
		slices.Sort(got) // two ends at one moment have no order
		want := []string{
			"1 of a in 0: 0s-1s", "1 of a in 1: 1s-4s", "2 of a in 0: 1s-2s", "2 of a in 1: 2s-5s",
			"3 of a in 0: 2s-3s", "4 of a in 0: 3s-4s", "5 of a in 0: 4s-5s",
		}
		if !slices.Equal(got, want) {
			t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		if again := g.Spans(); again != nil {
			t.Errorf("still recorded: %v", again)
		}
	})
}
