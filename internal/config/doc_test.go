package config

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/jsonschema-go/jsonschema"
	"go.yaml.in/yaml/v3"

	"braid/internal/strict"
	"braid/internal/strict/stricttest"
	"braid/internal/testdata"
)

func TestDocumentation(t *testing.T) {
	const doc = "docs/configuration.md"
	d := Default()
	stricttest.Block(t, doc, "config", strict.Table(&d, ""), *update)
	stricttest.Block(t, doc, "camera", strict.Table(&d, "cameras[]."), *update)
	schema, err := Schema()
	if err != nil {
		t.Fatal(err)
	}
	stricttest.File(t, "docs/schema/config.json", string(schema), *update)

	data, err := os.ReadFile(filepath.Join(testdata.Root(t), doc))
	if err != nil {
		t.Fatal(err)
	}
	var words []string
	words = append(words, others...)
	words = append(words, Camera{}.ReservedKeys()...)
	for _, s := range Schemes() {
		words = append(words, s+":")
	}
	for _, w := range words {
		if !strings.Contains(string(data), "`"+w) {
			t.Errorf("%s does not tell of %s", doc, w)
		}
	}
}

// secrets are the variables that the samples use.
var secrets = []string{"HOME=/home/u", "GATE_1_PASSWORD=x", "CAMERA_PASSWORD=y", "PUBLISHER_PASSWORD=z"}

// TestSamples loads every file of configs and what config init prints, and holds
// them against the JSON Schema.
func TestSamples(t *testing.T) {
	schema := resolve(t)
	initial := filepath.Join(t.TempDir(), "init.yaml")
	if err := os.WriteFile(initial, []byte(Init()), 0o600); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(testdata.Root(t), "configs", "*.yaml"))
	if err != nil || len(files) < 4 {
		t.Fatalf("%d samples, %v", len(files), err)
	}
	for _, f := range append(files, initial) {
		t.Run(filepath.Base(f), func(t *testing.T) {
			if _, err := Load(Options{File: f, Environ: secrets}); err != nil {
				t.Error(err)
			}
			if err := schema.Validate(asJSON(t, f)); err != nil {
				t.Errorf("the schema refuses it: %v", err)
			}
		})
	}
}

// TestSchema says that the schema finds what it can find.
func TestSchema(t *testing.T) {
	schema := resolve(t)
	for _, f := range []string{"full.good.yaml", "least.good.yaml"} {
		if err := schema.Validate(asJSON(t, filepath.Join("testdata", f))); err != nil {
			t.Errorf("%s: %v", f, err)
		}
	}
	for _, f := range []string{"keys.bad.yaml", "ranges.bad.yaml"} {
		if err := schema.Validate(asJSON(t, filepath.Join("testdata", f))); err == nil {
			t.Errorf("%s is taken", f)
		}
	}
}

func resolve(t *testing.T) *jsonschema.Resolved {
	t.Helper()
	data, err := Schema()
	if err != nil {
		t.Fatal(err)
	}
	var s jsonschema.Schema
	if err := json.Unmarshal(data, &s); err != nil {
		t.Fatal(err)
	}
	r, err := s.Resolve(&jsonschema.ResolveOptions{ValidateDefaults: true})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func asJSON(t *testing.T, file string) any {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var v any
	if err := yaml.Unmarshal(data, &v); err != nil {
		t.Fatal(err)
	}
	return v
}
