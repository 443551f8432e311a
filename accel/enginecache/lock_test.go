package enginecache

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"testing"
	"time"
)

const lockEnv = "BRAID_TEST_LOCK_DIR"

// TestMain runs as a second process too: that takes the lock, says so, and gives
// it back when its input ends.
func TestMain(m *testing.M) {
	dir := os.Getenv(lockEnv)
	if dir == "" {
		os.Exit(m.Run())
	}
	c, _ := newCache(dir)
	unlock, err := c.Lock(context.Background(), engine().Key())
	if err != nil {
		os.Exit(1)
	}
	_, _ = os.Stdout.WriteString("locked\n")
	_, _ = os.Stdin.Read(make([]byte, 1))
	unlock()
}

// TestLockHoldsOnePerEngine in this process: by way of two caches, as two
// processes have them.
func TestLockHoldsOnePerEngine(t *testing.T) {
	dir := t.TempDir()
	a, _ := newCache(dir)
	b, _ := newCache(dir)
	unlock, err := a.Lock(t.Context(), engine().Key())
	if err != nil {
		t.Fatal(err)
	}
	other := engine()
	other.Precision = "int8"
	if unlock, err := b.Lock(t.Context(), other.Key()); err != nil {
		t.Fatal(err)
	} else {
		unlock()
	}
	got := make(chan func())
	go func() {
		unlock, err := b.Lock(t.Context(), engine().Key())
		if err != nil {
			t.Error(err)
		}
		got <- unlock
	}()
	select {
	case <-got:
		t.Fatal("two hold the lock")
	case <-time.After(50 * time.Millisecond):
	}
	unlock()
	(<-got)()
}

// TestLockIsCancelled and what waits behind it gets the lock all the same.
func TestLockIsCancelled(t *testing.T) {
	c, _ := newCache(t.TempDir())
	unlock, err := c.Lock(t.Context(), engine().Key())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	for range 2 { // while it waits, and before
		if _, err := c.Lock(ctx, engine().Key()); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
	}
	unlock()
	unlock, err = c.Lock(t.Context(), engine().Key()) // the one left behind has given it back
	if err != nil {
		t.Fatal(err)
	}
	unlock()
}

// TestLockBetweenProcesses ends the other one the hard way: the kernel frees what
// it held.
func TestLockBetweenProcesses(t *testing.T) {
	dir := t.TempDir()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), lockEnv+"="+dir)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := out.Read(make([]byte, 16)); err != nil {
		t.Fatal(err)
	}
	c, _ := newCache(dir)
	got := make(chan func())
	go func() {
		unlock, err := c.Lock(t.Context(), engine().Key())
		if err != nil {
			t.Error(err)
		}
		got <- unlock
	}()
	select {
	case <-got:
		t.Fatal("two processes hold the lock")
	case <-time.After(50 * time.Millisecond):
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	(<-got)()
	_ = cmd.Wait() // it was killed
}
