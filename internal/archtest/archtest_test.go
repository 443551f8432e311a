package archtest

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"braid/internal/testdata"
)

// list asks the go command for the module's packages as they are with some build
// tags. Packages that do not compile are listed too: other tools report those.
func list(t *testing.T, tags string) []Package {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-e", "-json=ImportPath,Doc,Imports,TestImports,XTestImports,CgoFiles", "-tags", tags, "./...")
	cmd.Dir = testdata.Root(t)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("listing packages: %v", err)
	}
	var packages []Package
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p Package
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return packages
		} else if err != nil {
			t.Fatalf("reading the package list: %v", err)
		}
		packages = append(packages, p)
	}
}

func TestLayers(t *testing.T) {
	for _, tags := range []string{"nogst", "e2e"} {
		t.Run(tags, func(t *testing.T) {
			packages := list(t, tags)
			if len(packages) < 10 {
				t.Fatalf("only %d packages listed: the test looks in the wrong place", len(packages))
			}
			for _, breach := range Check(packages) {
				t.Error(breach)
			}
		})
	}
}

func TestCheckFindsBreaches(t *testing.T) {
	tests := []struct {
		name string
		p    Package
		want string // part of the one breach, "" for none
	}{
		{"allowed", Package{ImportPath: "braid/stages/prep", Imports: []string{"braid/stages", "braid/accel", "context"}}, ""},
		{"sibling", Package{ImportPath: "braid/accel/trt", Imports: []string{"braid/accel/ort"}}, "siblings never"},
		{"graph sees a backend", Package{ImportPath: "braid/stages", Imports: []string{"braid/accel/ort"}}, "graph core"},
		{"library at home", Package{ImportPath: "braid/accel/ort", Imports: []string{"github.com/yalue/onnxruntime_go"}}, ""},
		{"library elsewhere", Package{ImportPath: "braid/accel/sim", Imports: []string{"github.com/yalue/onnxruntime_go"}}, "one per process"},
		{"NATS in a source", Package{ImportPath: "braid/source", Imports: []string{"github.com/nats-io/nats.go/jetstream"}}, "behind the sinks"},
		{"NATS in a test", Package{ImportPath: "braid/internal/app", TestImports: []string{"github.com/nats-io/nats.go"}}, ""},
		{"go-gst in a test", Package{ImportPath: "braid/source/video", XTestImports: []string{"github.com/tinyzimmer/go-gst/gst"}}, "finalizers"},
		{"unknown library", Package{ImportPath: "braid/accel", Imports: []string{"example.org/new"}}, "no line"},
		{"test tool in the program", Package{ImportPath: "braid/stages", Imports: []string{"pgregory.net/rapid"}}, "tool of tests"},
		{"test tool in a helper", Package{ImportPath: "braid/accel/acceltest", Imports: []string{"pgregory.net/rapid", "braid/accel/network"}}, ""},
		{"helper in the program", Package{ImportPath: "braid/internal/app", Imports: []string{"braid/accel/acceltest"}}, "helper of tests"},
		{"app in a part's test", Package{ImportPath: "braid/source", TestImports: []string{"braid/internal/app"}}, "must not need the whole"},
		{"app imports its tests", Package{ImportPath: "braid/internal/app", XTestImports: []string{"braid/internal/app"}}, ""},
		{"command with logic", Package{ImportPath: "braid/cmd/braid", Imports: []string{"braid/stages"}}, "no logic"},
		{"unplaced", Package{ImportPath: "braid/misc"}, "in no layer"},
		{"cgo at home", Package{ImportPath: "braid/internal/gst", CgoFiles: []string{"gst.go"}}, ""},
		{"cgo elsewhere", Package{ImportPath: "braid/source/video", CgoFiles: []string{"fast.go"}}, "uses cgo in fast.go"},
		{"longest pattern holds", Package{ImportPath: "braid/source/synth", Imports: []string{"braid/internal/gst"}}, "ends at its Gate"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.p.Doc = "Package x is described."
			got := strings.Join(Check([]Package{tt.p}), "\n")
			if tt.want == "" && got != "" || tt.want != "" && (!strings.Contains(got, tt.want) || strings.Contains(got, "\n")) {
				t.Errorf("breaches %q, want one with %q", got, tt.want)
			}
		})
	}
}

func TestCheckWantsPackageComment(t *testing.T) {
	got := Check([]Package{{ImportPath: "braid/accel"}})
	if len(got) != 1 || !strings.Contains(got[0], "no package comment") {
		t.Errorf("breaches %q, want one about the package comment", got)
	}
}

// TestDependencies keeps docs/dependencies.md and go.mod together: each direct
// requirement has its line, and no line outlives its module.
func TestDependencies(t *testing.T) {
	root := testdata.Root(t)
	cmd := exec.CommandContext(t.Context(), "go", "mod", "edit", "-json")
	cmd.Dir = root
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("reading go.mod: %v", err)
	}
	var mod struct {
		Require []struct {
			Path     string
			Indirect bool
		}
	}
	if err := json.Unmarshal(out, &mod); err != nil {
		t.Fatalf("reading go.mod: %v", err)
	}
	text, err := os.ReadFile(filepath.Join(root, "docs", "dependencies.md"))
	if err != nil {
		t.Fatal(err)
	}
	listed := map[string]bool{}
	for _, m := range regexp.MustCompile("(?m)^\\| `([^`]+)` \\| [^|]+ \\| [^|]+ \\|$").FindAllStringSubmatch(string(text), -1) {
		listed[m[1]] = true
	}
	for _, r := range mod.Require {
		if !r.Indirect && !listed[r.Path] {
			t.Errorf("%s has no line in docs/dependencies.md: say what it replaces and why it", r.Path)
		}
		delete(listed, r.Path)
	}
	for p := range listed {
		t.Errorf("docs/dependencies.md lists %s, which go.mod does not require", p)
	}
}
