package app

import (
	"testing"

	"braid/internal/frame"
)

func TestOverloadIsTold(t *testing.T) {
	var feeds []*feed
	for _, name := range []string{"a", "b", "c", "d", "e", "f", "g"} {
		feeds = append(feeds, &feed{name: name, ledger: &frame.Ledger{}})
	}
	drop := func(camera int, why frame.Reason, n int) {
		for range n {
			feeds[camera].ledger.CountIn()
			feeds[camera].ledger.CountDropped(why)
		}
	}
	var o overload
	for _, step := range []struct {
		what string
		do   func()
		want string
	}{
		{"nothing", func() {}, ""},
		{"what was asked for", func() { drop(0, frame.Rate, 9); drop(0, frame.Cancelled, 9) }, ""},
		{"one camera", func() { drop(1, frame.Late, 2); drop(1, frame.Policy, 1) }, "3 frames in a second: b 3"},
		{"nothing more", func() {}, ""},
		{"all of them", func() {
			for i := range feeds {
				drop(i, frame.Policy, i+1)
			}
		}, "28 frames in a second: g 7, f 6, e 5, d 4, c 3, 2 more"},
	} {
		step.do()
		if got := o.look(feeds); got != step.want {
			t.Errorf("%s: %q, want %q", step.what, got, step.want)
		}
	}
}
