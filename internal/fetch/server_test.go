package fetch_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"braid/internal/fetch"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// content is n bytes that look like a model: nothing in them repeats.
func content(seed uint64, n int) []byte {
	r, out := rand.New(rand.NewPCG(seed, 0)), make([]byte, n)
	for i := range out {
		out[i] = byte(r.Uint32())
	}
	return out
}

func sum(data []byte) string {
	h := sha256.Sum256(data)
	return hex.EncodeToString(h[:])
}

// server answers the requests it gets one by one, the last answer for ever.
type server struct {
	*httptest.Server
	mu     sync.Mutex
	seen   []*http.Request
	answer []http.HandlerFunc
}

func serve(t testing.TB, answers ...http.HandlerFunc) *server {
	t.Helper()
	s := &server{answer: answers}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.seen = append(s.seen, r)
		answer := s.answer[min(len(s.seen), len(s.answer))-1]
		s.mu.Unlock()
		answer(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

// ranges are the Range headers of all requests so far.
func (s *server) ranges() (out []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.seen {
		out = append(out, r.Header.Get("Range"))
	}
	return out
}

// whole serves data as good servers do: with a tag, and parts of it on request.
func whole(data []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", strconv.Quote(sum(data)[:8]))
		http.ServeContent(w, r, "model.onnx", time.Time{}, bytes.NewReader(data))
	}
}

// plain serves data without a tag, and always all of it.
func plain(data []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", strconv.Itoa(len(data)))
		_, _ = w.Write(data) // the client may be gone
	}
}

// cut lets a handler send n bytes of its body, then drops the connection.
func cut(h http.HandlerFunc, n int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		h(&cutter{w, n}, r)
		panic(http.ErrAbortHandler)
	}
}

type cutter struct {
	http.ResponseWriter
	left int
}

func (c *cutter) Write(p []byte) (int, error) {
	n, err := c.ResponseWriter.Write(p[:min(len(p), c.left)])
	if c.left -= n; err == nil && n < len(p) {
		err = http.NewResponseController(c.ResponseWriter).Flush()
		return n, errors.Join(err, errors.New("cut"))
	}
	return n, err
}

func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}

// target is a file in a folder of the test's own.
func target(t testing.TB, url string, want []byte) fetch.File {
	t.Helper()
	return fetch.File{URL: url, Path: filepath.Join(t.TempDir(), "model.onnx"), SHA256: sum(want)}
}

// quick is a Fetcher for tests: it waits for nothing.
func quick() *fetch.Fetcher {
	f := fetch.New(slog.New(slog.DiscardHandler))
	f.Client = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	f.Tries, f.Pause = 3, time.Millisecond
	return f
}

// left are the names in the file's folder.
func left(t testing.TB, f fetch.File) (out []string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(f.Path))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		out = append(out, e.Name())
	}
	return out
}

// complete wants the file in its place, and nothing beside it.
func complete(t testing.TB, f fetch.File, want []byte) {
	t.Helper()
	got, err := os.ReadFile(f.Path)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%d bytes in the file, want %d of others (%v)", len(got), len(want), err)
	}
	if names := left(t, f); !slices.Equal(names, []string{"model.onnx"}) {
		t.Errorf("left behind: %v", names)
	}
}

func size(t testing.TB, path string) int64 {
	t.Helper()
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return -1
	}
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}
