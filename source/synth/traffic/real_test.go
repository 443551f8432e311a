package traffic

import (
	"testing"
	"time"

	"braid/source/synth/street"
)

// The real cast moves as well as the fake one: it fits into lanes and keeps
// apart.
func TestRealActorsKeepApart(t *testing.T) {
	for seed := range uint64(4) {
		tr := New(street.New(seed, 1280, 720))
		for at := time.Duration(0); at < 20*time.Second; at += time.Second {
			tr.Advance(at)
			bodies := tr.Bodies()
			for i := range bodies {
				for k := range i {
					if p, q := planOf(&bodies[i]), planOf(&bodies[k]); !p.apart(q) && !q.apart(p) {
						t.Fatalf("seed %d, %v: tracks %d and %d overlap", seed, at, bodies[k].Track, bodies[i].Track)
					}
				}
			}
		}
	}
}
