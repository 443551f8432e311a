package testdata

import (
	"os"
	"os/exec"
	"testing"
)

// Python is a Python 3 that has the modules: $BRAID_TEST_PYTHON, else python3.
// Where it has not, the test is skipped, in CI too: braid itself needs no Python.
func Python(t testing.TB, modules ...string) string {
	t.Helper()
	python := os.Getenv("BRAID_TEST_PYTHON")
	if python == "" {
		python = "python3"
	}
	for _, m := range modules {
		if err := exec.CommandContext(t.Context(), python, "-c", "import "+m).Run(); err != nil {
			t.Skipf("%s has no module %s: set BRAID_TEST_PYTHON to one that has", python, m)
		}
	}
	return python
}
