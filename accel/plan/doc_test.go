package plan

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"braid/internal/strict"
	"braid/internal/strict/stricttest"
	"braid/internal/testdata"
)

// documented is a plan with every optional part, at its defaults.
func documented() *Plan {
	p := Default()
	p.Version, p.Predicted = 0, &Predicted{}
	return &p
}

func TestDocumentation(t *testing.T) {
	const doc = "docs/plans.md"
	stricttest.Block(t, doc, "plan", strict.Table(documented(), ""), *update)
	stricttest.Block(t, doc, "segment", strict.Table(documented(), "segments[]."), *update)
	stricttest.Block(t, doc, "placement", strict.Table(documented(), "segments[].devices[]."), *update)
	schema, err := strict.SchemaOf(documented(), "braid plan")
	if err != nil {
		t.Fatal(err)
	}
	stricttest.File(t, "docs/schema/plan.json", string(schema), *update)
}

func TestDocumentationOfProfiles(t *testing.T) {
	const doc = "docs/planning.md"
	p := &Profile{}
	for id, prefix := range map[string]string{
		"profile": "", "unit": "units[].", "transfer": "transfers[].", "streams": "streams[].", "corun": "corun[].",
		"watts": "watts[].", "accuracy": "accuracy[].", "simulated": "simulated[].", "beside": "beside[].",
	} {
		stricttest.Block(t, doc, id, strict.Table(p, prefix), *update)
	}
	schema, err := strict.SchemaOf(p, "braid profile")
	if err != nil {
		t.Fatal(err)
	}
	stricttest.File(t, "docs/schema/profile.json", string(schema), *update)
	data, err := os.ReadFile(filepath.Join(testdata.Root(t), filepath.FromSlash(doc)))
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(string(data), "```yaml\n")
	if len(parts) < 2 {
		t.Fatal("no example of a profile")
	}
	for _, part := range parts[1:] {
		text, _, _ := strings.Cut(part, "```")
		if _, err := ParseProfile([]byte(text), doc); err != nil {
			t.Errorf("%v\n%s", err, text)
		}
	}
}

// TestExamplesInTheDocumentation parses every YAML block of the page.
func TestExamplesInTheDocumentation(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(testdata.Root(t), "docs", "plans.md"))
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(string(data), "```yaml\n")
	if len(parts) < 3 {
		t.Fatalf("%d examples", len(parts)-1)
	}
	for _, part := range parts[1:] {
		text, _, _ := strings.Cut(part, "```")
		if _, err := Parse([]byte(text), "docs/plans.md"); err != nil {
			t.Errorf("%v\n%s", err, text)
		}
	}
}
