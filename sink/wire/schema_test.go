package wire_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/google/jsonschema-go/jsonschema"

	"braid/internal/testdata"
	"braid/sink/wire"
)

// TestSchemas holds docs/schema to the types (go test -update writes it), and
// every golden message to the schemas, in which no unknown key is allowed here.
func TestSchemas(t *testing.T) {
	dir := filepath.Join(testdata.Root(t), "docs", "schema")
	messages := goldens(t)
	for name, schema := range map[string]*jsonschema.Schema{
		"frame":  frameSchema(t),
		"camera": cameraSchema(t),
		"stats":  statsSchema(t),
	} {
		strict, err := schema.Resolve(nil)
		if err != nil {
			t.Fatalf("resolving %s: %v", name, err)
		}
		for file, data := range messages {
			if kind, _, _ := strings.Cut(file, "-"); kind == name && !strings.HasSuffix(file, "empty") {
				validate(t, strict, file, data)
			}
		}
		open := schema.CloneSchemas()
		allowMore(open)
		compareFile(t, filepath.Join(dir, name+".json"), indent(t, open))
	}
}

// TestSchemasRefuse shows that the schemas do say something.
func TestSchemasRefuse(t *testing.T) {
	schema, err := frameSchema(t).Resolve(nil)
	if err != nil {
		t.Fatal(err)
	}
	good := goldens(t)["frame-contract"]
	for _, c := range []struct{ old, new string }{
		{`"schema":"braid.v1.Frame"`, `"schema":"braid.v2.Frame"`},
		{`"seq":48213`, `"seq":0`},
		{`"seq":48213,`, ``},
		{`"clock":"wall"`, `"clock":"sun"`},
		{`"size":[1920,1080]`, `"size":[1920]`},
		{`"score":0.91`, `"score":1.91`},
		{`"decode":2100`, `"decode":"2100"`},
		{`"why":"late"`, `"why":"bored"`},
	} {
		bad := strings.Replace(string(good), c.old, c.new, 1)
		if bad == string(good) {
			t.Fatalf("%s is not in the message", c.old)
		}
		var v any
		if err := json.Unmarshal([]byte(bad), &v); err != nil {
			t.Fatal(err)
		}
		if schema.Validate(v) == nil {
			t.Errorf("valid with %s", c.new)
		}
	}
}

func frameSchema(t *testing.T) *jsonschema.Schema {
	s := infer[wire.Frame](t, wire.SchemaFrame)
	p := s.Properties
	p["stages_us"] = &jsonschema.Schema{
		Type:                 "object",
		Description:          "how long each step took, microseconds, in the order of the data; queue is the time in none of them",
		AdditionalProperties: &jsonschema.Schema{Type: "integer"},
	}
	s.PropertyOrder = append(s.PropertyOrder, "stages_us")
	s.Required = remove(s.Required, "objects")
	s.AnyOf = []*jsonschema.Schema{{Required: []string{"objects"}}, {Required: []string{"error"}}}
	p["seq"].Minimum = new(1.0)
	p["clock"].Enum = []any{"rtcp", "wall", "pts"}
	p["size"].Items.Minimum = new(0.0)
	p["skipped"].Types, p["skipped"].Type = nil, "object"
	p["skipped"].Properties["why"].Enum = reasons
	p["objects"].Types, p["objects"].Type = nil, "array"
	object := p["objects"].Items
	object.Properties["score"].Minimum, object.Properties["score"].Maximum = new(0.0), new(1.0)
	return s
}

func cameraSchema(t *testing.T) *jsonschema.Schema {
	s := infer[wire.Camera](t, wire.SchemaCamera)
	s.Properties["state"].Enum = states
	return s
}

func statsSchema(t *testing.T) *jsonschema.Schema {
	s := infer[wire.Stats](t, wire.SchemaStats)
	for _, list := range []string{"cameras", "nodes"} {
		s.Properties[list].Types, s.Properties[list].Type = nil, "array"
	}
	s.Properties["cameras"].Items.Properties["state"].Enum = states
	node := s.Properties["nodes"].Items.Properties
	for _, share := range []string{"busy", "starved", "blocked"} {
		node[share].Minimum, node[share].Maximum = new(0.0), new(1.0)
	}
	return s
}

var (
	reasons = []any{"policy", "rate", "late", "cancelled"}
	states  = []any{
		wire.StateConnecting, wire.StatePlaying, wire.StateStalled,
		wire.StateBackoff, wire.StateFailed, wire.StateEnded,
	}
)

func infer[T any](t *testing.T, name string) *jsonschema.Schema {
	t.Helper()
	// A count: never negative, and larger than what a float64 holds exactly.
	s, err := jsonschema.For[T](&jsonschema.ForOptions{TypeSchemas: map[reflect.Type]*jsonschema.Schema{
		reflect.TypeFor[uint64](): {Type: "integer", Minimum: new(0.0)},
	}})
	if err != nil {
		t.Fatalf("inferring %s: %v", name, err)
	}
	s.Schema = "https://json-schema.org/draft/2020-12/schema"
	s.Title = name
	s.Properties["schema"].Const = jsonschema.Ptr[any](name)
	return s
}

func validate(t *testing.T, schema *jsonschema.Resolved, file string, data []byte) {
	t.Helper()
	var v any
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	if err := schema.Validate(v); err != nil && file != "frame-odd" { // its numbers are out of range on purpose
		t.Errorf("%s: %v", file, err)
	}
}

// allowMore lets keys in that later versions may add: subscribers must ignore
// them, so the published schemas do.
func allowMore(s *jsonschema.Schema) {
	if s == nil {
		return
	}
	if a := s.AdditionalProperties; a != nil && a.Not != nil {
		s.AdditionalProperties = nil
	}
	for _, p := range s.Properties {
		allowMore(p)
	}
	allowMore(s.Items)
}

func indent(t *testing.T, s *jsonschema.Schema) []byte {
	t.Helper()
	b, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return append(b, '\n')
}

func remove(list []string, gone string) []string {
	var kept []string
	for _, s := range list {
		if s != gone {
			kept = append(kept, s)
		}
	}
	return kept
}

// TestDocs: every key of the schemas is explained.
func TestDocs(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(testdata.Root(t), "docs", "messages.md"))
	if err != nil {
		t.Fatal(err)
	}
	var check func(s *jsonschema.Schema)
	check = func(s *jsonschema.Schema) {
		if s == nil {
			return
		}
		for name, p := range s.Properties {
			if !strings.Contains(string(text), "`"+name+"`") {
				t.Errorf("%s is not explained", name)
			}
			for _, value := range p.Enum {
				if !strings.Contains(string(text), fmt.Sprintf("`%v`", value)) {
					t.Errorf("value %s of %s is not explained", value, name)
				}
			}
			check(p)
		}
		check(s.Items)
	}
	check(frameSchema(t))
	check(cameraSchema(t))
	check(statsSchema(t))
	if example := string(goldens(t)["frame-contract"]); !strings.Contains(string(text), example) {
		t.Errorf("the example is not what is written: %s", example)
	}
	if example := string(goldens(t)["camera"]); !strings.Contains(string(text), example) {
		t.Errorf("the example is not what is written: %s", example)
	}
}
