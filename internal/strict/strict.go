// Package strict decodes the YAML files that people write. It reads into plain
// structs, says everything that is wrong at once, each with file, line and key,
// and proposes the nearest known key for one that it does not know.
//
// A struct says what it takes in its field tags:
//
//	Width int `yaml:"width" rule:"required,min=1,max=8192" doc:"pixels"`
//
// The rules: required (not the zero value), min=, max= and above= (a limit that
// is itself out of range), zero (0 is taken besides the range: not set), list
// (the field that takes a sequence where its struct may be one). Limits hold for
// each element of a list. A type with UnmarshalText takes text; a struct with
// UnmarshalText takes text or keys. Rules and docs also make the JSON Schema and
// the tables of the documentation, so that these cannot differ from the code.
package strict

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Problem is one thing that is wrong with a file.
type Problem struct {
	File string // or where the value came from: "--set", "BRAID_SITE"
	Line int    // from 1; 0 where unknown
	Path string // of the key: "cameras[1].policy"; "" for the file as a whole
	Msg  string
}

// String is the one line that a user reads.
func (p Problem) String() string {
	var b strings.Builder
	if p.File != "" {
		b.WriteString(p.File)
		if p.Line > 0 {
			fmt.Fprintf(&b, ":%d", p.Line)
		}
		b.WriteString(": ")
	}
	if p.Path != "" {
		b.WriteString(p.Path)
		b.WriteString(": ")
	}
	return b.String() + p.Msg
}

// Errors are all problems of a file, one line each.
type Errors []Problem

func (e Errors) Error() string {
	lines := make([]string, len(e))
	for i, p := range e {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// Err is nil where there are no problems.
func (e Errors) Err() error {
	if len(e) == 0 {
		return nil
	}
	return e
}

// Addf adds a problem of the key at path.
func (e *Errors) Addf(path, format string, args ...any) {
	*e = append(*e, Problem{Path: path, Msg: fmt.Sprintf(format, args...)})
}

// Under adds problems whose paths are relative to the key at path.
func (e *Errors) Under(path string, more Errors) {
	for _, p := range more {
		p.Path = join(path, p.Path)
		*e = append(*e, p)
	}
}

// Lines are the lines of a file's keys, by path.
type Lines map[string]int

// At is the line of the key at path or, where the file does not have the key,
// of the nearest one around it; 0 for a file without any.
func (l Lines) At(path string) int {
	for {
		if line, ok := l[path]; ok || path == "" {
			return line
		}
		path = parent(path)
	}
}

// Merge joins what decoding found with what checking the decoded values found,
// and gives the latter their file and line. What follows from a key that could
// not be decoded is left out. The result is sorted by line.
func Merge(file string, lines Lines, decoded, checked Errors) Errors {
	bad := map[string]bool{}
	for _, p := range decoded {
		bad[p.Path] = true
	}
	all := slices.Clone(decoded)
	for _, p := range checked {
		if !within(p.Path, bad) {
			p.File, p.Line = file, lines.At(p.Path)
			all = append(all, p)
		}
	}
	slices.SortStableFunc(all, func(a, b Problem) int { return cmp.Compare(a.Line, b.Line) })
	return all
}

// within says whether a path or a key around it is in bad.
func within(path string, bad map[string]bool) bool {
	for !bad[path] {
		if path == "" {
			return false
		}
		path = parent(path)
	}
	return true
}

func parent(path string) string { return path[:max(0, strings.LastIndexAny(path, ".["))] }

func join(path, key string) string {
	if path == "" || key == "" || key[0] == '[' {
		return path + key
	}
	return path + "." + key
}
