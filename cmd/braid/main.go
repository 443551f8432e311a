// Command braid finds objects in camera video: frames in through GStreamer, a
// detector cut into sub-networks that are spread over the machine's processors,
// detections out on NATS.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"braid/internal/app"
)

// version is set by the linker; see the Makefile.
var version = "dev"

// lastWait is how long running inferences are waited for after a second signal.
const lastWait = 5 * time.Second

func main() {
	os.Exit(run())
}

func run() int {
	ctx, kill := context.WithCancelCause(context.Background())
	defer kill(nil)
	drain := make(chan struct{})
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(signals)
	go obey(signals, drain, kill)

	env := app.Env{
		In: os.Stdin, Err: os.Stderr,
		Getenv: os.Getenv, Environ: os.Environ(), Version: version, Drain: drain,
	}
	if exe, err := os.Executable(); err == nil {
		env.Exe = exe
	}
	return execute(ctx, &env, os.Stdout, os.Args[1:])
}

// execute runs a command that prints into stdout, says what is wrong and returns
// the exit code.
func execute(ctx context.Context, env *app.Env, stdout *os.File, args []string) int {
	out := app.NewOutput(stdout)
	env.Out = out
	cmd := root(env) //nolint:contextcheck // each command takes it from cobra
	cmd.SetArgs(args)
	err := cmd.ExecuteContext(ctx)
	err, said := out.Settle(err, errors.Is(err, errSaid))
	if err != nil && !said {
		fmt.Fprintf(env.Err, "braid: %s\n", app.Message(err))
	}
	return app.ExitCode(err)
}

// obey turns the first signal into a drain, the second into a cancel. Where even
// that does not end the program it leaves without freeing what native code may
// still be using.
func obey(signals <-chan os.Signal, drain chan<- struct{}, kill context.CancelCauseFunc) {
	<-signals
	close(drain)
	<-signals
	kill(app.ErrInterrupted)
	select {
	case <-signals:
	case <-time.After(lastWait):
	}
	os.Exit(app.ExitCode(app.ErrInterrupted))
}
