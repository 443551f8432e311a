package wire

// maxSlug is the longest subject token, in bytes.
const maxSlug = 48

// Slug makes a subject token out of a name: [a-z0-9_-]{1,48}. ASCII letters
// become lower case, '_' and digits stay, every run of anything else (and of
// '-') becomes one '-', none of which starts or ends the token. What is longer
// than 48 bytes is cut; a name with nothing usable becomes "x". Slug of a slug
// is the slug itself, without allocating. Different names may have one slug:
// whoever gives names must refuse that.
func Slug(name string) string {
	if isSlug(name) {
		return name
	}
	out := make([]byte, 0, maxSlug)
	gap := false
	for i := 0; i < len(name) && len(out) < maxSlug; i++ {
		c := name[i]
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		if !isSlugByte(c) {
			gap = len(out) > 0
			continue
		}
		if gap {
			out = append(out, '-')
			gap = false
			if len(out) == maxSlug {
				break
			}
		}
		out = append(out, c)
	}
	if n := len(out); n > 0 && out[n-1] == '-' {
		out = out[:n-1]
	}
	if len(out) == 0 {
		return "x"
	}
	return string(out)
}

// isSlugByte leaves '-' out: it stands for what was replaced.
func isSlugByte(c byte) bool {
	return 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '_'
}

func isSlug(s string) bool {
	if s == "" || len(s) > maxSlug || s[0] == '-' || s[len(s)-1] == '-' {
		return false
	}
	for i := range len(s) {
		if isSlugByte(s[i]) {
			continue
		}
		if s[i] != '-' || s[i-1] == '-' {
			return false
		}
	}
	return true
}
