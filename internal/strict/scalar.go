package strict

import (
	"encoding"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// scalar decodes text, numbers and truth values.
func (w *walk) scalar(n *yaml.Node, v reflect.Value, path string) {
	wrong := func() { w.failf(n.Line, path, "want %s, got %s", want(v.Type()), clip(n.Value)) }
	tag := n.ShortTag()
	switch u, text := reflect.TypeAssert[encoding.TextUnmarshaler](v.Addr()); {
	case v.Type() == durationType:
		if d, err := time.ParseDuration(n.Value); err == nil && tag == "!!str" {
			v.SetInt(int64(d))
			return
		}
		wrong()
	case text:
		before := reflect.ValueOf(v.Interface()) // a copy
		if err := u.UnmarshalText([]byte(n.Value)); err != nil {
			v.Set(before)
			w.failf(n.Line, path, "%s", oneLine(err.Error()))
		}
	case v.Kind() == reflect.String:
		if tag == "!!bool" { // a person who writes `name: true` means something else
			wrong()
			return
		}
		w.text(n, v, path)
	case v.Kind() == reflect.Bool:
		if tag != "!!bool" {
			wrong()
			return
		}
		v.SetBool(strings.EqualFold(n.Value, "true"))
	case v.CanInt() && tag == "!!int":
		w.integer(n, v, path)
	case v.CanUint() && tag == "!!int":
		w.unsigned(n, v, path)
	case v.CanFloat() && (tag == "!!int" || tag == "!!float"):
		w.float(n, v, path)
	default:
		wrong()
	}
}

func (w *walk) text(n *yaml.Node, v reflect.Value, path string) {
	s := n.Value
	if w.Expand != nil {
		var err error
		if s, err = w.Expand(s); err != nil {
			w.failf(n.Line, path, "%s", oneLine(err.Error()))
			return
		}
	}
	v.SetString(s)
}

func (w *walk) integer(n *yaml.Node, v reflect.Value, path string) {
	i, err := strconv.ParseInt(n.Value, 0, 64)
	if err != nil || v.OverflowInt(i) {
		w.failf(n.Line, path, "%s is out of range", clip(n.Value))
		return
	}
	v.SetInt(i)
}

func (w *walk) unsigned(n *yaml.Node, v reflect.Value, path string) {
	i, err := strconv.ParseUint(n.Value, 0, 64)
	if err != nil || v.OverflowUint(i) {
		w.failf(n.Line, path, "%s is out of range", clip(n.Value))
		return
	}
	v.SetUint(i)
}

func (w *walk) float(n *yaml.Node, v reflect.Value, path string) {
	x, err := strconv.ParseFloat(strings.ReplaceAll(n.Value, "_", ""), 64)
	if i, ierr := strconv.ParseInt(n.Value, 0, 64); ierr == nil { // 0x10 and 0o20 too
		x, err = float64(i), nil
	}
	if err != nil || v.OverflowFloat(x) || math.IsNaN(x) || math.IsInf(x, 0) {
		w.failf(n.Line, path, "%s is out of range", clip(n.Value))
		return
	}
	v.SetFloat(x)
}

// clip quotes what a file says, for a message of one line.
func clip(s string) string {
	const most = 40
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "…"
	}
	for _, r := range s {
		if r <= ' ' || r == '"' || !strconv.IsPrint(r) {
			return strconv.Quote(s)
		}
	}
	if s == "" {
		return `""`
	}
	return s
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
