package app

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"braid/accel/plan"
	"braid/internal/card"
	"braid/internal/config"
	"braid/sink/wire"
)

// TestResumeGoesOnWithWhatItBegan: lines of another model or site are no beginning of this batch, those of another
// plan are, and that is told once.
func TestResumeGoesOnWithWhatItBegan(t *testing.T) {
	var log bytes.Buffer
	b := &batch{
		env: &Env{Log: slog.New(slog.NewTextHandler(&log, nil))}, cfg: config.Config{Site: "home"},
		model: &model{card: &card.Card{Name: "m", SHA256: "0123456789abcdef"}}, pipeline: &pipeline{plan: plan.Default()},
	}
	own := wire.Frame{Site: "home", Model: b.model.card.ID(), Plan: b.pipeline.plan.ID()}
	for _, c := range []struct {
		name   string
		change func(*wire.Frame)
		want   string
	}{
		{"its own", func(*wire.Frame) {}, ""},
		{"another model", func(f *wire.Frame) { f.Model = "n@1" }, "of model n@1, and this batch is of " + own.Model},
		{"another site", func(f *wire.Frame) { f.Site = "work" }, "of site work, and this batch is of home"},
		{"another plan", func(f *wire.Frame) { f.Plan = "p-1" }, ""},
	} {
		log.Reset()
		ours, f := b.isOurs(), own
		c.change(&f)
		for range 2 {
			if err := ours(f); (err != nil) != (c.want != "") || err != nil && (ExitCode(err) != 3 || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("%s: %v, want %q", c.name, err, c.want)
			}
		}
		if told := strings.Count(log.String(), "another plan"); told != strings.Count(c.name, "plan") {
			t.Errorf("%s: told %d times", c.name, told)
		}
	}
}

// TestOnlyTensorRT: what --backend trt does not serve is refused, and not done elsewhere.
func TestOnlyTensorRT(t *testing.T) {
	r := &runtimes{only: "trt"}
	if _, err := r.serving("cpu"); ExitCode(err) != 3 || !strings.Contains(err.Error(), "TensorRT does not serve cpu") {
		t.Errorf("%v", err)
	}
}
