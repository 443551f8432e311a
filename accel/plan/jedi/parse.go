package jedi

import "fmt"

// Bounds on a file: no configuration comes near, and nesting must not exhaust the
// stack.
const (
	maxBytes = 1 << 20
	maxDepth = 32
)

// shape is what kind of value a setting has.
type shape string

const (
	aText   shape = "text"
	aNumber shape = "a number without quotes"
	aTruth  shape = "a truth value"
	aGroup  shape = "a group {…}"
	aList   shape = "a list (…)"
	anArray shape = "an array […]"
)

// value is a value of libconfig. Numbers and truth values stay as written: JEDI
// reads none.
type value struct {
	shape shape
	line  int
	text  string    // of text, numbers and truth values
	list  []value   // of lists and arrays
	group []setting // of groups
}

type setting struct {
	name  string
	line  int
	value value
}

// find is the group's setting of a name.
func (v value) find(name string) (setting, bool) {
	for _, s := range v.group {
		if s.name == name {
			return s, true
		}
	}
	return setting{}, false
}

// parse reads a libconfig file as the group of its settings.
func parse(data []byte) (value, error) {
	if len(data) > maxBytes {
		return value{}, &syntaxError{0, fmt.Sprintf("larger than %d bytes", maxBytes)}
	}
	p := &parser{scanner: scanner{rest: string(data), line: 1}}
	if err := p.advance(); err != nil {
		return value{}, err
	}
	root, err := p.settings(0)
	if err == nil && p.token.kind != end {
		err = p.want("the next setting")
	}
	return root, err
}

// parser reads with one token of look-ahead.
type parser struct {
	scanner
	token token
}

func (p *parser) advance() (err error) {
	p.token, err = p.next()
	return err
}

func (p *parser) want(what string) error {
	return &syntaxError{p.token.line, fmt.Sprintf("want %s, got %v", what, p.token)}
}

func (p *parser) at(sign_ string) bool { return p.token.kind == sign && p.token.text == sign_ }

// settings reads name = value pairs, each with ; or , or nothing behind it, as far
// as they go.
func (p *parser) settings(depth int) (value, error) {
	g := value{shape: aGroup, line: p.token.line}
	for p.token.kind == name {
		s := setting{name: p.token.text, line: p.token.line}
		if first, dup := g.find(s.name); dup {
			return g, &syntaxError{s.line, fmt.Sprintf("%s is set twice, first on line %d", s.name, first.line)}
		}
		if err := p.advance(); err != nil {
			return g, err
		}
		if !p.at("=") && !p.at(":") {
			return g, p.want(fmt.Sprintf("= behind %s", s.name))
		}
		if err := p.advance(); err != nil {
			return g, err
		}
		var err error
		if s.value, err = p.value(depth); err != nil {
			return g, err
		}
		g.group = append(g.group, s)
		if p.at(";") || p.at(",") {
			if err := p.advance(); err != nil {
				return g, err
			}
		}
	}
	return g, nil
}

func (p *parser) value(depth int) (v value, err error) {
	v = value{line: p.token.line, text: p.token.text}
	switch {
	case depth > maxDepth:
		return v, &syntaxError{v.line, fmt.Sprintf("nested more than %d deep", maxDepth)}
	case p.token.kind == number:
		v.shape = aNumber
		return v, p.advance()
	case p.token.kind == truth:
		v.shape = aTruth
		return v, p.advance()
	case p.token.kind == text:
		return p.texts()
	case p.at("{"):
		if err := p.advance(); err != nil {
			return v, err
		}
		if v, err = p.settings(depth + 1); err != nil {
			return v, err
		}
		return v, p.closing("}", "a setting or }")
	case p.at("("):
		return p.sequence(aList, ")", depth+1)
	case p.at("["):
		return p.sequence(anArray, "]", depth+1)
	}
	return v, p.want("a value")
}

func (p *parser) closing(sign_, what string) error {
	if !p.at(sign_) {
		return p.want(what)
	}
	return p.advance()
}

// texts joins adjacent strings to one.
func (p *parser) texts() (value, error) {
	v := value{shape: aText, line: p.token.line}
	for p.token.kind == text {
		v.text += p.token.text
		if err := p.advance(); err != nil {
			return v, err
		}
	}
	return v, nil
}

// sequence reads values with commas between them; one may stand behind the last.
func (p *parser) sequence(s shape, closing string, depth int) (value, error) {
	v := value{shape: s, line: p.token.line}
	if err := p.advance(); err != nil {
		return v, err
	}
	for !p.at(closing) {
		e, err := p.value(depth)
		if err != nil {
			return v, err
		}
		if s == anArray && (e.shape == aGroup || e.shape == aList || e.shape == anArray) {
			return v, &syntaxError{e.line, fmt.Sprintf("an array holds numbers and texts, not %s: write (…)", e.shape)}
		}
		v.list = append(v.list, e)
		if !p.at(",") {
			break
		}
		if err := p.advance(); err != nil {
			return v, err
		}
	}
	return v, p.closing(closing, "a comma or "+closing)
}
