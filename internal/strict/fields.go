package strict

import (
	"encoding"
	"reflect"
	"strings"
	"time"
)

// Defaulter is a type whose values do not start as zero: the elements of a list
// and what a pointer points to get their defaults before they are decoded.
type Defaulter interface{ SetDefaults() }

// Enum is a text type that takes only certain values.
type Enum interface{ Values() []string }

// Reserver is a struct with keys that a later version will take.
type Reserver interface{ ReservedKeys() []string }

var (
	durationType    = reflect.TypeFor[time.Duration]()
	bytesType       = reflect.TypeFor[Bytes]()
	unmarshalerType = reflect.TypeFor[encoding.TextUnmarshaler]()
)

// field is one key of a struct.
type field struct {
	name  string
	index int
	rules map[string]string
	doc   string
}

func (f field) has(rule string) bool {
	_, ok := f.rules[rule]
	return ok
}

// fields are the keys of a struct type, in order. The field that takes a
// sequence is not a key.
func fields(t reflect.Type) (keys []field, list *field) {
	for i := range t.NumField() {
		sf := t.Field(i)
		name, _, _ := strings.Cut(sf.Tag.Get("yaml"), ",")
		f := field{name: name, index: i, rules: rules(sf.Tag.Get("rule")), doc: sf.Tag.Get("doc")}
		switch {
		case f.has("list"):
			list = &f
		case name != "" && name != "-":
			keys = append(keys, f)
		}
	}
	return keys, list
}

func rules(tag string) map[string]string {
	out := map[string]string{}
	for rule := range strings.SplitSeq(tag, ",") {
		if name, value, _ := strings.Cut(rule, "="); name != "" {
			out[name] = value
		}
	}
	return out
}

func names(keys []field) []string {
	out := make([]string, len(keys))
	for i, f := range keys {
		out[i] = f.name
	}
	return out
}

// takesText says whether a type has UnmarshalText.
func takesText(t reflect.Type) bool { return reflect.PointerTo(t).Implements(unmarshalerType) }

// values are an Enum's, nil for another type.
func values(t reflect.Type) []string {
	if e, ok := reflect.TypeAssert[Enum](reflect.Zero(t)); ok && t.Kind() == reflect.String {
		return e.Values()
	}
	return nil
}

// fresh makes a value of a type, with its defaults.
func fresh(t reflect.Type) reflect.Value {
	v := reflect.New(t)
	if d, ok := reflect.TypeAssert[Defaulter](v); ok {
		d.SetDefaults()
	}
	return v
}

// want describes in words what a type takes.
func want(t reflect.Type) string {
	switch {
	case t == durationType:
		return "a duration such as 150ms"
	case t == bytesType:
		return "a size such as 64MiB"
	case t.Kind() == reflect.Struct && takesText(t):
		if _, list := fields(t); list != nil {
			return "text or a list"
		}
		return "text or keys with values"
	case takesText(t):
		return "text"
	}
	switch t.Kind() {
	case reflect.Pointer:
		return want(t.Elem())
	case reflect.Bool:
		return "true or false"
	case reflect.Struct, reflect.Map:
		return "keys with values"
	case reflect.Slice, reflect.Array:
		return "a list"
	case reflect.Float32, reflect.Float64:
		return "a number"
	case reflect.String:
		return "text"
	default:
		return "a whole number"
	}
}
