package app

import (
	"os"
	"strings"
	"testing"
	"time"

	"braid/accel/plan"
)

// TestKeptPlan keeps the plan that was chosen until there is a newer profile.
func TestKeptPlan(t *testing.T) {
	env, log := cachedIn(t)
	if keptPlan(env, measuredRef, "m") != nil {
		t.Error("an empty cache has a plan")
	}
	p := plan.Auto(measuredRef, 3)
	p.Machine = "m"
	keepPlan(env, measuredRef, p)
	if got := keptPlan(env, measuredRef, "m"); got == nil || got.ID() != p.ID() || got.Machine != "m" {
		t.Fatalf("kept %+v, log %s", got, log)
	}
	if keptPlan(env, measuredRef, "n") != nil || log.Len() > 0 {
		t.Errorf("another machine finds it: %s", log)
	}
	full := profilePath(env, measuredRef, "m", false)
	if err := writeProfile(someProfile("m", 1), full); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		age  time.Duration
		kept bool
	}{{time.Hour, true}, {-time.Hour, false}} {
		at := time.Now().Add(-c.age)
		if err := os.Chtimes(full, at, at); err != nil {
			t.Fatal(err)
		}
		if got := keptPlan(env, measuredRef, "m"); (got != nil) != c.kept {
			t.Errorf("profile %v older than the plan: kept %v", c.age, got)
		}
	}
	if err := os.Remove(full); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(planPath(env, measuredRef, "m"), []byte("version: 1\nsegmets: []\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if keptPlan(env, measuredRef, "m") != nil || !strings.Contains(log.String(), "a kept plan is not used") {
		t.Errorf("a broken plan: log %s", log)
	}
}
