package config

import (
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"braid/internal/strict"
)

// prefix of the environment variables that are braid's own.
const prefix = "BRAID_"

// others are the variables of braid that are no keys of the configuration.
// Those of its tests begin with BRAID_TEST_.
var others = []string{"BRAID_ORT_LIB", "BRAID_OPENVINO_LIB", "BRAID_CUDA_LIB", "BRAID_TENSORRT_LEVEL", "BRAID_STAND_IN", "BRAID_SIM", "BRAID_MODEL_PATH", "BRAID_CACHE_DIR"}

const testPrefix = prefix + "TEST_"

// variables are the environment, and which of it the file has used.
type variables struct {
	values map[string]string
	used   map[string]bool
}

func newVariables(environ []string) *variables {
	v := &variables{values: map[string]string{}, used: map[string]bool{}}
	for _, s := range environ {
		if name, value, ok := strings.Cut(s, "="); ok {
			v.values[name] = value
		}
	}
	return v
}

// Variable is the environment variable that overrides a key: "nats.url" is
// BRAID_NATS_URL.
func Variable(key string) string {
	return prefix + strings.ToUpper(strings.ReplaceAll(key, ".", "_"))
}

// unknown finds BRAID_* variables that nothing reads: most likely misspelt.
func (v *variables) unknown() (errs strict.Errors) {
	known := slices.Clone(others)
	for _, k := range scalarKeys(Default()) {
		known = append(known, Variable(k.Path))
	}
	for _, name := range slices.Sorted(maps.Keys(v.values)) {
		if !strings.HasPrefix(name, prefix) || strings.HasPrefix(name, testPrefix) || v.used[name] || slices.Contains(known, name) {
			continue
		}
		errs = append(errs, strict.Problem{File: name, Msg: "unknown environment variable" + strict.Suggest(name, known)})
	}
	return errs
}

// stateDir is where braid keeps what must survive: $XDG_STATE_HOME/braid.
func (v *variables) stateDir() string {
	dir := v.values["XDG_STATE_HOME"]
	if dir == "" {
		dir = filepath.Join(v.values["HOME"], ".local", "state")
	}
	return filepath.Join(dir, "braid")
}

var variable = regexp.MustCompile(`\$?\$\{[^}]*\}?`)

var variableForm = regexp.MustCompile(`^\$\{([A-Za-z_][A-Za-z0-9_]*)(:-([^}]*))?\}$`)

// expand replaces ${VAR} by the variable's value and ${VAR:-x} by x where it is
// not set or empty. $${ stands for ${ itself; any other $ stays.
func (v *variables) expand(text string) (string, error) {
	var failed error
	fail := func(format string, args ...any) string {
		if failed == nil {
			failed = fmt.Errorf(format, args...)
		}
		return ""
	}
	out := variable.ReplaceAllStringFunc(text, func(s string) string {
		if strings.HasPrefix(s, "$$") {
			return s[1:]
		}
		m := variableForm.FindStringSubmatch(s)
		if m == nil {
			return fail("want ${NAME} or ${NAME:-default}; $${ stands for ${ itself")
		}
		v.used[m[1]] = true
		switch value, set := v.values[m[1]]; {
		case m[2] != "" && value == "":
			return m[3]
		case !set:
			return fail("the environment variable %s is not set", m[1])
		default:
			return value
		}
	})
	return out, failed
}
