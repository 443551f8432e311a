package card

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"braid/internal/strict"
	"braid/internal/strict/stricttest"
	"braid/internal/testdata"
)

func TestDocumentation(t *testing.T) {
	const doc = "docs/model-cards.md"
	c := Default()
	stricttest.Block(t, doc, "card", strict.Table(&c, ""), *update)
	stricttest.Block(t, doc, "output", strict.Table(&c, "head.outputs[]."), *update)
	schema, err := strict.SchemaOf(&c, "braid model card")
	if err != nil {
		t.Fatal(err)
	}
	stricttest.File(t, "docs/schema/card.json", string(schema), *update)
}

// TestExamplesInTheDocumentation parses every YAML block of the page, which has a
// card of each kind of head.
func TestExamplesInTheDocumentation(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(testdata.Root(t), "docs", "model-cards.md"))
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(string(data), "```yaml\n")
	if len(parts) < 3 {
		t.Fatalf("%d examples", len(parts)-1)
	}
	missing := HeadKind("").Values()
	for _, part := range parts[1:] {
		text, _, _ := strings.Cut(part, "```")
		c, err := Parse([]byte(text), "docs/model-cards.md")
		if err != nil {
			t.Errorf("%v\n%s", err, text)
			continue
		}
		missing = slices.DeleteFunc(missing, func(kind string) bool { return kind == string(c.Head.Kind) })
	}
	if len(missing) > 0 {
		t.Errorf("no card for %v", missing)
	}
}
