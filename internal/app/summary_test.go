package app

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"braid/accel/plan"
	"braid/internal/frame"
	"braid/stages"
)

// sleeper is a Stage that takes so long, in virtual time.
type sleeper time.Duration

func (s sleeper) Process(context.Context, *stages.Job) error {
	<-time.After(time.Duration(s))
	return nil
}

func (sleeper) Close() error { return nil }

// several are frames without pixels.
type several struct {
	pool   *frame.Pool
	ledger frame.Ledger
	left   int
}

func (s *several) Next(ctx context.Context) (*frame.Frame, error) {
	if s.left == 0 {
		return nil, io.EOF
	}
	s.left--
	f, err := s.pool.Get(ctx)
	if err == nil {
		f.Meta = frame.Meta{Camera: "cam", Ledger: &s.ledger}
		s.ledger.CountIn()
	}
	return f, err
}

// The rows of the stages say how long frames took in each, and how long its worker
// waited for one; the serial plan has no waits.
func TestStageRows(t *testing.T) {
	for _, serial := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			p := &pipeline{plan: plan.Auto("m", 1)}
			p.plan.Serial = serial
			var nodes []stages.Node
			for i, took := range []time.Duration{time.Second, 500 * time.Millisecond, time.Millisecond} {
				name := p.plan.StageNames()[i]
				p.nodes = append(p.nodes, name)
				nodes = append(nodes, stages.Node{Name: name, Workers: 1, Queue: 4, New: func(int) (stages.Stage, error) { return sleeper(took), nil }})
			}
			var err error
			if p.graph, err = stages.New(nodes, []*stages.Job{stages.NewJob(nil), stages.NewJob(nil)}, nil); err != nil {
				t.Fatal(err)
			}
			start, e := time.Now(), newEmitter("s", "m@1", p, nil)
			in := &several{pool: frame.NewPool(4, frame.Heap), left: 100}
			err = p.run(t.Context(), in, func(_ context.Context, j *stages.Job) error {
				j.Ledger.CountPublished()
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			s := summary{Stages: stageRows(p, e, time.Since(start))}
			checkStageRows(t, s.Stages, serial)
			var table bytes.Buffer
			s.write(&table)
			if !strings.Contains(table.String(), "STARVED P99") {
				t.Errorf("the table has no waits:\n%s", table.String())
			}
			if err := p.graph.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

func checkStageRows(t *testing.T, rows []stageSummary, serial bool) {
	t.Helper()
	text, err := json.Marshal(rows[2])
	if err != nil {
		t.Fatal(err)
	}
	want := `{"stage":"infer.0","on":"cpu x1","workers":[100],"busy":0.`
	if len(rows) != 5 || rows[0].Stage != "decode" || rows[4].Stage != "queue" || !strings.HasPrefix(string(text), want) {
		t.Errorf("%d rows, infer.0 is %s, want %s", len(rows), text, want)
	}
	within := func(what string, got, want float64) {
		if got < want*31/32 || got > want*33/32 {
			t.Errorf("%s is %g ms, want %g", what, got, want)
		}
	}
	within("p50", rows[2].P50, 500)
	if serial {
		if rows[2].Starved != nil || rows[2].Blocked != nil {
			t.Errorf("the serial plan has waits: %s", text)
		}
		return
	}
	within("starved p50", rows[2].Starved.P50, 500)
	within("starved p99", rows[2].Starved.P99, 500)
	within("blocked p99", rows[2].Blocked.P99, 0)
}
