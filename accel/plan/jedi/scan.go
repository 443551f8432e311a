package jedi

import (
	"fmt"
	"strconv"
	"strings"
)

// The kinds of token in libconfig's grammar
// (https://hyperrealm.github.io/libconfig/libconfig_manual.html, Configuration
// File Grammar). A sign is its own character.
type kind int

const (
	end kind = iota
	name
	text
	number
	truth
	sign
)

type token struct {
	kind kind
	text string // a string's value; as written otherwise
	line int
}

func (t token) String() string {
	if t.kind == end {
		return "the end of the file"
	}
	return fmt.Sprintf("%.40q", t.text)
}

// syntaxError is a place in the file that libconfig could not read either.
type syntaxError struct {
	line int
	msg  string
}

func (e *syntaxError) Error() string { return e.msg }

// scanner cuts a file into tokens.
type scanner struct {
	rest string
	line int
}

func (s *scanner) failf(format string, args ...any) error {
	return &syntaxError{s.line, fmt.Sprintf(format, args...)}
}

// next is the token after blanks and comments.
func (s *scanner) next() (token, error) {
	if err := s.skip(); err != nil {
		return token{}, err
	}
	t := token{line: s.line}
	if s.rest == "" {
		return t, nil
	}
	c := s.rest[0]
	switch {
	case strings.IndexByte("={}()[];,:", c) >= 0:
		t.kind, t.text, s.rest = sign, s.rest[:1], s.rest[1:]
		return t, nil
	case c == '"':
		value, err := s.quoted()
		t.kind, t.text = text, value
		return t, err
	case c == '@':
		return t, s.failf("directives such as %.40q are not supported: write the included file's settings here", s.word())
	}
	t.text = s.word()
	switch {
	case t.text == "":
		return t, s.failf("unexpected %q", firstRune(s.rest))
	case strings.EqualFold(t.text, "true") || strings.EqualFold(t.text, "false"):
		t.kind = truth
	case isNumber(t.text):
		t.kind = number
	case isName(t.text):
		t.kind = name
	default:
		return t, s.failf("%.40q is neither a name nor a value: text is written in quotes", t.text)
	}
	s.rest = s.rest[len(t.text):]
	return t, nil
}

// skip passes over blanks and the three kinds of comments.
func (s *scanner) skip() error {
	for {
		s.pass(len(s.rest) - len(strings.TrimLeft(s.rest, " \t\r\n\f")))
		switch {
		case strings.HasPrefix(s.rest, "#"), strings.HasPrefix(s.rest, "//"):
			i := strings.IndexByte(s.rest, '\n')
			if i < 0 {
				i = len(s.rest)
			}
			s.pass(i)
		case strings.HasPrefix(s.rest, "/*"):
			i := strings.Index(s.rest[2:], "*/")
			if i < 0 {
				return s.failf("the comment that starts here does not end")
			}
			s.pass(i + 4)
		default:
			return nil
		}
	}
}

// pass moves over n bytes and counts their lines.
func (s *scanner) pass(n int) {
	s.line += strings.Count(s.rest[:n], "\n")
	s.rest = s.rest[n:]
}

// word is what follows up to a blank, a sign, a quote or a comment.
func (s *scanner) word() string {
	i := strings.IndexAny(s.rest, " \t\r\n\f={}()[];,:\"#")
	if i < 0 {
		i = len(s.rest)
	}
	if c := strings.Index(s.rest[:i], "/"); c >= 0 {
		i = c
	}
	return s.rest[:i]
}

var escapes = map[byte]byte{'\\': '\\', '"': '"', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t', 'a': '\a', 'b': '\b', 'v': '\v'}

// quoted reads a string up to its closing quote.
func (s *scanner) quoted() (string, error) {
	var b strings.Builder
	from := s.line
	for i := 1; i < len(s.rest); i++ {
		switch c := s.rest[i]; c {
		case '"':
			s.pass(i + 1)
			return b.String(), nil
		case '\\':
			n, value, ok := escape(s.rest[i+1:])
			if !ok {
				s.pass(i)
				return "", s.failf("unknown escape %.4q in a text", s.rest)
			}
			b.WriteByte(value)
			i += n
		default:
			b.WriteByte(c)
		}
	}
	s.line = from
	return "", s.failf("the text that starts here does not end")
}

// escape reads what follows a backslash: the bytes it takes, the byte it means.
func escape(rest string) (n int, value byte, ok bool) {
	if rest == "" {
		return 0, 0, false
	}
	if rest[0] == 'x' && len(rest) > 2 {
		v, err := strconv.ParseUint(rest[1:3], 16, 8)
		return 3, byte(v), err == nil
	}
	value, ok = escapes[rest[0]]
	return 1, value, ok
}

func isName(word string) bool {
	for i := range len(word) {
		c := word[i]
		letter := c|0x20 >= 'a' && c|0x20 <= 'z' || c == '*'
		if !letter && (i == 0 || c != '-' && c != '_' && (c < '0' || c > '9')) {
			return false
		}
	}
	return word != ""
}

// isNumber takes libconfig's integers (with L or LL for 64 bits, hexadecimal with
// 0x) and floats.
func isNumber(word string) bool {
	if strings.IndexByte("+-.0123456789", word[0]) < 0 {
		return false
	}
	plain := strings.TrimSuffix(strings.TrimSuffix(word, "L"), "L")
	if _, err := strconv.ParseInt(plain, 0, 64); err == nil && !strings.Contains(plain, "_") {
		return true
	}
	_, err := strconv.ParseFloat(word, 64)
	return err == nil && !strings.ContainsAny(word, "_xXpPnN")
}

func firstRune(s string) string {
	for _, r := range s {
		return string(r)
	}
	return ""
}
