package darknet

import (
	"bytes"
	"fmt"
	"strings"
)

// section is a part of a cfg file from one [name] to the next.
type section struct {
	name    string
	line    int
	options []option
}

// option is a line key=value.
type option struct {
	key, value string
	line       int
}

// find is the option of a key, nil where the section has none.
func (s *section) find(key string) *option {
	for i := range s.options {
		if s.options[i].key == key {
			return &s.options[i]
		}
	}
	return nil
}

// readSections splits a cfg file. Like darknet it takes blanks anywhere, and
// comments from # or ; to the end of the line; unlike darknet it takes no line
// that is neither, no key twice and no empty value.
func readSections(data []byte, file string) ([]section, error) {
	var sections []section
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	for i, text := range strings.Split(string(data), "\n") {
		if end := strings.IndexAny(text, "#;"); end >= 0 {
			text = text[:end]
		}
		text = strings.Map(dropBlank, text)
		if text == "" {
			continue
		}
		s, o, err := readLine(text, i+1)
		switch {
		case err != nil:
			return nil, fmt.Errorf("%s:%d: %w", file, i+1, err)
		case s != nil:
			sections = append(sections, *s)
		case len(sections) == 0:
			return nil, fmt.Errorf("%s:%d: %s comes before the first section, want [net]", file, i+1, clip(o.key))
		default:
			last := &sections[len(sections)-1]
			if first := last.find(o.key); first != nil {
				return nil, fmt.Errorf("%s:%d: [%s] %s is there twice, first in line %d", file, i+1, last.name, o.key, first.line)
			}
			last.options = append(last.options, *o)
		}
	}
	return sections, nil
}

// readLine reads a line without blanks and comments: the start of a section or
// an option.
func readLine(text string, line int) (*section, *option, error) {
	if name, ok := strings.CutPrefix(text, "["); ok {
		name, closed := strings.CutSuffix(name, "]")
		if !closed || name == "" {
			return nil, nil, fmt.Errorf("%s is no section, want [name]", clip(text))
		}
		return &section{name: name, line: line}, nil, nil
	}
	key, value, ok := strings.Cut(text, "=")
	if !ok || key == "" {
		return nil, nil, fmt.Errorf("%s is neither [section] nor key=value", clip(text))
	}
	if value == "" {
		return nil, nil, fmt.Errorf("%s has no value", clip(key))
	}
	return nil, &option{key: key, value: value, line: line}, nil
}

// dropBlank removes what darknet calls blank.
func dropBlank(r rune) rune {
	if r == ' ' || r == '\t' || r == '\r' {
		return -1
	}
	return r
}

// clip quotes a text of a file that may be anything.
func clip(text string) string {
	const most = 40
	if len(text) > most {
		text = text[:most] + "…"
	}
	return fmt.Sprintf("%q", text)
}
