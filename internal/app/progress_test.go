package app

import (
	"io"
	"runtime"
	"testing"
	"time"

	pretty "github.com/jedib0t/go-pretty/v6/progress"
)

// TestProgressOfNothing: what fails at once stops the bars before they are drawn.
func TestProgressOfNothing(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1)) // the goroutine that draws has not begun
	for range 3 {
		w := pretty.NewWriter()
		w.SetOutputWriter(io.Discard)
		p, stopped := draw(w), make(chan struct{})
		go func() {
			defer close(stopped)
			p.stop()
		}()
		select {
		case <-stopped:
		case <-time.After(20 * time.Second):
			t.Fatal("the bars that were stopped before they were drawn are drawn for ever")
		}
	}
}
