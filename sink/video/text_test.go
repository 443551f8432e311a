package video

import (
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func newTestFace(t testing.TB, size int) *typeface {
	t.Helper()
	f, err := newTypeface(size)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestShorten(t *testing.T) {
	face := newTestFace(t, 13)
	long := "a camera with a long name"
	text, width := face.shorten([]byte(long), face.measure([]byte("a camera with…")))
	if string(text) != "a camera with…" || width != face.measure(text) {
		t.Errorf("%q, %d wide", text, width)
	}
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.String().Draw(t, "text")
		limit := rapid.IntRange(0, 300).Draw(t, "limit")
		got, width := face.shorten([]byte(s), limit)
		switch {
		case face.measure([]byte(s)) <= limit && string(got) != s:
			t.Fatalf("%q was shortened to %q though it fits", s, got)
		case width != face.measure(got) || width > max(limit, face.ellipse):
			t.Fatalf("%q is %d wide, want at most %d", got, width, limit)
		case utf8.ValidString(s) && !utf8.Valid(got):
			t.Fatalf("%q is cut in the middle of a letter", got)
		}
	})
}

// Every letter of a usual label has a shape of its own, within its line.
func TestGlyphs(t *testing.T) {
	face := newTestFace(t, 20)
	seen := map[string]rune{}
	for _, r := range "0123456789.#:-_abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZäöüßéñłşжЖλ…" {
		g := face.glyph(r)
		if g.width == 0 || g.advance <= 0 || face.ascent+g.dy < 0 || face.ascent+g.dy+g.height > face.height {
			t.Errorf("%c: %+v in a line of %d", r, g, face.height)
		}
		shape := string(g.cover)
		if other, ok := seen[shape]; ok {
			t.Errorf("%c looks like %c", r, other)
		}
		seen[shape] = r
	}
	if string(face.glyph('漢').cover) != string(face.glyph('?').cover) {
		t.Error("a letter that the font lacks is no question mark")
	}
	if g := face.glyph('\n'); g.width > 0 || g.advance != face.glyph(' ').advance {
		t.Error("a line break is drawn")
	}
}

func TestAppendTime(t *testing.T) {
	for want, d := range map[string]int64{
		"0:00:00.000":  0,
		"0:01:02.480":  62_480_000_000,
		"27:46:39.999": 99_999_999_999_999,
		"-0:00:01.500": -1_500_000_000,
	} {
		if got := string(appendTime(nil, duration(d))); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}
