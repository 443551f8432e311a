// Package redact takes passwords out of what is printed: URLs, GStreamer launch
// strings, and the texts of errors that repeat them.
package redact

import (
	"errors"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// Hidden stands for a secret in what is printed.
const Hidden = "***"

var (
	// user:password@ of a URL. The last @ before the path counts: a password may
	// hold one that nobody escaped.
	inURL = regexp.MustCompile(`(://)([^/?#\s"']*)@`)
	// ?password=… of a URL, and user-pw=… of a launch string.
	inParameter = regexp.MustCompile(`(?i)\b((?:[a-z]+[-_])*(?:password|passwd|passphrase|pwd|pass|pw|token|secret|api[-_]?key|key|auth|signature|sig)\s*=\s*)("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[^&\s"']+)`)
)

// Redactor takes the secrets that it knows out of texts, and whatever else looks
// like one.
type Redactor struct{ secrets []string }

// New knows the secrets of a URL and the given ones, as they are and as
// they look inside a URL.
func New(rawURL string, secrets ...string) Redactor {
	for _, m := range inURL.FindAllStringSubmatch(rawURL, -1) {
		if _, pw, ok := strings.Cut(m[2], ":"); ok && len(pw) >= minSecret {
			secrets = append(secrets, pw)
		}
	}
	for _, m := range inParameter.FindAllStringSubmatch(rawURL, -1) {
		if pw := strings.Trim(m[2], `"'`); len(pw) >= minSecret {
			secrets = append(secrets, pw)
		}
	}
	var r Redactor
	for _, s := range append(secrets, misplaced(rawURL)) {
		r.secrets = append(r.secrets, forms(s)...)
		if plain, err := url.PathUnescape(s); err == nil {
			r.secrets = append(r.secrets, forms(plain)...)
		}
	}
	slices.SortFunc(r.secrets, func(a, b string) int { return len(b) - len(a) }) // a secret may hold another
	r.secrets = slices.DeleteFunc(r.secrets, func(s string) bool { return s == "" })
	return r
}

// URL is a URL or launch string without its secrets.
func URL(raw string) string { return New(raw).Text(raw) }

// forms are the ways in which a secret is written into URLs.
func forms(s string) []string {
	return []string{s, url.QueryEscape(s), url.PathEscape(s), strings.TrimPrefix(url.UserPassword("", s).String(), ":")}
}

// minSecret is the shortest secret that is hidden everywhere and not only where
// it stands in a URL: token=1 must not wipe out every 1.
const minSecret = 4

// misplaced is all that stands before the last @ of a URL that does not parse,
// or only because a # or / of a password ended its first half.
func misplaced(rawURL string) string {
	u, err := url.Parse(rawURL)
	if err == nil && !strings.Contains(u.Host, "@") && !strings.Contains(u.Fragment, "@") {
		return ""
	}
	_, rest, _ := strings.Cut(rawURL, "://")
	return rest[:max(0, strings.LastIndex(rest, "@"))]
}

// Text returns s without credentials and secrets.
func (r Redactor) Text(s string) string {
	for _, secret := range r.secrets {
		s = strings.ReplaceAll(s, secret, Hidden)
	}
	s = inURL.ReplaceAllString(s, "$1")
	return inParameter.ReplaceAllString(s, "${1}"+Hidden)
}

// Err returns an error whose text is redacted. errors.Is still sees what it
// wraps.
func (r Redactor) Err(err error) error {
	if err == nil {
		return nil
	}
	if text := r.Text(err.Error()); text != err.Error() {
		return &redacted{text: text, err: err}
	}
	return err
}

type redacted struct {
	text string
	err  error
}

func (e *redacted) Error() string { return e.text }

// Is looks at what the error wraps without handing it out: errors.Unwrap would
// show the text that was hidden.
func (e *redacted) Is(target error) bool { return errors.Is(e.err, target) }
