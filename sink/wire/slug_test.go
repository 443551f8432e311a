package wire_test

import (
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"braid/sink/wire"
)

func TestSlug(t *testing.T) {
	for _, c := range []struct{ name, want string }{
		{"gate-1", "gate-1"},
		{"Gate 1", "gate-1"},
		{"  Gate -- 1  ", "gate-1"},
		{"a_b", "a_b"},
		{"_", "_"},
		{"braid.v1.>", "braid-v1"},
		{"*", "x"},
		{"", "x"},
		{"---", "x"},
		{"Überwachung Süd", "berwachung-s-d"},
		{"摄像头", "x"},
		{"cam\r\nNats-Msg-Id: 1", "cam-nats-msg-id-1"},
		{strings.Repeat("a", 60), strings.Repeat("a", 48)},
		{strings.Repeat("a", 47) + " b", strings.Repeat("a", 47)},
		{strings.Repeat("a", 46) + " bc", strings.Repeat("a", 46) + "-b"},
	} {
		if got := wire.Slug(c.name); got != c.want {
			t.Errorf("Slug(%q) = %q, want %q", c.name, got, c.want)
		}
	}
}

func TestSlugProperties(t *testing.T) {
	token := regexp.MustCompile(`^[a-z0-9_-]{1,48}$`)
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.OneOf(rapid.String(), rapid.StringMatching(`[A-Za-z0-9_. -]{0,60}`)).Draw(t, "name")
		s := wire.Slug(name)
		if !token.MatchString(s) {
			t.Fatalf("Slug(%q) = %q is no token", name, s)
		}
		if again := wire.Slug(s); again != s {
			t.Fatalf("Slug(%q) = %q, not itself", s, again)
		}
	})
}

func TestSlugOfASlugAllocatesNothing(t *testing.T) {
	if n := testing.AllocsPerRun(100, func() { wire.Slug("gate-1") }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
