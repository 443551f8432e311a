package strict

import (
	"encoding"
	"fmt"
	"reflect"
	"strings"
	"time"
)

// Key is one key that a struct takes.
type Key struct {
	Path     string // "nats.url"; elements of lists as "cameras[].name"
	Type     string // in words
	Values   []string
	Required bool   // and without a default
	Default  string // "" where the default is the zero value
	Doc      string
}

// Keys are all keys of a struct, or of what v points to, in order. Defaults are
// the values that v holds.
func Keys(v any) []Key {
	rv := reflect.ValueOf(v)
	if rv.Kind() == reflect.Pointer {
		rv = rv.Elem()
	}
	return keysOf(rv, "")
}

func keysOf(v reflect.Value, path string) (out []Key) {
	fs, _ := fieldsOf(v.Type())
	for _, f := range fs {
		fv := v.Field(f.index)
		at, t := join(path, f.name), fv.Type()
		leaf := Key{
			Path: at, Type: typeName(t), Values: values(t), Required: f.has("required") && fv.IsZero(),
			Default: defaultText(fv), Doc: f.doc,
		}
		if inner, suffix := nested(fv); inner.IsValid() {
			if f.doc != "" { // a struct without a doc of its own is told by its keys
				out = append(out, leaf)
			}
			out = append(out, keysOf(inner, at+suffix)...)
			continue
		}
		out = append(out, leaf)
	}
	return out
}

// nested is the struct inside a field, and what that adds to the path.
func nested(v reflect.Value) (reflect.Value, string) {
	t, suffix := v.Type(), ""
	for t.Kind() == reflect.Slice {
		t, suffix = t.Elem(), suffix+"[]"
	}
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if fs, _ := fieldsOf(t); len(fs) == 0 {
		return reflect.Value{}, ""
	}
	if t == v.Type() {
		return v, ""
	}
	return fresh(t).Elem(), suffix
}

func typeName(t reflect.Type) string {
	switch {
	case t == durationType:
		return "duration"
	case t == bytesType:
		return "size"
	case values(t) != nil:
		return strings.Join(values(t), ", ")
	}
	switch t.Kind() {
	case reflect.Pointer:
		return typeName(t.Elem())
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Struct {
			return "list, see below"
		}
		return "list of " + typeName(t.Elem())
	case reflect.Map:
		return typeName(t.Elem()) + " by name"
	case reflect.Array:
		return fmt.Sprintf("[%d × %s]", t.Len(), typeName(t.Elem()))
	case reflect.Bool:
		return "true, false"
	default:
		return strings.TrimPrefix(want(t), "a ")
	}
}

func defaultText(v reflect.Value) string {
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return ""
		}
		return defaultText(v.Elem())
	}
	if v.IsZero() && v.Kind() != reflect.Bool && v.Kind() != reflect.Array {
		return ""
	}
	switch x := v.Interface().(type) {
	case encoding.TextMarshaler:
		text, _ := x.MarshalText()
		return string(text)
	case time.Duration:
		return shortDuration(x)
	}
	switch v.Kind() {
	case reflect.Struct:
		return ""
	case reflect.Slice, reflect.Array:
		items := make([]string, v.Len())
		for i := range items {
			items[i] = fmt.Sprint(v.Index(i))
		}
		return "[" + strings.Join(items, ", ") + "]"
	default:
		return fmt.Sprint(v)
	}
}

// shortDuration leaves the zeros of 1h0m0s out.
func shortDuration(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = s[:len(s)-2]
	}
	if strings.HasSuffix(s, "h0m") {
		s = s[:len(s)-2]
	}
	return s
}

// Table is the keys whose path begins with prefix as a Markdown table; the
// prefix is left out. Keys of lists of structs have a table of their own.
func Table(v any, prefix string) string {
	var b strings.Builder
	b.WriteString("| key | type | default | meaning |\n|---|---|---|---|\n")
	for _, k := range Keys(v) {
		name, ok := strings.CutPrefix(k.Path, prefix)
		if !ok || strings.Contains(name, "[].") {
			continue
		}
		def := "`" + k.Default + "`"
		switch {
		case k.Required:
			def = "required"
		case k.Default == "":
			def = ""
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", name, k.Type, def, k.Doc)
	}
	return b.String()
}
