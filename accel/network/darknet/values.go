package darknet

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"braid/internal/strict"
)

// lineError is what is wrong in a line of a cfg file.
type lineError struct {
	line int
	err  error
}

func (e *lineError) Error() string { return e.err.Error() }
func (e *lineError) Unwrap() error { return e.err }

// errorf is an error about a line.
func errorf(line int, format string, args ...any) error {
	return &lineError{line, fmt.Errorf(format, args...)}
}

// values reads the values of a section. It keeps the first error; what is read
// after that is worth nothing.
type values struct {
	*section
	err error
}

// fail says what is wrong with the value of a key, or that it is missing.
func (v *values) fail(key, format string, args ...any) {
	if v.err != nil {
		return
	}
	line := v.line
	if o := v.find(key); o != nil {
		line = o.line
	}
	v.err = errorf(line, format, args...)
}

// has says whether the section gives a key.
func (v *values) has(key string) bool { return v.find(key) != nil }

// integer is a whole number from low to high, def where the key is missing.
func (v *values) integer(key string, def, low, high int) int {
	o := v.find(key)
	if o == nil {
		return def
	}
	n, err := strconv.Atoi(o.value)
	if err != nil {
		v.fail(key, "%s=%s is no whole number", key, clip(o.value))
		return def
	}
	if n < low || n > high {
		v.fail(key, "%s=%d is out of range, want %d to %d", key, n, low, high)
		return def
	}
	return n
}

// required is an integer that darknet would guess where it is missing, but no
// network that works leaves out.
func (v *values) required(key string, low, high int) int {
	if !v.has(key) {
		v.fail(key, "%s is missing", key)
	}
	return v.integer(key, low, low, high)
}

// flag is true for a whole number other than 0.
func (v *values) flag(key string) bool {
	return v.integer(key, 0, math.MinInt32, math.MaxInt32) != 0
}

// decimal is a finite number, def where the key is missing.
func (v *values) decimal(key string, def float32) float32 {
	o := v.find(key)
	if o == nil {
		return def
	}
	f, err := parseFloat(o.value)
	if err != nil {
		v.fail(key, "%s=%s is no number", key, clip(o.value))
	}
	return f
}

// decimals is a list of finite numbers with commas, nil where the key is missing.
func (v *values) decimals(key string) []float32 {
	return list(v, key, "number", parseFloat)
}

// integers is a list of whole numbers with commas, nil where the key is missing.
func (v *values) integers(key string) []int {
	return list(v, key, "whole number", strconv.Atoi)
}

// word is one of some words, def where the key is missing.
func (v *values) word(key, def string, known []string) string {
	o := v.find(key)
	if o == nil {
		return def
	}
	if !slices.Contains(known, o.value) {
		v.fail(key, "unknown %s %s%s", key, clip(o.value), strict.Suggest(o.value, known))
		return def
	}
	return o.value
}

func list[T any](v *values, key, what string, parse func(string) (T, error)) []T {
	o := v.find(key)
	if o == nil {
		return nil
	}
	var out []T
	for i, text := range strings.Split(o.value, ",") {
		x, err := parse(text)
		if err != nil {
			v.fail(key, "value %d of %s, %s, is no %s", i+1, key, clip(text), what)
			return nil
		}
		out = append(out, x)
	}
	return out
}

func parseFloat(text string) (float32, error) {
	f, err := strconv.ParseFloat(text, 32)
	if err == nil && (math.IsNaN(f) || math.IsInf(f, 0)) {
		err = errors.New("not finite")
	}
	return float32(f), err
}
