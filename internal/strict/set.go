package strict

import (
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Set decodes one value into the field of a struct that a dotted path names.
// Lists are written as in YAML or with commas only. The problems carry the
// origin as their file.
func Set(out any, path, text, origin string) Errors {
	w := &walk{Decoder: Decoder{File: origin}, lines: Lines{}}
	v := reflect.ValueOf(out).Elem()
	for at := ""; ; {
		key, rest, more := strings.Cut(path[len(at):], ".")
		keys, _ := fieldsOf(v.Type())
		i := slices.IndexFunc(keys, func(f field) bool { return f.name == key })
		if i < 0 {
			w.failf(0, path, "%s", unknown(v, key, names(keys)))
			return w.errs
		}
		v = v.Field(keys[i].index)
		if !more {
			break
		}
		at = path[:len(path)-len(rest)]
	}
	if n := w.node(v.Type(), text); n != nil {
		w.value(n, v, path)
	}
	for i := range w.errs {
		w.errs[i].Path, w.errs[i].Line = path, 0
	}
	return w.errs
}

// node is the text as the node that the type wants.
func (w *walk) node(t reflect.Type, text string) *yaml.Node {
	switch {
	case t.Kind() == reflect.Pointer:
		return w.node(t.Elem(), text)
	case t.Kind() == reflect.Slice || t.Kind() == reflect.Array:
		if !strings.HasPrefix(strings.TrimSpace(text), "[") {
			text = "[" + text + "]"
		}
		return w.parse([]byte(text))
	case t.Kind() == reflect.String || takesText(t):
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: text}
	}
	return &yaml.Node{Kind: yaml.ScalarNode, Value: text}
}
