package profile

import (
	"context"
	"errors"
	"math"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"braid/accel"
)

// link is a Call of a chain, and the Event of its Start.
type link struct {
	name string
	log  *[]string
	fail error
}

func (l *link) Start(_ context.Context, after accel.Event) (accel.Event, error) {
	if l.fail != nil {
		return nil, l.fail
	}
	before := "nothing"
	if a, ok := after.(*link); ok {
		before = a.name
	}
	*l.log = append(*l.log, l.name+" behind "+before)
	return l, nil
}

func (l *link) Wait(context.Context) error {
	*l.log = append(*l.log, "waited for "+l.name)
	return nil
}

func (l *link) Close() error { return nil }

// TestChain: Calls start behind one another and the last is what one waits for; where one fails, what was
// started before it has ended.
func TestChain(t *testing.T) {
	broken := errors.New("broken")
	for _, c := range []struct {
		name string
		fail int // the Call that fails; 0: none
		want []string
	}{
		{"all run", 0, []string{"a behind nothing", "b behind a", "c behind b", "waited for c"}},
		{"the last fails", 3, []string{"a behind nothing", "b behind a", "waited for b"}},
		{"the first fails", 1, nil},
	} {
		var log []string
		list := []*link{{name: "a", log: &log}, {name: "b", log: &log}, {name: "c", log: &log}}
		var calls chain
		for i, l := range list {
			if i+1 == c.fail {
				l.fail = broken
			}
			calls = append(calls, l)
		}
		err := once(t.Context(), calls)
		if (c.fail > 0) != errors.Is(err, broken) || !slices.Equal(log, c.want) {
			t.Errorf("%s: %v, %q; want %q", c.name, err, log, c.want)
		}
	}
}

// TestTransfersWithoutWaking: a core that has slept for long takes longer to wake, which is in no copy's time.
func TestTransfersWithoutWaking(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &machine{
			nodes: uneven(4), devices: []accel.Device{{ID: "gpu:1"}},
			copy: func(bytes int64) time.Duration { return time.Duration(bytes>>10) * 50 * time.Nanosecond },
			wake: map[accel.DeviceID]func(time.Duration) time.Duration{"gpu:1": func(slept time.Duration) time.Duration {
				if slept > 120*time.Microsecond { // a run that copies nothing takes 100
					return 30 * time.Microsecond
				}
				return 10 * time.Microsecond
			}},
		}
		p := measured2(t, m, Full())
		if len(p.Transfers) != 2*len(Full().Copies) {
			t.Fatalf("transfers %+v", p.Transfers)
		}
		for _, c := range p.Transfers {
			want := milliseconds(m.copy(c.Bytes))
			if c.To == host {
				want *= 2
			}
			if math.Abs(c.MS-want) > 0.03*want+1e-4 {
				t.Errorf("%s to %s: %d bytes take %g ms, want %g", c.From, c.To, c.Bytes, c.MS, want)
			}
		}
	})
}
