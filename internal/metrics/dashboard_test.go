package metrics

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"braid/internal/testdata"
)

// dashboard is what a test needs of Grafana's file.
type dashboard struct {
	Panels []struct {
		Title   string
		Targets []struct{ Expr string }
	}
	Templating struct {
		List []struct{ Query string }
	}
}

var (
	names    = regexp.MustCompile(`\b(?:braid|process|go)_\w+`)
	selector = regexp.MustCompile(`(\w+)\{([^}]*)\}`)
	matcher  = regexp.MustCompile(`(\w+)\s*(?:=~|!~|!=|=)`)
	grouping = regexp.MustCompile(`\bby \(([^)]*)\)`)
)

// TestDashboard holds every query of the dashboard against the registry: metrics and
// labels that nobody exports show an empty panel, and nobody an error. Each of braid's own
// metrics that changes is on it.
func TestDashboard(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(testdata.Root(t), "configs", "grafana", "braid.json"))
	if err != nil {
		t.Fatal(err)
	}
	var d dashboard
	if err := json.Unmarshal(data, &d); err != nil {
		t.Fatal(err)
	}
	exported := exportedLabels(t)
	shown := map[string]bool{}
	check := func(where, expr string) {
		found := names.FindAllString(expr, -1)
		if len(found) == 0 {
			t.Errorf("%s: no metric in %s", where, expr)
			return
		}
		labels := map[string]bool{"instance": true, "job": true} // Prometheus' own
		for _, name := range found {
			shown[name] = true
			if exported[name] == nil {
				t.Errorf("%s: nobody exports %s", where, name)
			}
			maps.Copy(labels, exported[name])
		}
		for _, s := range selector.FindAllStringSubmatch(expr, -1) {
			for _, m := range matcher.FindAllStringSubmatch(s[2], -1) {
				if m[1] != "instance" && !exported[s[1]][m[1]] {
					t.Errorf("%s: %s has no label %s", where, s[1], m[1])
				}
			}
		}
		for _, g := range grouping.FindAllStringSubmatch(expr, -1) {
			for l := range strings.SplitSeq(g[1], ",") {
				if !labels[strings.TrimSpace(l)] {
					t.Errorf("%s: by %s in %s, which no metric in it has", where, l, expr)
				}
			}
		}
	}
	for _, p := range d.Panels {
		for _, q := range p.Targets {
			check(p.Title, q.Expr)
		}
	}
	for _, v := range d.Templating.List {
		if strings.Contains(v.Query, "(") {
			check("variable", v.Query)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(exported)) {
		if strings.HasPrefix(name, "braid_") && !shown[name] && name != "braid_frames_received_total" {
			t.Errorf("%s is on no panel", name)
		}
	}
}

// exportedLabels are the metrics of the registry with their labels.
func exportedLabels(t *testing.T) map[string]map[string]bool {
	t.Helper()
	list, err := Registry(example).Gather()
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]map[string]bool{}
	for _, f := range list {
		labels := map[string]bool{}
		for _, m := range f.GetMetric() {
			for _, l := range m.GetLabel() {
				labels[l.GetName()] = true
			}
		}
		out[f.GetName()] = labels
	}
	return out
}
