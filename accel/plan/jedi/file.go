package jedi

import (
	"errors"
	"fmt"
	"strconv"

	"braid/internal/strict"
)

// Instance is one of the networks that a configuration runs.
type Instance struct {
	Name   string // network_name, or the number from 1 where it has none
	file   string
	number int
	branch branch
	line   int
	texts  map[string]setting // by knob; every value is text
}

// Parse reads a configuration and gives the instances that JEDI would run: the
// first instance_num of them. ignored is how many more the file has. file is its
// name, for messages. The error is a strict.Errors with everything that is wrong.
func Parse(data []byte, file string) (run []*Instance, ignored int, err error) {
	root, err := parse(data)
	if bad := (*syntaxError)(nil); errors.As(err, &bad) {
		return nil, 0, strict.Errors{{File: file, Line: bad.line, Msg: bad.msg}}
	}
	r := &reader{file: file}
	run, ignored = r.configs(root)
	if err := r.errs.Err(); err != nil {
		return nil, 0, err
	}
	return run, ignored, nil
}

// reader gathers what is wrong with a file.
type reader struct {
	file string
	errs strict.Errors
}

func (r *reader) failf(line int, path, format string, args ...any) {
	r.errs = append(r.errs, strict.Problem{File: r.file, Line: line, Path: path, Msg: fmt.Sprintf(format, args...)})
}

// only refuses settings that a group does not have.
func (r *reader) only(group value, path string, names ...string) {
	for _, s := range group.group {
		known := false
		for _, n := range names {
			known = known || s.name == n
		}
		if !known {
			r.failf(s.line, path+s.name, "unknown setting%s", strict.Suggest(s.name, names))
		}
	}
}

func (r *reader) configs(root value) (run []*Instance, ignored int) {
	r.only(root, "", "configs")
	configs, ok := root.find("configs")
	if !ok || configs.value.shape != aGroup {
		r.failf(max(1, configs.line), "", "want configs = { instance_num = \"N\"; instances = ( … ) }")
		return nil, 0
	}
	r.only(configs.value, "configs.", "instance_num", "instances")
	list, ok := configs.value.find("instances")
	if !ok || list.value.shape != aList || len(list.value.list) == 0 {
		r.failf(max(configs.line, list.line), "instances", "want a list of groups: ( { … }, { … } )")
		return nil, 0
	}
	for i, v := range list.value.list {
		run = append(run, r.instance(v, i+1))
	}
	n := r.count(configs, len(run))
	return run[:n], len(run) - n
}

// count is instance_num, which must be there: JEDI takes 0 for a missing one and
// runs nothing, and reads past the end of the list for one that is too large.
func (r *reader) count(configs setting, have int) int {
	s, ok := configs.value.find("instance_num")
	if !ok {
		r.failf(configs.line, "instance_num", "is missing, for which JEDI runs nothing: write instance_num = \"%d\"", have)
		return 0
	}
	text, ok := r.text(s, "instance_num")
	if !ok {
		return 0
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > have {
		r.failf(s.line, "instance_num", "%.40q: the list has %d: write \"1\" to \"%d\"", text, have, have)
		return 0
	}
	return n
}

// text is a value as JEDI wants every one: in quotes. Others end it with an
// exception that it does not catch.
func (r *reader) text(s setting, path string) (string, bool) {
	switch v := s.value; v.shape {
	case aText:
		return v.text, true
	case aNumber, aTruth:
		r.failf(v.line, path, "JEDI reads texts only: write %s = \"%s\"", s.name, v.text)
	default:
		r.failf(v.line, path, "want text, got %s: a list is one text with commas, \"1, 2\"", v.shape)
	}
	return "", false
}

func (r *reader) instance(v value, number int) *Instance {
	in := &Instance{Name: strconv.Itoa(number), file: r.file, number: number, line: v.line, texts: map[string]setting{}}
	if v.shape != aGroup {
		r.failf(v.line, in.path(""), "want a group of knobs, got %s", v.shape)
		return in
	}
	for _, s := range v.group {
		k, ok := lookup(s.name)
		if !ok {
			r.failf(s.line, in.path(s.name), "unknown knob%s", strict.Suggest(s.name, known()))
			continue
		}
		if _, ok := r.text(s, in.path(s.name)); ok {
			in.texts[s.name] = s
			in.branch = max(in.branch, k.from)
		}
	}
	if n := in.texts["network_name"].value.text; n != "" {
		in.Name = n
	}
	return in
}

// path names a knob in messages.
func (in *Instance) path(knob string) string {
	at := fmt.Sprintf("instances[%d]", in.number-1)
	if knob == "" {
		return at
	}
	return at + "." + knob
}
