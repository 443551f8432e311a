package strict

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

var update = flag.Bool("update", false, "rewrite golden files")

func TestNearest(t *testing.T) {
	known := []string{"policy", "password", "password_file", "url", "name", "min_score"}
	for word, want := range map[string]string{
		"polcy": "policy", "plicy": "policy", "pass_word": "password", "nmae": "name", "ulr": "url",
		"minscore": "min_score", "URL": "url", "xyzzy": "", strings.Repeat("a", 1000): "",
	} {
		if got := Nearest(word, known); got != want {
			t.Errorf("Nearest(%.20q) = %q, want %q", word, got, want)
		}
	}
	if got := Nearest("a", nil); got != "" {
		t.Errorf("nearest of nothing is %q", got)
	}
}

func TestDistanceProperties(t *testing.T) {
	word := rapid.StringMatching(`[a-c]{0,6}`)
	rapid.Check(t, func(t *rapid.T) {
		a, b := word.Draw(t, "a"), word.Draw(t, "b")
		d := distance(a, b)
		if d != distance(b, a) || (d == 0) != (a == b) || d > max(len(a), len(b)) {
			t.Fatalf("distance(%q, %q) = %d, back %d", a, b, d, distance(b, a))
		}
	})
}

func TestBytes(t *testing.T) {
	for text, want := range map[string]Bytes{
		"0": 0, "17": 17, "17B": 17, "64MiB": 64 << 20, "64 MiB": 64 << 20, "1TiB": 1 << 40, "10GB": 1e10, "3kB": 3000, "2KiB": 2048,
	} {
		var b Bytes
		if err := b.UnmarshalText([]byte(text)); err != nil || b != want {
			t.Errorf("%q is %d, %v; want %d", text, b, err, want)
		}
	}
	for _, text := range []string{"", "MiB", "-1", "1.5GiB", "9999999TiB", "64 M", "0x10"} {
		var b Bytes
		if err := b.UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q is taken as %d", text, b)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		b, back := Bytes(rapid.Int64Min(0).Draw(t, "bytes")), Bytes(0)
		if err := back.UnmarshalText([]byte(b.String())); err != nil || back != b {
			t.Fatalf("%d is written %s and read %d, %v", b, b, back, err)
		}
	})
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Errorf("%s differs (-update rewrites it):\n%s", path, got)
	}
}

func TestTable(t *testing.T) {
	h := newHouse()
	golden(t, "table.md", []byte(Table(&h, "")+"\n"+Table(&h, "lamps[].")+"\n"+Table(&h, "lamps[].places[].")))
}

func TestSchema(t *testing.T) {
	h := newHouse()
	data, err := SchemaOf(&h, "house")
	if err != nil || !json.Valid(data) {
		t.Fatalf("%v\n%s", err, data)
	}
	golden(t, "schema.json", data)
}
