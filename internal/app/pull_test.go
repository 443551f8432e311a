package app

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"braid/internal/card"
)

// pullWorld is a server with one file, and an environment with folders of its
// own.
type pullWorld struct {
	*httptest.Server
	env      *Env
	out      *bytes.Buffer
	root     string // "mine" is a model folder, "data" is $XDG_DATA_HOME
	data     []byte // that the server has at /model.onnx
	requests atomic.Int64
}

func newPullWorld(t *testing.T) *pullWorld {
	t.Helper()
	w := &pullWorld{root: t.TempDir(), out: &bytes.Buffer{}, data: []byte("not really a network")}
	w.Server = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w.requests.Add(1)
		if r.URL.Path != "/model.onnx" {
			http.NotFound(rw, r)
			return
		}
		_, _ = rw.Write(w.data) // the client looks at it
	}))
	t.Cleanup(w.Close)
	vars := map[string]string{"XDG_DATA_HOME": filepath.Join(w.root, "data"), "BRAID_MODEL_PATH": filepath.Join(w.root, "mine")}
	w.env = &Env{Out: w.out, Err: &bytes.Buffer{}, Getenv: func(k string) string { return vars[k] }, Log: slog.New(slog.DiscardHandler), Version: "test"}
	return w
}

// card writes a card into a folder: name, file, and more keys.
func (w *pullWorld) card(t *testing.T, path, file string, more ...string) string {
	t.Helper()
	name := strings.TrimSuffix(filepath.Base(path), ".yaml")
	path = filepath.Join(w.root, path)
	text := fmt.Sprintf("name: %s\nfile: %s\ninput: {width: 64, height: 64}\nhead: {kind: yolox}\nlabels: [disc]\n%s\n", name, file, strings.Join(more, "\n"))
	w.write(t, path, text)
	return path
}

func (w *pullWorld) write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// sum is the key sha256 of what the server has.
func (w *pullWorld) sum() string {
	h := sha256.Sum256(w.data)
	return "sha256: " + hex.EncodeToString(h[:])
}

func (w *pullWorld) source() string { return "source: " + w.URL + "/model.onnx" }

// files are all files below root, without the folders.
func (w *pullWorld) files(t *testing.T) (out []string) {
	t.Helper()
	err := filepath.WalkDir(w.root, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			rel, _ := filepath.Rel(w.root, path) // both are absolute
			out = append(out, rel)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestPullPlaces wants model and card where --model finds them.
func TestPullPlaces(t *testing.T) {
	tests := []struct {
		name, card, file string
		byPath           bool // pulled as CARD.yaml and not by name
		to               string
		want             []string // files in the end
	}{
		{"by name, beside its card", "mine/net.yaml", "net.onnx", false, "", []string{"mine/net.onnx", "mine/net.yaml"}},
		{"by name, below its card", "mine/net.yaml", "deep/net.onnx", false, "", []string{"mine/deep/net.onnx", "mine/net.yaml"}},
		{"by card, beside it", "own/net.yaml", "net.onnx", true, "", []string{"own/net.onnx", "own/net.yaml"}},
		{"by card, elsewhere", "own/net.yaml", "net.onnx", true, "new/place", []string{"new/place/net.onnx", "new/place/net.yaml", "own/net.yaml"}},
		{"a file from outside, elsewhere", "own/net.yaml", "../../up.onnx", true, "mine", []string{"mine/net.yaml", "mine/up.onnx", "own/net.yaml"}},
		{"by name, to its own folder", "mine/net.yaml", "net.onnx", false, "mine", []string{"mine/net.onnx", "mine/net.yaml"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newPullWorld(t)
			path := w.card(t, tt.card, tt.file, w.sum(), w.source())
			o := PullOptions{Choice: Choice{Model: "net"}}
			if tt.byPath {
				o.Model = path
			}
			if tt.to != "" {
				o.To = filepath.Join(w.root, tt.to)
			}
			w.env.JSON = true
			for i, state := range []string{"pulled", "here"} {
				w.out.Reset()
				if err := ModelPull(t.Context(), w.env, o); err != nil {
					t.Fatal(err)
				}
				var r struct {
					Model, State, File string
					Bytes              int
				}
				if err := json.Unmarshal(w.out.Bytes(), &r); err != nil || r.State != state || r.Bytes != len(w.data) || w.requests.Load() != 1 {
					t.Errorf("call %d: %v, %+v, %d requests", i+1, err, r, w.requests.Load())
				}
				if tt.to == "" {
					continue
				}
				if c, err := card.Load(filepath.Join(o.To, "net.yaml")); err != nil || c.ID() != r.Model || c.Label(0) != "disc" || c.Path() != r.File {
					t.Errorf("the card beside the model: %+v, %v", c, err)
				}
			}
			if got := w.files(t); !slices.Equal(got, tt.want) {
				t.Errorf("files %v, want %v", got, tt.want)
			}
		})
	}
}

// TestPullRefuses wants the exit code, one line that names the thing and the
// mend, and no file that was not there before.
func TestPullRefuses(t *testing.T) {
	other := "sha256: " + strings.Repeat("0", 64)
	tests := []struct {
		name  string
		setup func(t *testing.T, w *pullWorld) PullOptions
		code  int
		says  []string
	}{
		{"no name", func(*testing.T, *pullWorld) PullOptions { return PullOptions{} }, 2, []string{"NAME", "model list"}},
		{"unknown name", func(*testing.T, *pullWorld) PullOptions {
			return PullOptions{Choice: Choice{Model: "yolo-tiny"}}
		}, 3, []string{`"yolo-tiny"`, `"yolox-tiny"`}},
		{"an ONNX file", func(*testing.T, *pullWorld) PullOptions {
			return PullOptions{Choice: Choice{Model: "x.onnx"}}
		}, 3, []string{"x.onnx", "CARD.yaml"}},
		{"no card", func(_ *testing.T, w *pullWorld) PullOptions {
			return PullOptions{Choice: Choice{Model: filepath.Join(w.root, "none.yaml")}}
		}, 3, []string{"none.yaml"}},
		{"no sum", func(t *testing.T, w *pullWorld) PullOptions {
			return PullOptions{Choice: Choice{Model: w.card(t, "own/net.yaml", "net.onnx", w.source())}}
		}, 3, []string{"net", "write `sha256:"}},
		{"no source", func(t *testing.T, w *pullWorld) PullOptions {
			return PullOptions{Choice: Choice{Model: w.card(t, "own/net.yaml", "net.onnx", w.sum())}}
		}, 3, []string{"net", "write `source:"}},
		{"not a URL for us", func(t *testing.T, w *pullWorld) PullOptions {
			return PullOptions{Choice: Choice{Model: w.card(t, "own/net.yaml", "net.onnx", w.sum(), "source: file:///etc/passwd")}}
		}, 3, []string{"net", "http or https"}},
		{"out of the card's folder", func(t *testing.T, w *pullWorld) PullOptions {
			return PullOptions{Choice: Choice{Model: w.card(t, "own/net.yaml", "../net.onnx", w.sum(), w.source())}}
		}, 3, []string{"../net.onnx", "--to DIR"}},
		{"another file in its place", func(t *testing.T, w *pullWorld) PullOptions {
			w.write(t, filepath.Join(w.root, "own/net.onnx"), "precious")
			return PullOptions{Choice: Choice{Model: w.card(t, "own/net.yaml", "net.onnx", w.sum(), w.source())}}
		}, 3, []string{"own/net.onnx", "remove it", "--to DIR"}},
		{"another card in its place", func(t *testing.T, w *pullWorld) PullOptions {
			w.card(t, "new/net.yaml", "net.onnx", other)
			return PullOptions{Choice: Choice{Model: w.card(t, "own/net.yaml", "net.onnx", w.sum(), w.source())}, To: filepath.Join(w.root, "new")}
		}, 3, []string{"new/net.yaml", "--to DIR"}},
		{"not on the server", func(t *testing.T, w *pullWorld) PullOptions {
			return PullOptions{Choice: Choice{Model: w.card(t, "own/net.yaml", "net.onnx", w.sum(), "source: "+strings.Replace(w.URL, "//", "//me:s3cret@", 1)+"/gone?token=s3cret")}}
		}, 4, []string{"model net", "/gone", "404"}},
		{"a file where the folder should be", func(t *testing.T, w *pullWorld) PullOptions {
			return PullOptions{Choice: Choice{Model: w.card(t, "own/net.yaml", "net.onnx", w.sum(), w.source())}, To: filepath.Join(w.root, "own/net.yaml")}
		}, 3, []string{"own/net.yaml"}},
		{"another sum", func(t *testing.T, w *pullWorld) PullOptions {
			return PullOptions{Choice: Choice{Model: w.card(t, "own/net.yaml", "net.onnx", other, w.source())}, To: filepath.Join(w.root, "new")}
		}, 5, []string{"model net", "sha256", strings.Repeat("0", 64)}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newPullWorld(t)
			o := tt.setup(t, w)
			before := w.files(t)
			err := ModelPull(t.Context(), w.env, o)
			if ExitCode(err) != tt.code {
				t.Fatalf("exit %d, want %d: %v", ExitCode(err), tt.code, err)
			}
			for _, s := range tt.says {
				if !strings.Contains(err.Error(), s) {
					t.Errorf("%q does not say %q", err, s)
				}
			}
			if strings.Contains(err.Error(), "\n") || strings.Contains(err.Error(), "s3cret") {
				t.Errorf("not one line without passwords: %v", err)
			}
			if got := w.files(t); !slices.Equal(got, before) {
				t.Errorf("files %v, want %v", got, before)
			}
		})
	}
}

// TestPullKeepsAnEditedCard leaves a card of the same model alone: its owner may
// have set thresholds.
func TestPullKeepsAnEditedCard(t *testing.T) {
	w := newPullWorld(t)
	own := w.card(t, "own/net.yaml", "net.onnx", w.sum(), w.source())
	edited := w.card(t, "mine/net.yaml", "net.onnx", w.sum(), "nms: {score: 0.6}")
	if err := ModelPull(t.Context(), w.env, PullOptions{Choice: Choice{Model: own}, To: filepath.Dir(edited)}); err != nil {
		t.Fatal(err)
	}
	if c, err := card.Load(edited); err != nil || c.NMS.Score != 0.6 {
		t.Errorf("%+v, %v", c, err)
	}
}

// TestModelStates lists what is here, what can be pulled and what is neither.
func TestModelStates(t *testing.T) {
	w := newPullWorld(t)
	w.card(t, "mine/a.yaml", "a.onnx", w.sum())
	w.write(t, filepath.Join(w.root, "mine/a.onnx"), string(w.data))
	w.card(t, "mine/b.yaml", "b.onnx", w.sum(), strings.Replace(w.source(), "//", "//me:s3cret@", 1))
	w.card(t, "mine/c.yaml", "c.onnx")
	w.card(t, "mine/yolox-s.yaml", "s.onnx") // hides the carried one
	rows, err := listModels(w.env)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range rows {
		got = append(got, r.Name+" "+r.State)
	}
	want := []string{"a here", "b pull", "c missing", "yolox-s missing", "yolox-l pull", "yolox-m pull", "yolox-nano pull", "yolox-tiny pull", "yolox-x pull"}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if err := ModelList(w.env); err != nil || strings.Contains(w.out.String(), "s3cret") || !strings.Contains(w.out.String(), "yolox_nano.onnx") {
		t.Errorf("%v:\n%s", err, w.out)
	}
	_, err = openModel(w.env, "yolox-nano")
	if ExitCode(err) != 3 || !strings.Contains(err.Error(), "braid model pull yolox-nano") {
		t.Errorf("a model that is not here yet: %v", err)
	}
}

// TestPullCarried goes to the user's folder of models: only where that is, and
// which card counts, is looked at, for there is no network.
func TestPullCarried(t *testing.T) {
	w := newPullWorld(t)
	p, err := preparePull(w.env, PullOptions{Choice: Choice{Model: "yolox-nano"}})
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(w.root, "data", "braid", "models")
	if p.dir != dir || p.file.Path != filepath.Join(dir, "yolox_nano.onnx") || p.file.SHA256 != p.card.SHA256 || !strings.HasPrefix(p.file.URL, "https://") {
		t.Errorf("got %+v", p)
	}
	if _, err := os.Stat(dir); err != nil {
		t.Errorf("the folder was not made: %v", err)
	}
	w.env.Getenv = func(string) string { return "" }
	if _, err := preparePull(w.env, PullOptions{Choice: Choice{Model: "yolox-nano"}}); ExitCode(err) != 4 || !strings.Contains(err.Error(), "--to DIR") {
		t.Errorf("without a home: %v", err)
	}
}
