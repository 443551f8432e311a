package cards_test

import (
	"flag"
	"fmt"
	"io/fs"
	"net/url"
	"path"
	"strings"
	"testing"

	"braid/internal/card"
	"braid/internal/strict/stricttest"
	"braid/models/cards"
)

var update = flag.Bool("update", false, "rewrite the table in the documentation")

// TestDocumentation keeps the table of docs/model-cards.md as the cards are.
func TestDocumentation(t *testing.T) {
	text := "| name | input | license | sha256 | source |\n|---|---|---|---|---|\n"
	for _, c := range all(t) {
		text += fmt.Sprintf("| `%s` | %dx%d | %s | `%s` | %s |\n", c.Name, c.Input.Width, c.Input.Height, c.License, c.SHA256, c.Source)
	}
	stricttest.Block(t, "docs/model-cards.md", "public models", text, *update)
}

func all(t *testing.T) (out []*card.Card) {
	t.Helper()
	files, err := fs.Glob(cards.FS, "*.yaml")
	if err != nil || len(files) < 3 {
		t.Fatalf("%d cards, %v", len(files), err)
	}
	for _, f := range files {
		c, err := card.ReadFS(cards.FS, f)
		if err != nil {
			t.Fatal(err)
		}
		if c.Name+".yaml" != f {
			t.Errorf("%s is the card of %s", f, c.Name)
		}
		out = append(out, c)
	}
	return out
}

// TestCards wants of every card what `braid model pull` needs, and that it says
// what it is about: a sum and an address may only stand together.
func TestCards(t *testing.T) {
	seen := map[string]string{}
	for _, c := range all(t) {
		u, err := url.Parse(c.Source)
		if err != nil || u.Scheme != "https" || path.Base(u.Path) != c.File {
			t.Errorf("%s: source %q of file %q: %v", c.Name, c.Source, c.File, err)
		}
		if len(c.SHA256) != 64 || c.License == "" || len(c.Labels.Names) == 0 {
			t.Errorf("%s: sha256 %q, license %q, %d labels", c.Name, c.SHA256, c.License, len(c.Labels.Names))
		}
		for _, mark := range []string{c.SHA256, c.Source} {
			if other := seen[mark]; other != "" {
				t.Errorf("%s and %s have %s both", c.Name, other, mark)
			}
			seen[mark] = c.Name
		}
		if c.Labels.File == "coco.names" && (len(c.Labels.Names) != 80 || c.Label(0) != "person" || c.Label(79) != "toothbrush") {
			t.Errorf("%s: %d labels from %q to %q", c.Name, len(c.Labels.Names), c.Label(0), c.Label(79))
		}
		if strings.Contains(c.Source, "/main/") || strings.Contains(c.Source, "/master/") {
			t.Errorf("%s: %s may change: name a tag or a commit", c.Name, c.Source)
		}
	}
}
