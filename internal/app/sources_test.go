package app

import (
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"braid/accel/plan"
	"braid/internal/card"
)

// TestRecordingThatIsNotThere: for profile and bench alike it is this machine that has
// no such file, exit code 4; pictures that are none are another matter.
func TestRecordingThatIsNotThere(t *testing.T) {
	env := &Env{Log: slog.New(slog.DiscardHandler)}
	odd := t.TempDir()
	if err := os.WriteFile(filepath.Join(odd, "a.png"), []byte("none"), 0o600); err != nil {
		t.Fatal(err)
	}
	for dir, code := range map[string]int{filepath.Join(t.TempDir(), "gone"): 4, t.TempDir(): 4, odd: 1} {
		url := "images:" + dir
		if _, err := decodeTime(t.Context(), env, url); ExitCode(err) != code {
			t.Errorf("profile of %s: exit code %d, want %d: %v", url, ExitCode(err), code, err)
		}
		if code == 1 {
			continue // bench meets it only while it runs
		}
		c := &cameraCourse{env: env, model: &model{card: &card.Card{}}, inputs: []string{url}}
		if _, err := c.feeds(plan.Plan{InFlight: 1}, 1); ExitCode(err) != code {
			t.Errorf("bench of %s: exit code %d, want %d: %v", url, ExitCode(err), code, err)
		}
	}
}
