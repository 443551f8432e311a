package app

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"braid/sink/wire"
	"braid/source/synth"
)

// input is one argument of batch.
type input struct {
	path string // on this machine; the URL itself where it is none
	url  string // as sources take it
	name string // base name, for the messages; never holds a password
}

// parseInput tells paths from URLs.
func parseInput(arg string) input {
	if rest, ok := strings.CutPrefix(arg, "images:"); ok {
		return input{rest, arg, baseName(rest)}
	}
	if rest, ok := strings.CutPrefix(arg, "file:"); ok {
		path := filePath(rest)
		return input{path, arg, baseName(path)}
	}
	if scene, err := synth.Parse(arg); err == nil { // the same scene is the same input, however it is written
		return input{scene.String(), scene.String(), scene.String()}
	}
	if i := strings.IndexByte(arg, ':'); i > 1 && !strings.ContainsAny(arg[:i], "/.") {
		return input{arg, arg, remoteName(arg)}
	}
	if info, err := os.Stat(arg); err == nil && info.IsDir() || isPicture(arg) {
		return input{arg, "images:" + arg, baseName(arg)}
	}
	return input{arg, "file:" + (&url.URL{Path: arg}).EscapedPath(), baseName(arg)}
}

// filePath is the path of what follows file: (RFC 8089).
func filePath(rest string) string {
	if r, ok := strings.CutPrefix(rest, "//"); ok {
		rest = strings.TrimPrefix(r, "localhost")
	}
	if plain, err := url.PathUnescape(rest); err == nil {
		return plain
	}
	return rest
}

func baseName(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		return filepath.Base(abs) // also of "." and ".."
	}
	return filepath.Base(path)
}

// remoteName names a URL without what may be secret in it: user and query.
func remoteName(raw string) string {
	scheme, rest, _ := strings.Cut(raw, ":")
	if u, err := url.Parse(raw); err == nil && u.Host != "" {
		return u.Host + u.Path
	}
	if scheme == "v4l2" {
		return filepath.Base(rest)
	}
	return scheme
}

func isPicture(path string) bool {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".jpg", ".jpeg", ".png":
		return true
	}
	return false
}

// slug is the camera of an input: its name's slug, without the extension of a
// file, with -2, -3 … where that is taken.
func (in input) slug(taken map[string]int) string {
	name := in.name
	if info, err := os.Stat(in.path); err == nil && !info.IsDir() {
		name = strings.TrimSuffix(name, filepath.Ext(name))
	}
	slug := wire.Slug(name)
	for {
		taken[slug]++
		n := taken[slug]
		if n == 1 {
			return slug
		}
		slug = wire.Slug(fmt.Sprintf("%.44s-%d", slug, n))
	}
}
