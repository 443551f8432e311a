package search

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"braid/accel/plan"
	"braid/internal/testdata"
)

// instance is a line of scripts/plan-bruteforce.py.
type instance struct {
	Profile json.RawMessage
	Goal    struct {
		Objective  Objective
		Budget     float64
		MinFPS     float64 `json:"min_fps"`
		Precisions []plan.Precision
		Segments   int
	}
	Want map[Kind]*float64
}

const answers = "testdata/bruteforce.jsonl.gz"

func instances(t *testing.T, r io.Reader) []instance {
	t.Helper()
	var out []instance
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var in instance
		if err := json.Unmarshal(lines.Bytes(), &in); err != nil {
			t.Fatal(err)
		}
		out = append(out, in)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// committed are the instances and answers of the repository.
func committed(t *testing.T) []byte {
	t.Helper()
	f, err := os.Open(answers)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestAsGoodAsBruteForce: on every instance, for every kind of plan, the search finds
// the value that counting all layouts found, and chooses the simplest kind that is
// within 2 % of the best, parts on the CPU alone counting for nine tenths.
func TestAsGoodAsBruteForce(t *testing.T) {
	t.Parallel()
	all := instances(t, bytes.NewReader(committed(t)))
	if len(all) < 1000 {
		t.Fatalf("%d instances, want 1000", len(all))
	}
	for first := range 4 {
		t.Run(fmt.Sprint(first), func(t *testing.T) {
			t.Parallel()
			for i := first; i < len(all); i += 4 {
				if err := all[i].check(); err != nil {
					t.Fatalf("instance %d: %v\n%s %+v", i, err, all[i].Profile, all[i].Goal)
				}
			}
		})
	}
}

func (in instance) check() error {
	p, err := plan.ParseProfile(in.Profile, "instance")
	if err != nil {
		return err
	}
	return agrees(p, Goal{
		Objective: in.Goal.Objective, Budget: in.Goal.Budget, MinFPS: in.Goal.MinFPS,
		Precisions: in.Goal.Precisions, MaxSegments: in.Goal.Segments,
	}, in.Want)
}

func agrees(p plan.Profile, g Goal, want map[Kind]*float64) error {
	g, err := g.check(p)
	if err != nil {
		return err
	}
	m, err := prepared(p, nil, &g)
	if err != nil {
		return err
	}
	if g.Objective == Latency && g.Budget == 0 {
		g.Objective = leastLatency
	}
	s := newHunt(m, &g, m.all(), g.MaxSegments)
	s.run()
	got := map[Kind]float64{}
	best, most := math.Inf(-1), math.Inf(-1)
	for _, c := range s.cells {
		k := kindOf(c.layout)
		if v, ok := got[k]; !ok || c.value > v {
			got[k] = c.value
		}
		best = max(best, c.value)
	}
	for _, k := range kinds {
		v, ok := got[k]
		if w := want[k]; ok != (w != nil) || ok && math.Abs(v-*w) > 1e-6*math.Abs(*w) {
			return fmt.Errorf("%s: found %v (%v), brute force %s", k, v, ok, text(w))
		}
	}
	if g.Objective == leastLatency || math.IsInf(best, -1) {
		return nil
	}
	c, err := m.choice(p, &g, s)
	if err != nil {
		return err
	}
	for _, cell := range s.cells {
		if !slices.ContainsFunc(c.Runners, func(r Candidate) bool { return r.layout.equal(cell.layout) }) {
			return fmt.Errorf("the best %s of %d segments is not among the runners", kindOf(cell.layout), len(cell.layout))
		}
	}
	for _, r := range c.Runners {
		if g.aboutRate() && r.FPS > c.BoundFPS {
			return fmt.Errorf("a runner makes %v frames/s, bound %v", r.FPS, c.BoundFPS)
		}
	}
	counts := func(f found) float64 { // parts on the CPU alone for nine tenths
		if len(f.layout) > 1 && m.onCPU(f.layout) {
			return f.value - 0.1*math.Abs(f.value)
		}
		return f.value
	}
	for _, cell := range s.cells {
		most = max(most, counts(cell))
	}
	near := func(f found) bool { return counts(f) >= most-Tolerance*math.Abs(most) }
	first := s.cells[slices.IndexFunc(s.cells, near)]
	if c.Chosen.Kind != kindOf(first.layout) || c.Chosen.value < first.value-Tolerance*math.Abs(most) {
		return fmt.Errorf("chose %s with %v, want %s with %v, the simplest that is near the best, %v", c.Chosen.Kind, c.Chosen.value, kindOf(first.layout), first.value, best)
	}
	return c.Chosen.Plan.Validate()
}

func text(v *float64) string {
	if v == nil {
		return "none"
	}
	return fmt.Sprint(*v)
}

// TestAnswersAreTheScripts runs the script again on some of the instances.
func TestAnswersAreTheScripts(t *testing.T) {
	t.Parallel()
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("python3 is not here: the committed answers stand")
	}
	var some bytes.Buffer
	for i, line := range bytes.SplitAfter(committed(t), []byte("\n")) {
		if i%100 == 7 {
			some.Write(line)
		}
	}
	cmd := exec.CommandContext(t.Context(), python, filepath.Join(testdata.Root(t), "scripts", "plan-bruteforce.py"), "--answer", "-")
	cmd.Stdin = bytes.NewReader(some.Bytes())
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(out, some.Bytes()) {
		t.Errorf("the script answers otherwise than %s", answers)
	}
}
