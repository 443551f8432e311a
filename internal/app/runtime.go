package app

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
)

// closeInto adds the error of a deferred Close to a function's result.
func closeInto(err *error, c func() error) { *err = errors.Join(*err, c()) }

func writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return fmt.Errorf("writing the result: %w", err)
	}
	return nil
}

func first(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}

// cacheDir is where braid keeps what it can make again.
func cacheDir(env *Env) string {
	if d := env.Getenv("BRAID_CACHE_DIR"); d != "" {
		return d
	}
	return filepath.Join(xdg(env, "XDG_CACHE_HOME", ".cache"), "braid")
}

// stateDir is where braid keeps what it must not lose.
func stateDir(env *Env) string {
	return filepath.Join(xdg(env, "XDG_STATE_HOME", ".local/state"), "braid")
}

func xdg(env *Env, name, fallback string) string {
	if d := env.Getenv(name); d != "" {
		return d
	}
	return filepath.Join(env.Getenv("HOME"), filepath.FromSlash(fallback))
}
