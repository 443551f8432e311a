//go:build e2e

package app

import (
	"errors"
	"io"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"

	"braid/accel"
	"braid/internal/config"
	"braid/internal/testdata"
)

// buildKeeper counts how often it is told that builds have ended.
type buildKeeper struct {
	accel.Backend
	ended int
}

func (k *buildKeeper) EndBuilds() error {
	k.ended++
	return errors.New("it does not unload")
}

// TestBatchEndsBuilds before its frames flow, whether that works or not.
func TestBatchEndsBuilds(t *testing.T) {
	root := testdata.Root(t)
	var log strings.Builder
	env := &Env{
		Out: io.Discard, Err: io.Discard, Drain: make(chan struct{}), Log: slog.New(slog.NewTextHandler(&log, nil)),
		Getenv: func(k string) string { return map[string]string{"BRAID_ORT_LIB": testdata.ORT(t)}[k] },
	}
	rt, err := openRuntime(env, "")
	if err != nil {
		t.Fatal(err)
	}
	keeper := &buildKeeper{Backend: rt}
	m, err := openModel(env, filepath.Join(root, "models", "ball.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	b := &batch{env: env, runtime: keeper, model: m, cfg: config.Config{Plan: filepath.Join(root, "configs", "plans", "ball.yaml")}}
	if err := b.build(t.Context()); err != nil {
		t.Fatal(err)
	}
	if keeper.ended != 1 || !strings.Contains(log.String(), "it does not unload") {
		t.Errorf("builds ended %d times, log %q", keeper.ended, log.String())
	}
	if err := errors.Join(b.pipeline.Close(), rt.Close()); err != nil {
		t.Error(err)
	}
}
