//go:build cgo && linux

package app

import (
	"context"
	"fmt"
	"reflect"
	"testing"

	"braid/accel"
	"braid/internal/frame"
	"braid/stages"
)

// loads notes which engines are told that others share their device, and which rank they have there.
type loads struct {
	accel.Backend
	said []string
}

func (l *loads) Load(ctx context.Context, blob []byte, d accel.DeviceID, o accel.LoadOptions) (accel.Engine, error) {
	l.said = append(l.said, fmt.Sprintf("%s %t %d", d, o.Shared, o.Rank))
	return l.Backend.Load(ctx, blob, d, o)
}

// TestSegmentsKnowWhomTheyShareWith: a device is shared where the plan has several segments on it, whatever their
// replicas, or where other models run. Where no others do what it has for itself goes before what is on others too.
func TestSegmentsKnowWhomTheyShareWith(t *testing.T) {
	for _, c := range []struct {
		plan  string
		among bool
		want  []string
	}{
		{"sim:x sim:y sim:x", false, []string{"sim:x true 0", "sim:y false 0", "sim:x true 0"}},
		{"cpu sim:x,sim:y cpu", false, []string{"cpu true 0", "sim:x false 0", "sim:y false 0", "cpu true 0"}},
		{"sim:x sim:y", true, []string{"sim:x true 0", "sim:y true 0"}},
		{"sim:x,sim:y sim:y sim:x", false, []string{"sim:x true 0", "sim:y true 0", "sim:y true 1", "sim:x true 1"}},
		{"sim:x,sim:y sim:y sim:x", true, []string{"sim:x true 0", "sim:y true 0", "sim:y true 0", "sim:x true 0"}},
	} {
		r := newRig(t)
		noted := &loads{Backend: r.rt}
		p := planOver(c.plan)
		run := &planRun{verifier: r.verifier, frames: 1, pool: frame.NewPool(p.InFlight+1, frame.Heap)}
		pipe, err := assemble(t.Context(), noted, r.net, p, r.log, func(b *builder) (first, last stages.Node) {
			b.among = c.among
			return run.ends(b)
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := pipe.Close(); err != nil {
			t.Error(err)
		}
		if !reflect.DeepEqual(noted.said, c.want) {
			t.Errorf("%s: %v, want %v", c.plan, noted.said, c.want)
		}
	}
}
