// Package archtest holds the house up: its tests read the import graph of the
// whole module and compare it with the tables in rules.go, where each line says
// why it is there. It owns no product code and nothing imports it.
package archtest

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// module is the module path; packages are named relative to it, "source/video".
const module = "braid"

// Package is what the rules need to know of one package, as go list tells it.
type Package struct {
	ImportPath   string
	Doc          string // first sentence of the package comment
	Imports      []string
	TestImports  []string // of its test files, both kinds
	CgoFiles     []string
	XTestImports []string
}

// name is the package's path below the module, "." for the module's root.
func (p Package) name() string {
	return strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "/")
}

// Check compares packages with the tables and returns one line for each breach.
func Check(packages []Package) []string {
	var found []string
	for _, p := range packages {
		found = append(found, checkPackage(p)...)
	}
	slices.Sort(found)
	return slices.Compact(found)
}

func checkPackage(p Package) []string {
	var found []string
	say := func(format string, args ...any) {
		found = append(found, p.name()+": "+fmt.Sprintf(format, args...))
	}
	if p.Doc == "" {
		say("has no package comment: %s", whyDoc)
	}
	if len(p.CgoFiles) > 0 && !slices.ContainsFunc(cgoHomes, func(h string) bool { return match(h, p.name()) }) {
		say("uses cgo in %s: %s", strings.Join(p.CgoFiles, ", "), whyCgo)
	}
	l, ok := layerOf(p.name())
	if !ok && !support(p.name()) {
		say("is in no layer: give it a line in internal/archtest/rules.go, with the packages it may import and why")
	}
	for _, imported := range p.Imports {
		if reason := l.forbids(p.name(), imported); ok && reason != "" {
			say("imports %s: %s", imported, reason)
		}
		if reason := libraryForbids(p.name(), imported); reason != "" {
			say("imports %s: %s", imported, reason)
		}
	}
	for _, imported := range slices.Concat(p.TestImports, p.XTestImports) {
		if reason := testForbids(p.name(), imported); reason != "" {
			say("its tests import %s: %s", imported, reason)
		}
	}
	return found
}

// forbids is the reason why a package of this layer may not import another one of
// the module, "" where it may.
func (l layer) forbids(from, imported string) string {
	to, ours := strings.CutPrefix(imported, module+"/")
	switch {
	case !ours || support(from): // a test's helper may use what tests may use
		return ""
	case support(to):
		return whySupport
	case slices.ContainsFunc(l.may, func(m string) bool { return match(m, to) }):
		return ""
	}
	return l.why
}

// libraryForbids is the reason why product code of a package may not import a
// package of another module, "" where it may.
func libraryForbids(from, imported string) string {
	if standard(imported) || strings.HasPrefix(imported, module+"/") {
		return ""
	}
	lib, known := libraryOf(imported)
	if !known {
		return "no line of internal/archtest/rules.go says who may use this library"
	}
	if support(from) && lib.tests {
		return ""
	}
	if slices.ContainsFunc(lib.homes, func(h string) bool { return match(h, from) }) {
		return ""
	}
	return lib.why
}

// testForbids is the reason why tests of a package may not import another one.
func testForbids(from, imported string) string {
	to, ours := strings.CutPrefix(imported, module+"/")
	switch {
	case ours && match("internal/app", to) && !match("internal/app", from) && !match("cmd/...", from):
		return "tests of a part must not need the whole: only internal/app and cmd test the assembled program"
	case ours || standard(imported):
		return ""
	}
	lib, known := libraryOf(imported)
	if !known || lib.tests {
		return "" // what is only used by tests shows in go.mod and docs/dependencies.md
	}
	return libraryForbids(from, imported)
}

// layerOf finds the most specific line of the table.
func layerOf(name string) (layer, bool) {
	var best layer
	found := false
	for _, l := range layers {
		if match(l.pattern, name) && (!found || len(l.pattern) > len(best.pattern) || l.pattern == name) {
			best, found = l, true
		}
	}
	return best, found
}

func libraryOf(imported string) (library, bool) {
	for _, l := range libraries {
		if imported == l.path || strings.HasPrefix(imported, l.path+"/") {
			return l, true
		}
	}
	return library{}, false
}

// match reports whether name fits a pattern: the name itself, or "a/..." for
// everything below a.
func match(pattern, name string) bool {
	below, ok := strings.CutSuffix(pattern, "/...")
	if !ok {
		return pattern == name
	}
	return strings.HasPrefix(name, below+"/")
}

// support reports whether a package is a helper of tests: testdata, testnet,
// acceltest.
func support(name string) bool {
	base := path.Base(name)
	return strings.HasPrefix(base, "test") || strings.HasSuffix(base, "test")
}

// standard reports whether a package belongs to Go's standard library: its first
// element has no dot. "C" is cgo.
func standard(imported string) bool {
	first, _, _ := strings.Cut(imported, "/")
	return !strings.Contains(first, ".") && first != module
}
