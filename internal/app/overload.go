package app

import (
	"fmt"
	"slices"
	"strings"

	"braid/internal/frame"
)

// overload says, once a second at most, which cameras send more than the graph can take.
type overload struct{ dropped map[*feed]map[string]uint64 }

// named is how many cameras one line names.
const named = 5

// look compares with the second before and gives the line, "" where nothing was dropped
// because of the load. Frames that max_fps or every-n leave out were asked for.
func (o *overload) look(feeds []*feed) string {
	before := o.dropped
	o.dropped = make(map[*feed]map[string]uint64, len(feeds)) // of those that are there: cameras come and go
	type camera struct {
		name string
		n    uint64
	}
	var list []camera
	all := uint64(0)
	for _, f := range feeds {
		now, was := f.ledger.Counts().Dropped, before[f]
		n := uint64(0)
		for _, why := range []frame.Reason{frame.Late, frame.Policy} {
			n += now[why.String()] - was[why.String()]
		}
		o.dropped[f] = now
		if n > 0 {
			list = append(list, camera{f.name, n})
			all += n
		}
	}
	if all == 0 {
		return ""
	}
	slices.SortStableFunc(list, func(a, b camera) int { return int(b.n) - int(a.n) })
	var parts []string
	for i, c := range list {
		if i == named {
			parts = append(parts, fmt.Sprintf("%d more", len(list)-named))
			break
		}
		parts = append(parts, fmt.Sprintf("%s %d", c.name, c.n))
	}
	return fmt.Sprintf("%d frames in a second: %s", all, strings.Join(parts, ", "))
}
