package app

import (
	"io"
	"runtime"
	"testing"

	pretty "github.com/jedib0t/go-pretty/v6/progress"
)

// TestProgressOfNothing: what fails at once stops the bars before they are drawn.
func TestProgressOfNothing(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1)) // the goroutine that draws has not begun
	for range 3 {
		w := pretty.NewWriter()
		w.SetOutputWriter(io.Discard)
		draw(w).stop()
	}
}
