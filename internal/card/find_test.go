package card_test

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"braid/internal/card"
	"braid/internal/card/cardtest"
	"braid/internal/testdata"
)

// folders makes model folders with files; "a/x.yaml" is in the folder a.
func folders(t *testing.T, files map[string]string) (string, card.Env) {
	t.Helper()
	root := t.TempDir()
	env := card.Env{Dirs: []string{filepath.Join(root, "none"), filepath.Join(root, "a"), filepath.Join(root, "b")}}
	for name, text := range files {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root, env
}

func text(name, file, more string) string {
	return "name: " + name + "\nfile: " + file + "\ninput: {width: 64, height: 64}\nhead: {kind: yolox}\n" + more
}

func hash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

func TestFind(t *testing.T) {
	root, env := folders(t, map[string]string{
		"a/net.yaml":       text("net", "net.onnx", "sha256: "+hash("net")),
		"a/net.onnx":       "net",
		"a/other-file.yml": text("other", "net.onnx", ""),
		"a/plan.yaml":      "version: 1\nsegments: [{devices: [cpu]}]",
		"a/broken.yaml":    "name: broken\nfiel: x",
		"a/gone.yaml":      text("gone", "gone.onnx", ""),
		"a/pull.yaml":      text("pull", "pull.onnx", "source: https://example.com/x.onnx"),
		"a/changed.yaml":   text("changed", "net.onnx", "sha256: "+hash("before")),
		"b/net.yaml":       text("net", "second.onnx", ""),
		"b/only-b.yaml":    text("only-b", "../a/net.onnx", ""),
		"c/net.onnx":       "net",
		"c/beside.onnx":    "beside",
		"c/beside.yaml":    text("beside-name", "elsewhere.onnx", ""),
		"c/bad.onnx":       "bad",
		"c/bad.yaml":       text("bad", "bad.onnx", "sha256: "+hash("good")),
		"c/alone.onnx":     "alone",
	})
	tests := []struct {
		ref, id, path string
		is            error
		says          []string
	}{
		{ref: "net", id: "net@" + hash("net")[:8], path: "a/net.onnx"},
		{ref: "other", id: "other@" + hash("net")[:8], path: "a/net.onnx"},
		{ref: "only-b", id: "only-b@" + hash("net")[:8], path: "a/net.onnx"},
		{ref: "ent", is: card.ErrNotFound, says: []string{`unknown model "ent"`, `did you mean "net"?`, env.String()}},
		{ref: "broken", says: []string{"broken.yaml:2: fiel: unknown key"}},
		{ref: "plan", says: []string{"plan.yaml:"}},
		{ref: "gone", is: fs.ErrNotExist, says: []string{"model gone", "gone.onnx"}},
		{ref: "pull", is: fs.ErrNotExist, says: []string{"braid model pull pull"}},
		{ref: "changed", is: card.ErrMismatch, says: []string{hash("before"), hash("net")}},
		{ref: "some/where", says: []string{"want a name, CARD.yaml or FILE.onnx"}},
		{ref: root + "/a/other-file.yml", id: "other@" + hash("net")[:8], path: "a/net.onnx"},
		{ref: root + "/a/nowhere.yaml", is: fs.ErrNotExist, says: []string{"nowhere.yaml"}},
		{ref: root + "/c/net.onnx", id: "net@" + hash("net")[:8], path: "c/net.onnx"},
		{ref: root + "/c/beside.onnx", id: "beside-name@" + hash("beside")[:8], path: "c/beside.onnx"},
		{ref: root + "/c/bad.onnx", is: card.ErrMismatch, says: []string{"bad.onnx"}},
		{ref: root + "/c/nowhere.onnx", is: fs.ErrNotExist, says: []string{"nowhere.onnx"}},
		{ref: root + "/c/alone.onnx", id: "alone@" + hash("alone")[:8], path: "c/alone.onnx", is: card.ErrNoCard, says: []string{hash("alone"), "alone.yaml"}},
	}
	for _, tt := range tests {
		t.Run(tt.ref[strings.LastIndex(tt.ref, "/")+1:], func(t *testing.T) {
			c, err := card.Find(tt.ref, env)
			if tt.is != nil && !errors.Is(err, tt.is) || (err == nil) != (tt.is == nil && tt.says == nil) {
				t.Fatalf("error %v, want %v", err, tt.is)
			}
			for _, s := range tt.says {
				if !strings.Contains(err.Error(), s) {
					t.Errorf("error %q does not say %q", err, s)
				}
			}
			if tt.id == "" {
				return
			}
			if c.ID() != tt.id || filepath.Clean(c.Path()) != filepath.Join(root, tt.path) {
				t.Errorf("got %s at %s, want %s at %s", c.ID(), c.Path(), tt.id, tt.path)
			}
		})
	}
}

// TestLookup reads cards whose model is missing or another one.
func TestLookup(t *testing.T) {
	root, env := folders(t, map[string]string{
		"a/gone.yaml":    text("gone", "gone.onnx", "sha256: "+hash("gone")),
		"a/changed.yaml": text("changed", "net.onnx", "sha256: "+hash("before")),
		"a/net.onnx":     "net",
	})
	for ref, want := range map[string]string{
		"gone": "a/gone.onnx", "changed": "a/net.onnx", root + "/a/gone.yaml": "a/gone.onnx",
	} {
		c, err := card.Lookup(ref, env)
		if err != nil || c.Path() != filepath.Join(root, want) || c.SHA256 == hash("net") {
			t.Errorf("%s: %+v, %v", ref, c, err)
		}
	}
	for ref, says := range map[string]string{
		"net": "unknown model", "x.onnx": "want a name or CARD.yaml", "some/where": "want a name", root + "/a/none.yaml": "none.yaml",
	} {
		if _, err := card.Lookup(ref, env); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: error %v, want one that says %q", ref, err, says)
		}
	}
}

func TestList(t *testing.T) {
	_, env := folders(t, map[string]string{
		"a/z.yaml":    text("first", "x.onnx", ""),
		"a/bad.yaml":  "name: bad",
		"a/notes.txt": "no card",
		"b/a.yaml":    text("second", "x.onnx", ""),
		"b/b.yaml":    text("first", "hidden.onnx", ""),
	})
	cards, err := card.List(env)
	var names []string
	for _, c := range cards {
		names = append(names, c.Name)
	}
	if want := []string{"first", "second"}; !slices.Equal(names, want) || cards[0].File != "x.onnx" {
		t.Errorf("got %v, want %v", names, want)
	}
	if err == nil || !strings.Contains(err.Error(), "bad.yaml") {
		t.Errorf("error %v does not name the bad card", err)
	}
	if cards, err := card.List(card.Env{}); cards != nil || err != nil {
		t.Errorf("without folders: %v, %v", cards, err)
	}
}

func TestDefaultEnv(t *testing.T) {
	for _, tt := range []struct {
		vars map[string]string
		want []string
	}{
		{nil, []string{"models"}},
		{map[string]string{"HOME": "/h"}, []string{"models", "/h/.local/share/braid/models"}},
		{map[string]string{"HOME": "/h", "XDG_DATA_HOME": "/d", "BRAID_MODEL_PATH": "/x::/y"}, []string{"models", "/x", "/y", "/d/braid/models"}},
	} {
		got := card.DefaultEnv(func(k string) string { return tt.vars[k] })
		if !slices.Equal(got.Dirs, tt.want) {
			t.Errorf("%v: got %v, want %v", tt.vars, got.Dirs, tt.want)
		}
	}
}

func TestRealModels(t *testing.T) {
	nano := cardtest.Load(t, cardtest.YOLOXNano(t, 0.4))
	if nano.ID() != "yolox-nano@695e750a" || len(nano.Labels.Names) != 80 || nano.Label(0) != "person" || nano.NMS.Score != 0.4 {
		t.Errorf("got %s with %d labels, %+v", nano.ID(), len(nano.Labels.Names), nano.NMS)
	}
	fastest := cardtest.Load(t, cardtest.YOLOFastest(t, 0.3))
	if len(fastest.Head.Outputs) != 2 || fastest.Input.Scale*255 != 1 || fastest.NMS.IOU != 0.45 || fastest.SHA256 == "" {
		t.Errorf("got %+v", fastest)
	}
}

// TestShippedModels loads the cards of the repository's own models.
func TestShippedModels(t *testing.T) {
	env := card.Env{Dirs: []string{filepath.Join(testdata.Root(t), "models")}}
	cards, err := card.List(env)
	if err != nil || len(cards) == 0 {
		t.Fatalf("%d cards, %v", len(cards), err)
	}
	for _, c := range cards {
		if _, err := card.Find(c.Name, env); err != nil {
			t.Error(err)
		}
	}
}
