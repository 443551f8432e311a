package strict

import (
	"encoding/json"
	"reflect"
	"strconv"
)

// Schema is a JSON Schema (2020-12), as editors read it to complete and check
// YAML. It knows names, types, ranges and defaults, not how keys depend on each
// other.
type Schema struct {
	Schema      string             `json:"$schema,omitempty"`
	Title       string             `json:"title,omitempty"`
	Description string             `json:"description,omitempty"`
	Type        string             `json:"type,omitempty"`
	AnyOf       []*Schema          `json:"anyOf,omitempty"`
	Enum        []string           `json:"enum,omitempty"`
	Default     any                `json:"default,omitempty"`
	Minimum     *float64           `json:"minimum,omitempty"`
	Above       *float64           `json:"exclusiveMinimum,omitempty"`
	Maximum     *float64           `json:"maximum,omitempty"`
	Items       *Schema            `json:"items,omitempty"`
	MinItems    int                `json:"minItems,omitempty"`
	MaxItems    int                `json:"maxItems,omitempty"`
	Properties  map[string]*Schema `json:"properties,omitempty"`
	Additional  any                `json:"additionalProperties,omitempty"` // false, or the Schema of all values
	Required    []string           `json:"required,omitempty"`
}

// SchemaOf writes the JSON Schema of a struct, or of what v points to. Defaults
// are the values that v holds.
func SchemaOf(v any, title string) ([]byte, error) {
	rv := reflect.ValueOf(v)
	if rv.Kind() == reflect.Pointer {
		rv = rv.Elem()
	}
	s := schemaOf(rv, field{})
	s.Schema, s.Title = "https://json-schema.org/draft/2020-12/schema", title
	out, err := json.MarshalIndent(s, "", "  ")
	return append(out, '\n'), err
}

func schemaOf(v reflect.Value, f field) *Schema {
	t := v.Type()
	switch {
	case t == durationType:
		return &Schema{Type: "string", Default: defaultValue(v)}
	case t == bytesType:
		return &Schema{AnyOf: []*Schema{{Type: "string"}, {Type: "integer"}}, Default: defaultValue(v)}
	case t.Kind() == reflect.Struct:
		return structSchema(v)
	case values(t) != nil:
		return &Schema{Type: "string", Enum: values(t), Default: defaultValue(v)}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return schemaOf(fresh(t.Elem()).Elem(), f)
	case reflect.Slice:
		return &Schema{Type: "array", Items: schemaOf(fresh(t.Elem()).Elem(), f)}
	case reflect.Map:
		return &Schema{Type: "object", Additional: schemaOf(fresh(t.Elem()).Elem(), f)}
	case reflect.Array:
		items := schemaOf(reflect.New(t.Elem()).Elem(), f)
		return &Schema{Type: "array", Items: items, MinItems: t.Len(), MaxItems: t.Len()}
	case reflect.Bool:
		return &Schema{Type: "boolean", Default: defaultValue(v)}
	case reflect.String:
		return &Schema{Type: "string", Default: defaultValue(v)}
	case reflect.Float32, reflect.Float64:
		return limited(&Schema{Type: "number", Default: defaultValue(v)}, f)
	default:
		return limited(&Schema{Type: "integer", Default: defaultValue(v)}, f)
	}
}

func structSchema(v reflect.Value) *Schema {
	s := &Schema{Type: "object", Properties: map[string]*Schema{}, Additional: false}
	keys, list := fields(v.Type())
	for _, f := range keys {
		p := schemaOf(v.Field(f.index), f)
		p.Description = f.doc
		s.Properties[f.name] = p
		if f.has("required") && v.Field(f.index).IsZero() {
			s.Required = append(s.Required, f.name)
		}
	}
	var forms []*Schema
	if takesText(v.Type()) {
		forms = append(forms, &Schema{Type: "string"})
	}
	if list != nil {
		forms = append(forms, schemaOf(v.Field(list.index), *list))
	}
	if len(keys) > 0 {
		forms = append(forms, s)
	}
	if len(forms) == 1 {
		return forms[0]
	}
	return &Schema{AnyOf: forms}
}

// limited adds a field's range, unless zero is taken besides it: a schema of one
// range cannot say that.
func limited(s *Schema, f field) *Schema {
	at := func(rule string) *float64 {
		x, err := strconv.ParseFloat(f.rules[rule], 64)
		if err != nil {
			return nil
		}
		return &x
	}
	s.Minimum, s.Above, s.Maximum = at("min"), at("above"), at("max")
	if f.has("zero") {
		zero := 0.0
		s.Minimum, s.Above = &zero, nil
	}
	return s
}

func defaultValue(v reflect.Value) any {
	text := defaultText(v)
	if text == "" {
		return nil
	}
	if _, ok := number(v); ok && v.Type() != durationType && v.Type() != bytesType || v.Kind() == reflect.Bool {
		return json.RawMessage(text)
	}
	return text
}
