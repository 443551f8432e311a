package strict

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Bounds on a file: nobody writes more by hand, and aliases can make a small
// file large.
const (
	maxBytes    = 1 << 20
	maxNodes    = 100_000
	maxProblems = 100
)

// Decoder reads one file.
type Decoder struct {
	File string // as the user named it, for messages
	// Expand replaces variables in text; nil leaves text as it is. It is not
	// called for values that are not free text, such as numbers and enumerations.
	Expand func(text string) (string, error)
}

// Decode reads data into the struct that out points to. Keys that the file does
// not have keep the value they have in out. Rules are left to Check, since the
// caller may fill in more first; Merge joins the problems of both.
func (d Decoder) Decode(data []byte, out any) (Lines, Errors) {
	w := &walk{Decoder: d, lines: Lines{}}
	if root := w.parse(data); root != nil {
		w.value(root, reflect.ValueOf(out).Elem(), "")
	}
	return w.lines, w.errs
}

// Unmarshal decodes, checks the rules and gives all problems.
func (d Decoder) Unmarshal(data []byte, out any) error {
	lines, errs := d.Decode(data, out)
	return Merge(d.File, lines, errs, Check(out)).Err()
}

// walk is one descent through a file's nodes.
type walk struct {
	Decoder
	lines Lines
	errs  Errors
	nodes int
}

func (w *walk) failf(line int, path, format string, args ...any) {
	switch n := len(w.errs); {
	case n > maxProblems:
		return
	case n == maxProblems:
		path, format, args = "", "more than %d problems", []any{maxProblems}
	}
	w.errs = append(w.errs, Problem{w.File, line, path, fmt.Sprintf(format, args...)})
}

var (
	syntaxLine = regexp.MustCompile(`^line (\d+): `)
	// What the library's parser says, unlike its scanner, it says of a line counted from 0: where the list or
	// mapping begins that it is in, or where it is if that is the first line.
	ofParser = regexp.MustCompile(`^(did not find expected (<|node content|'-' indicator|key|',' or)|found (undefined tag handle|duplicate %|incompatible YAML))`)
)

// parse reads the one document of a file; nil where there is none.
func (w *walk) parse(data []byte) *yaml.Node {
	if len(data) > maxBytes {
		w.failf(0, "", "larger than %d bytes", maxBytes)
		return nil
	}
	dec := yaml.NewDecoder(bytes.NewReader(data))
	var doc, second yaml.Node
	switch err := dec.Decode(&doc); {
	case errors.Is(err, io.EOF):
		return nil
	case err != nil:
		w.syntax(err, data)
		return nil
	}
	switch err := dec.Decode(&second); {
	case errors.Is(err, io.EOF):
	case err != nil:
		w.syntax(err, data)
	default:
		w.failf(second.Line, "", "a second document starts here, want one")
	}
	if len(doc.Content) == 0 || isNull(doc.Content[0]) {
		return nil
	}
	return doc.Content[0]
}

func (w *walk) syntax(err error, data []byte) {
	msg, line := strings.TrimPrefix(err.Error(), "yaml: "), 0
	if m := syntaxLine.FindStringSubmatch(msg); m != nil {
		line, _ = strconv.Atoi(m[1])
		msg = msg[len(m[0]):]
		if ofParser.MatchString(msg) {
			line = min(line+1, 1+bytes.Count(bytes.TrimRight(data, "\n"), []byte("\n"))) // its end is a line of its own
		}
	}
	w.failf(line, "", "not YAML: %s", strings.Join(strings.Fields(msg), " "))
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" }

func (w *walk) value(n *yaml.Node, v reflect.Value, path string) {
	if w.nodes++; w.nodes > maxNodes {
		if w.nodes == maxNodes+1 {
			w.failf(n.Line, "", "more than %d values", maxNodes)
		}
		return
	}
	if _, ok := w.lines[path]; !ok {
		w.lines[path] = n.Line
	}
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	switch {
	case n.Style&yaml.TaggedStyle != 0:
		w.failf(n.Line, path, "tags such as %s are not supported", clip(n.Tag))
	case isNull(n):
		w.failf(n.Line, path, "has no value, want %s", want(v.Type()))
	case v.Kind() == reflect.Pointer:
		p := fresh(v.Type().Elem())
		w.value(n, p.Elem(), path)
		v.Set(p)
	case n.Kind == yaml.ScalarNode:
		w.scalar(n, v, path)
	case n.Kind == yaml.MappingNode:
		w.mapping(n, v, path)
	default:
		w.sequence(n, v, path)
	}
}

func (w *walk) mapping(n *yaml.Node, v reflect.Value, path string) {
	if v.Kind() == reflect.Map {
		v.Set(reflect.MakeMap(v.Type())) // a file's map takes the place of the default's
	}
	keys, _ := fieldsOf(v.Type())
	if len(keys) == 0 && v.Kind() != reflect.Map {
		w.failf(n.Line, path, "want %s, got keys with values", want(v.Type()))
		return
	}
	seen := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, val := n.Content[i], n.Content[i+1]
		if key.Kind == yaml.AliasNode {
			key = key.Alias
		}
		at := join(path, clip(key.Value))
		switch first, dup := seen[key.Value]; {
		case key.Kind != yaml.ScalarNode:
			w.failf(key.Line, path, "a key must be text")
			continue
		case key.ShortTag() == "!!merge":
			w.failf(key.Line, path, "merge keys (<<) are not supported, write the keys out")
			continue
		case dup:
			w.failf(key.Line, at, "duplicate key, first on line %d", first)
			continue
		}
		seen[key.Value] = key.Line
		if v.Kind() == reflect.Map {
			e := fresh(v.Type().Elem()).Elem()
			w.lines[at] = key.Line
			w.value(val, e, at)
			v.SetMapIndex(reflect.ValueOf(key.Value), e)
			continue
		}
		f := slices.IndexFunc(keys, func(f field) bool { return f.name == key.Value })
		if f < 0 {
			w.failf(key.Line, at, "%s", unknown(v, key.Value, names(keys)))
			continue
		}
		w.lines[at] = key.Line
		w.value(val, v.Field(keys[f].index), at)
	}
}

func unknown(v reflect.Value, key string, known []string) string {
	if r, ok := reflect.TypeAssert[Reserver](v); ok && slices.Contains(r.ReservedKeys(), key) {
		return "reserved for a later version"
	}
	return "unknown key" + Suggest(key, known)
}

// fieldsOf is fields for any type: one that is no struct has no keys.
func fieldsOf(t reflect.Type) ([]field, *field) {
	if t.Kind() != reflect.Struct {
		return nil, nil
	}
	return fields(t)
}

func (w *walk) sequence(n *yaml.Node, v reflect.Value, path string) {
	if _, list := fieldsOf(v.Type()); list != nil {
		v = v.Field(list.index)
	}
	switch v.Kind() {
	case reflect.Array:
		if len(n.Content) != v.Len() {
			w.failf(n.Line, path, "want %d values, got %d", v.Len(), len(n.Content))
			return
		}
		for i, c := range n.Content {
			w.value(c, v.Index(i), element(path, i))
		}
	case reflect.Slice:
		out := reflect.MakeSlice(v.Type(), 0, min(len(n.Content), 64))
		for i, c := range n.Content {
			if w.nodes > maxNodes {
				return
			}
			e := fresh(v.Type().Elem()).Elem()
			w.value(c, e, element(path, i))
			out = reflect.Append(out, e)
		}
		v.Set(out)
	default:
		w.failf(n.Line, path, "want %s, got a list", want(v.Type()))
	}
}

func element(path string, i int) string { return path + "[" + strconv.Itoa(i) + "]" }
