package strict

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestDecode(t *testing.T) {
	yes := true
	tests := []struct {
		name, text string
		want       func(*house)
	}{
		{"nothing", "", func(*house) {}},
		{"comment only", "# nothing\n", func(*house) {}},
		{"null document", "~", func(*house) {}},
		{"text", "name: villa", func(h *house) { h.Name = "villa" }},
		{"text of digits", "name: 0123", func(h *house) { h.Name = "0123" }},
		{"quoted truth value", `name: "true"`, func(h *house) { h.Name = "true" }},
		{"bool", "on: true", func(h *house) { h.On = true }},
		{"int", "floors: 0x10", func(h *house) { h.Floors = 16 }},
		{"byte", "pad: 255", func(h *house) { h.Pad = 255 }},
		{"duration", "wait: 150ms", func(h *house) { h.Wait = 150 * time.Millisecond }},
		{"size", "size: 64MiB", func(h *house) { h.Size = 64 << 20 }},
		{"size in bytes", "size: 1024", func(h *house) { h.Size = 1024 }},
		{"array", "mean: [1, 2.5, 1e-3]", func(h *house) { h.Mean = [3]float64{1, 2.5, 0.001} }},
		{"list of arrays", "boxes: [[1, 2], [3, 4]]", func(h *house) { h.Boxes = [][2]int{{1, 2}, {3, 4}} }},
		{"pointer", "maybe: true", func(h *house) { h.Maybe = &yes }},
		{"pointer with defaults", "garden: {}", func(h *house) { h.Garden = &garden{Trees: 2} }},
		{"list with defaults", "lamps: [{name: a}]", func(h *house) { h.Lamps = []lamp{{Name: "a", Power: 40}} }},
		{"text or keys", "lamps:\n- name: a\n  shade: dark\n  places: [hall, {id: bath, room: 2}]", func(h *house) {
			h.Lamps = []lamp{{Name: "a", Shade: "dark", Power: 40, Places: []place{{ID: "hall"}, {"bath", 2}}}}
		}},
		{"text or list: text", "labels: a.txt", func(h *house) { h.Labels.File = "a.txt" }},
		{"text or list: list", "labels: [a, b]", func(h *house) { h.Labels.List = []string{"a", "b"} }},
		{"map", "garden: {beds: {a.b: 1, c: 2.5}}", func(h *house) { h.Garden = &garden{2, map[string]float64{"a.b": 1, "c": 2.5}} }},
		{"alias", "boxes: [&b [1, 2], *b]", func(h *house) { h.Boxes = [][2]int{{1, 2}, {1, 2}} }},
		{"end mark", "name: a\n...\n", func(h *house) { h.Name = "a" }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			want := newHouse()
			tt.want(&want)
			got, errs := unmarshal(tt.text)
			if errs != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("got %+v, %v\nwant %+v", got, errs, want)
			}
		})
	}
}

func TestProblems(t *testing.T) {
	tests := []struct {
		name, text string
		want       []string
	}{
		{"unknown key", "floor: 1", []string{`h.yaml:1: floor: unknown key, did you mean "floors"?`}},
		{"unknown key, nothing like it", "lamps: [{name: a, xyzzy: 1}]", []string{
			"h.yaml:1: lamps[0].xyzzy: unknown key, known: name, shade, power, places",
		}},
		{"reserved key", "lamps:\n- name: a\n  colour: red", []string{"h.yaml:3: lamps[0].colour: reserved for a later version"}},
		{"odd key", "\"a\\nb\": 1", []string{`h.yaml:1: "a\nb": unknown key, known: name, on, floors, pad, wait, size, mean, boxes, garden, lamps, labels, maybe`}},
		{"key that is no text", "? [a]\n: 1", []string{"h.yaml:1: a key must be text"}},
		{"duplicate key", "on: true\n\non: false", []string{"h.yaml:3: on: duplicate key, first on line 1"}},
		{"merge key", "lamps: [&a {name: a}, {<<: *a, name: b}]", []string{
			"h.yaml:1: lamps[1]: merge keys (<<) are not supported, write the keys out",
		}},
		{"tag", "name: !secret x", []string{"h.yaml:1: name: tags such as !secret are not supported"}},
		{"no value", "garden:\nname:", []string{
			"h.yaml:1: garden: has no value, want keys with values", "h.yaml:2: name: has no value, want text",
		}},
		{"wrong types", "name: true\non: 1\nfloors: many\npad: 1.5\nwait: 3\nsize: big\nmean: 1\nlamps: {}\ngarden: [1]\nlabels: {}", []string{
			"h.yaml:1: name: want text, got true",
			"h.yaml:2: on: want true or false, got 1",
			"h.yaml:3: floors: want a whole number, got many",
			"h.yaml:4: pad: want a whole number, got 1.5",
			"h.yaml:5: wait: want a duration such as 150ms, got 3",
			"h.yaml:6: size: want a size such as 64MiB",
			"h.yaml:7: mean: want a list, got 1",
			"h.yaml:8: lamps: want a list, got keys with values",
			"h.yaml:9: garden: want keys with values, got a list",
			"h.yaml:10: labels: want text or a list, got keys with values",
		}},
		{"does not fit", "floors: 99999999999999999999999\npad: 256\nmean: [.inf, 1, .nan]", []string{
			"h.yaml:1: floors: want a whole number, got 99999999999999999999999",
			"h.yaml:2: pad: 256 is out of range",
			"h.yaml:3: mean[0]: .inf is out of range",
			"h.yaml:3: mean[2]: .nan is out of range",
		}},
		{"out of range", "floors: 0\nwait: 1ms\nsize: 2GiB\nmean: [0, -1, 0]\ngarden: {trees: 10}\nlamps:\n- {name: a, power: 0}\n- {name: b, power: 101, places: [{id: x, room: 10}, {id: y, room: 0}]}", []string{
			"h.yaml:1: floors: 0 is out of range, want 1 or more",
			"h.yaml:2: wait: 1ms is out of range, want 100ms or more",
			"h.yaml:3: size: 2GiB is out of range, want 1GiB or less",
			"h.yaml:4: mean[1]: -1 is out of range, want more than -1",
			"h.yaml:5: garden.trees: 10 is out of range, want 9 or less",
			"h.yaml:7: lamps[0].power: 0 is out of range, want more than 0",
			"h.yaml:8: lamps[1].power: 101 is out of range, want 100 or less",
			"h.yaml:8: lamps[1].places[0].room: 10 is out of range, want 9 or less",
		}},
		{"missing", "name: \"\"\nlamps:\n- shade: dark\n- {name: b, places: [{room: 1}]}", []string{
			"h.yaml:1: name: is required",
			"h.yaml:3: lamps[0].name: is required",
			"h.yaml:4: lamps[1].places[0].id: is required",
		}},
		{"enumeration", "lamps: [{name: a, shade: drak}, {name: b, shade: purple}]", []string{
			`h.yaml:1: lamps[0].shade: unknown value drak, did you mean "dark"?`,
			"h.yaml:1: lamps[1].shade: unknown value purple, want dark or light",
		}},
		{"map of wrong values", "garden: {beds: {b: x, a: -1,\n c: 1, c: 2, e.f: -0.5}}", []string{
			"h.yaml:1: garden.beds.b: want a number, got x",
			"h.yaml:1: garden.beds.a: -1 is out of range, want 0 or more",
			"h.yaml:2: garden.beds.c: duplicate key, first on line 2",
			"h.yaml:2: garden.beds.e.f: -0.5 is out of range, want 0 or more",
		}},
		{"no map", "garden: {beds: 3}", []string{"h.yaml:1: garden.beds: want keys with values, got 3"}},
		{"wrong length", "mean: [1, 2]\nboxes: [[1]]", []string{
			"h.yaml:1: mean: want 3 values, got 2", "h.yaml:2: boxes[0]: want 2 values, got 1",
		}},
		{"what follows is left out", "name: [x]\nlamps: 7", []string{
			"h.yaml:1: name: want text, got a list", "h.yaml:2: lamps: want a list, got 7",
		}},
		{"several documents", "name: a\n---\nname: b", []string{"h.yaml:2: a second document starts here, want one"}},
		{"not a mapping", "- a", []string{"h.yaml:1: want keys with values, got a list"}},
		{"only text", "hello", []string{"h.yaml:1: want keys with values, got hello"}},
		{"syntax", "name: [a", []string{"h.yaml:1: not YAML: did not find expected ',' or ']'"}},
		{"syntax below", "mean: [1, 2, 3]\nboxes:\n  - [1\nname: a\n", []string{"h.yaml:3: not YAML: did not find expected ',' or ']'"}},
		{"a key too deep", "name: a\ngarden:\n  beds: {b: 1}\n   c: 2\n", []string{"h.yaml:3: not YAML: did not find expected key"}},
		{"no such tag handle", "name: a\nboxes: !foo!bar []\n", []string{"h.yaml:2: not YAML: found undefined tag handle"}},
		{"a colon too many", "mean: [1, 2, 3]\nname: a: b\n", []string{"h.yaml:2: not YAML: mapping values are not allowed in this context"}},
		{"unknown alias", "name: *x", []string{"h.yaml: not YAML: unknown anchor 'x' referenced"}},
		{"control character", "name: \x01", []string{"h.yaml: not YAML: control characters are not allowed"}},
		{"alias of itself", "boxes: &a [*a, *a]", []string{
			"h.yaml:1: boxes[0][0]: want a whole number, got a list",
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, got := unmarshal(tt.text)
			if tt.name == "alias of itself" && len(got) > 0 { // one for each place, all alike
				got = got[:1]
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("got\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(tt.want, "\n  "))
			}
		})
	}
}

func TestBounds(t *testing.T) {
	row := "&b [" + strings.Repeat("[1, 2], ", 2000) + "]"
	tests := map[string]string{
		"more than 1048576 bytes":    strings.Repeat("#", maxBytes+1),
		"more than 100000 values":    "boxes: [" + strings.Repeat("[1, 2], ", 60_000) + "]",
		"values repeated by aliases": "boxes: [&b [1, 2], " + strings.Repeat("*b, ", 60_000) + "]",
		"lists inside lists":         "boxes: " + row,
	}
	for name, text := range tests {
		t.Run(name, func(t *testing.T) {
			_, errs := unmarshal(text)
			small := name == "lists inside lists"
			if small != (errs == nil) || len(errs) > 1 {
				t.Errorf("got %.200s", errs)
			}
		})
	}
}

func TestProblemsAreBounded(t *testing.T) {
	_, errs := unmarshal(strings.Repeat("x: 1\n", 10_000))
	if n := len(errs); n != maxProblems+1 || errs[n-1] != "h.yaml:101: more than 100 problems" {
		t.Errorf("%d problems, the last is %s", n, errs[n-1])
	}
}

func TestExpand(t *testing.T) {
	d := Decoder{File: "h.yaml", Expand: func(s string) (string, error) {
		if s == "bad" {
			return "", errors.New("no\nsuch variable")
		}
		return "<" + s + ">", nil
	}}
	h := newHouse()
	err := d.Unmarshal([]byte("name: a\nlabels: [bad, b]\nlamps: [{name: x, shade: dark}]"), &h)
	if want := "h.yaml:2: labels[0]: no such variable"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if h.Name != "<a>" || h.Labels.List[1] != "<b>" || h.Lamps[0].Shade != "dark" {
		t.Errorf("got %+v", h)
	}
}

func TestSet(t *testing.T) {
	tests := []struct{ path, text, want string }{
		{"name", "a: #b", ""},
		{"name", "", "-s: name: is required"},
		{"on", "true", ""},
		{"on", "maybe", "-s: on: want true or false, got maybe"},
		{"maybe", "false", ""},
		{"wait", "2s", ""},
		{"floors", "", "-s: floors: has no value, want a whole number"},
		{"garden.trees", "3", "-s: garden.trees: unknown key"},
		{"mean", "1, 2, 3", ""},
		{"mean", "[1, 2]", "-s: mean: want 3 values, got 2"},
		{"boxes", "[[1, 2]]", ""},
		{"labels", "a.txt", ""},
		{"nmae", "x", `-s: nmae: unknown key, did you mean "name"?`},
		{"name.x", "x", "-s: name.x: unknown key"},
		{"", "x", "-s: unknown key"},
		{"lamps", "]", "-s: lamps: not YAML: did not find expected <document start>"},
	}
	for _, tt := range tests {
		t.Run(tt.path+"="+tt.text, func(t *testing.T) {
			h := newHouse()
			errs := Merge("-s", nil, Set(&h, tt.path, tt.text, "-s"), Check(&h))
			if got := errs.Error(); !strings.HasPrefix(got, tt.want) || tt.want == "" && got != "" {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestLinesAt(t *testing.T) {
	l := Lines{"": 1, "a": 2, "a.b[1]": 5}
	for path, want := range map[string]int{"a": 2, "a.c": 2, "a.b[0]": 2, "a.b[1].c": 5, "x": 1, "x.y[3]": 1} {
		if got := l.At(path); got != want {
			t.Errorf("At(%q) = %d, want %d", path, got, want)
		}
	}
	if got := Lines(nil).At("a.b"); got != 0 {
		t.Errorf("line of an empty file is %d", got)
	}
}

func TestUnsupportedLengthsOfMessages(t *testing.T) {
	_, errs := unmarshal(fmt.Sprintf("%s: 1\nfloors: %q", strings.Repeat("k", 500), strings.Repeat("ü\n", 500)))
	if len(errs) != 2 || len(errs[0]) > 200 || len(errs[1]) > 200 {
		t.Errorf("messages are not clipped: %q", errs)
	}
}

func FuzzDecode(f *testing.F) {
	for _, s := range []string{
		"", "name: a", "lamps: [{name: a, places: [x, {id: y}]}]", "a: &a [*a]", "<<: {name: x}", "? {}\n: 1",
		"labels: !!binary aGk=", "--- a\n--- b", "boxes: [[1,2],[0x3,1_0]]", "wait: 1h\nsize: 1kB", "garden: ~", "\xff\xfe", "mean: [.nan, 1, +.inf]",
		"name: |\n  a\n", "0: 0", "\"\": {}", "- - - -", "%YAML 1.1\n---\non: yes",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		h, errs := unmarshal(text)
		for _, e := range errs {
			if !strings.HasPrefix(e, "h.yaml") {
				t.Errorf("a problem of several lines or without a file: %q", errs)
			}
		}
		if again, _ := unmarshal(text); !reflect.DeepEqual(h, again) {
			t.Error("decodes differently the second time")
		}
		if errs == nil && Check(&h) != nil {
			t.Errorf("accepted what breaks the rules: %+v", h)
		}
	})
}
