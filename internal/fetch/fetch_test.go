package fetch_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"pgregory.net/rapid"

	"braid/internal/fetch"
)

// TestGet shows what each kind of server leads to, in one call.
func TestGet(t *testing.T) {
	data, other := content(1, 300_000), content(2, 300_000)
	tests := []struct {
		name    string
		answers []http.HandlerFunc
		ranges  []string // asked for, one for each request
		is      error    // nil: the file is there
		says    string   // part of the error's text
		kept    int64    // bytes of the part, -1 for none
	}{
		{"whole", []http.HandlerFunc{whole(data)}, []string{""}, nil, "", -1},
		{"without length", []http.HandlerFunc{func(w http.ResponseWriter, _ *http.Request) {
			for i := 0; i < len(data); i += 1000 {
				w.Write(data[i : i+1000]) //nolint:errcheck // the client looks at it
				http.NewResponseController(w).Flush()
			}
		}}, []string{""}, nil, "", -1},
		{"redirected", []http.HandlerFunc{http.RedirectHandler("/elsewhere?sig=abcdefgh", http.StatusFound).ServeHTTP, whole(data)}, []string{"", ""}, nil, "", -1},
		{"cut once", []http.HandlerFunc{cut(whole(data), 100_000), whole(data)}, []string{"", "bytes=100000-"}, nil, "", -1},
		{"cut twice", []http.HandlerFunc{cut(whole(data), 100_000), cut(whole(data), 50_000), whole(data)}, []string{"", "bytes=100000-", "bytes=150000-"}, nil, "", -1},
		{"cut, then no answer", []http.HandlerFunc{cut(whole(data), 100_000), cut(whole(data), 0), whole(data)}, []string{"", "bytes=100000-", "bytes=100000-"}, nil, "", -1},
		{"busy for a moment", []http.HandlerFunc{status(503), status(429), whole(data)}, []string{"", "", ""}, nil, "", -1},
		{"cut by one that knows no ranges", []http.HandlerFunc{cut(plain(data), 100_000), plain(data)}, []string{"", ""}, nil, "", -1},
		{"ranges forgotten", []http.HandlerFunc{cut(whole(data), 100_000), plain(data)}, []string{"", "bytes=100000-"}, nil, "", -1},
		{"changed between tries", []http.HandlerFunc{cut(whole(other), 100_000), whole(data)}, []string{"", "bytes=100000-"}, nil, "", -1},
		{"range that is none", []http.HandlerFunc{cut(whole(data), 100_000), partial(data, "bytes 0-299999/300000"), whole(data)}, []string{"", "bytes=100000-", ""}, nil, "", -1},
		{"range without end", []http.HandlerFunc{cut(whole(data), 100_000), partial(data[100_000:], "bytes 100000-299999/*"), whole(data)}, []string{"", "bytes=100000-"}, nil, "", -1},
		{"range of another file", []http.HandlerFunc{cut(whole(data), 100_000), tagged(`"other"`, partial(other[100_000:], "bytes 100000-299999/300000")), whole(data)}, []string{"", "bytes=100000-", ""}, nil, "", -1},
		{"shrunk under the same tag", []http.HandlerFunc{cut(whole(data), 100_000), status(416), whole(data)}, []string{"", "bytes=100000-", ""}, nil, "", -1},

		{"cut each time", []http.HandlerFunc{cut(whole(data), 100_000), cut(whole(data), 10), cut(whole(data), 10)}, []string{"", "bytes=100000-", "bytes=100010-"}, nil, "0.1 MB are kept in", 100_020},
		{"cut each time, nothing to go on from", []http.HandlerFunc{cut(plain(data), 100_000)}, []string{"", "", ""}, nil, "unexpected EOF", -1},
		{"another file", []http.HandlerFunc{whole(other)}, []string{""}, fetch.ErrChecksum, sum(other), -1},
		{"one byte flipped", []http.HandlerFunc{whole(append(slices.Clone(data[:299_999]), data[299_999]^1))}, []string{""}, fetch.ErrChecksum, sum(data), -1},
		{"short and content with it", []http.HandlerFunc{whole(data[:299_999])}, []string{""}, fetch.ErrChecksum, "299999 bytes", -1},
		{"nothing at all", []http.HandlerFunc{whole(nil)}, []string{""}, fetch.ErrChecksum, "0 bytes", -1},
		{"not there", []http.HandlerFunc{status(404)}, []string{""}, nil, "404 Not Found", -1},
		{"not allowed", []http.HandlerFunc{status(403)}, []string{""}, nil, "403 Forbidden", -1},
		{"broken server", []http.HandlerFunc{status(500)}, []string{"", "", ""}, nil, "500 Internal Server Error", -1},
		{"in circles", []http.HandlerFunc{http.RedirectHandler("/?sig=abcdefgh", http.StatusFound).ServeHTTP}, make([]string, 10), nil, "10 redirects", -1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := serve(t, tt.answers...)
			file := target(t, s.URL+"/model.onnx", data)
			var reached int64
			f := quick()
			f.Progress = func(done, total int64) {
				if reached = done; total >= 0 && done > total {
					t.Errorf("%d of %d bytes", done, total)
				}
			}
			fresh, err := f.Get(t.Context(), file)
			if got := s.ranges(); !slices.Equal(got, tt.ranges) {
				t.Errorf("asked for %q, want %q", got, tt.ranges)
			}
			if tt.says == "" {
				if err != nil || !fresh || reached != int64(len(data)) {
					t.Fatalf("fresh %v, %d bytes seen, %v", fresh, reached, err)
				}
				complete(t, file, data)
				return
			}
			if err == nil || fresh || !strings.Contains(err.Error(), tt.says) || tt.is != nil && !errors.Is(err, tt.is) {
				t.Fatalf("fresh %v, error %v, want one that says %q", fresh, err, tt.says)
			}
			if !strings.Contains(err.Error(), s.URL) || strings.Contains(err.Error(), "\n") || strings.Contains(err.Error(), "abcdefgh") {
				t.Errorf("the error does not name the address in one line without secrets: %v", err)
			}
			if size(t, file.Path) >= 0 || size(t, file.Path+".part") != tt.kept {
				t.Errorf("left behind: %v, part of %d bytes, want %d", left(t, file), size(t, file.Path+".part"), tt.kept)
			}
			if tt.kept < 0 && len(left(t, file)) > 0 {
				t.Errorf("left behind: %v", left(t, file))
			}
		})
	}
}

// partial answers with a part of a file, asked or not.
func partial(body []byte, contentRange string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Range", contentRange)
		w.WriteHeader(http.StatusPartialContent)
		_, _ = w.Write(body) // the client may be gone
	}
}

func tagged(tag string, h http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", tag)
		h(w, r)
	}
}

// TestNextCall shows what becomes of a part that an earlier call left.
func TestNextCall(t *testing.T) {
	data, other := content(1, 300_000), content(2, 300_000)
	tag := `"` + sum(data)[:8] + `"`
	mark := func(sha256, validator string) string {
		return fmt.Sprintf(`{"sha256":%q,"validator":%q}`, sha256, validator)
	}
	tests := []struct {
		name   string
		part   []byte
		mark   string
		answer http.HandlerFunc
		ranges []string
	}{
		{"goes on", data[:200_000], mark(sum(data), tag), whole(data), []string{"bytes=200000-"}},
		{"changed in between", other[:200_000], mark(sum(data), `"old"`), whole(data), []string{"bytes=200000-"}},
		{"came to its end before", data, mark(sum(data), tag), nil, nil},
		{"of another file", other[:200_000], mark(sum(other), tag), whole(data), []string{""}},
		{"cannot go on", data[:200_000], mark(sum(data), ""), whole(data), []string{""}},
		{"mark is lost", data[:200_000], "", whole(data), []string{""}},
		{"mark is broken", data[:200_000], `{"sha256":`, whole(data), []string{""}},
		{"longer than the file", append(slices.Clone(data), 7), mark(sum(data), tag), whole(data), []string{"bytes=300001-", ""}},
		{"dated", data[:200_000], mark(sum(data), "Mon, 23 Nov 2026 10:00:00 GMT"), func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("If-Range") != "Mon, 23 Nov 2026 10:00:00 GMT" {
				t.Errorf("If-Range is %q", r.Header.Get("If-Range"))
			}
			partial(data[200_000:], "bytes 200000-299999/300000")(w, r)
		}, []string{"bytes=200000-"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := serve(t, tt.answer)
			file := target(t, s.URL, data)
			write(t, file.Path+".part", tt.part)
			if tt.mark != "" {
				write(t, file.Path+".part.json", []byte(tt.mark))
			}
			if fresh, err := quick().Get(t.Context(), file); err != nil || !fresh {
				t.Fatalf("fresh %v, %v", fresh, err)
			}
			complete(t, file, data)
			if got := s.ranges(); !slices.Equal(got, tt.ranges) {
				t.Errorf("asked for %q, want %q", got, tt.ranges)
			}
		})
	}
	t.Run("was spoilt on the disk", func(t *testing.T) {
		file := target(t, serve(t, whole(data)).URL, data)
		write(t, file.Path+".part", other[:200_000])
		write(t, file.Path+".part.json", []byte(mark(sum(data), tag)))
		if _, err := quick().Get(t.Context(), file); !errors.Is(err, fetch.ErrChecksum) || len(left(t, file)) > 0 {
			t.Fatalf("%v, left behind: %v", err, left(t, file))
		}
		if _, err := quick().Get(t.Context(), file); err != nil {
			t.Fatal(err)
		}
		complete(t, file, data)
	})
}

func write(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestThere asks nobody where the file is there already, and spares another
// file that is in its place.
func TestThere(t *testing.T) {
	data := content(1, 1000)
	file := target(t, "http://127.0.0.1:1/", data)
	write(t, file.Path, data)
	if fresh, err := quick().Get(t.Context(), file); fresh || err != nil {
		t.Errorf("fresh %v, %v", fresh, err)
	}
	complete(t, file, data)
	write(t, file.Path, data[1:])
	if _, err := quick().Get(t.Context(), file); !errors.Is(err, fetch.ErrOccupied) || !strings.Contains(err.Error(), file.Path) {
		t.Errorf("another file in its place: %v", err)
	}
	complete(t, file, data[1:])
}

// TestPlacesThatDoNot wants the system's reason, and the path.
func TestPlacesThatDoNot(t *testing.T) {
	data := content(1, 300_000)
	s := serve(t, whole(data))
	file := target(t, s.URL, data)
	file.Path = filepath.Join(file.Path, "model.onnx")
	if _, err := quick().Get(t.Context(), file); !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), file.Path) {
		t.Errorf("a folder that is not there: %v", err)
	}
	file = target(t, s.URL, data)
	if err := os.Symlink("/dev/full", file.Path+".part"); err != nil {
		t.Fatal(err)
	}
	if _, err := quick().Get(t.Context(), file); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("a full disk: %v", err)
	}
	if n := len(s.ranges()); n != 1 {
		t.Errorf("a full disk: %d requests, want 1", n)
	}
}

// TestAddresses are refused before anything is sent, or cannot be reached, which
// is not tried twice; passwords in them stay hidden.
func TestAddresses(t *testing.T) {
	for url, want := range map[string]string{
		"":                                 "http or https",
		"model.onnx":                       "http or https",
		"ftp://u:s3cret@example.com/m":     "http or https",
		"https:///m":                       "http or https",
		"http://u:s3cret@127.0.0.1:1/m":    "refused",
		"http://127.0.0.1:1/?token=s3cret": "refused",
		"http://h\x7f/?token=s3cret":       "http or https",
	} {
		file := target(t, url, content(1, 10))
		_, err := quick().Get(t.Context(), file)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%q: error %v, want one with %q", url, err, want)
		}
		if names := left(t, file); len(names) > 0 {
			t.Errorf("%q: left behind: %v", url, names)
		}
	}
}

// TestCancel ends a transfer in its middle; the next call goes on.
func TestCancel(t *testing.T) {
	data, reason := content(1, 300_000), errors.New("enough")
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		whole(data)(&cutter{w, 100_000}, r)
		<-r.Context().Done()
	}, whole(data))
	file := target(t, s.URL, data)
	ctx, cancel := context.WithCancelCause(t.Context())
	f := quick()
	f.Progress = func(done, _ int64) {
		if done == 100_000 {
			cancel(reason)
		}
	}
	if _, err := f.Get(ctx, file); !errors.Is(err, reason) || !strings.Contains(err.Error(), "kept") {
		t.Fatalf("error %v, want the context's cause and what is kept", err)
	}
	if fresh, err := f.Get(t.Context(), file); !fresh || err != nil {
		t.Fatalf("fresh %v, %v", fresh, err)
	}
	if got := s.ranges(); !slices.Equal(got, []string{"", "bytes=100000-"}) {
		t.Errorf("asked for %q", got)
	}
	complete(t, file, data)
}

// TestAtOnce lets several calls download the same file: one does, those that
// come meanwhile are told so, those that come later find it there.
func TestAtOnce(t *testing.T) {
	data := content(1, 300_000)
	open := make(chan struct{})
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		<-open
		whole(data)(w, r)
	})
	file := target(t, s.URL, data)
	var (
		group       sync.WaitGroup
		mu          sync.Mutex
		fresh, busy int
		told        = make(chan struct{}, 8)
	)
	for range 8 {
		group.Go(func() {
			got, err := quick().Get(t.Context(), file)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case errors.Is(err, fetch.ErrBusy):
				busy++
				told <- struct{}{}
			case err != nil:
				t.Error(err)
			case got:
				fresh++
			}
		})
	}
	for range 7 {
		<-told
	}
	close(open)
	group.Wait()
	if fresh != 1 || busy != 7 || len(s.ranges()) != 1 {
		t.Errorf("%d fresh, %d busy, %d requests", fresh, busy, len(s.ranges()))
	}
	complete(t, file, data)
}

// TestRace starts calls at any moment of another's download, also while it puts
// the file into its place.
func TestRace(t *testing.T) {
	data := content(1, 10_000)
	s := serve(t, whole(data))
	for range 20 {
		file := target(t, s.URL, data)
		var group sync.WaitGroup
		for range 4 {
			group.Go(func() {
				for {
					_, err := quick().Get(t.Context(), file)
					if err == nil {
						return
					}
					if !errors.Is(err, fetch.ErrBusy) {
						t.Error(err)
						return
					}
				}
			})
		}
		group.Wait()
		complete(t, file, data)
	}
}

// TestAnyCuts cuts transfers anywhere, on servers of all kinds: calls that are
// repeated end with the file, and with nothing else.
func TestAnyCuts(t *testing.T) {
	data, old := content(1, 50_000), content(2, 50_000)
	rapid.Check(t, func(r *rapid.T) {
		var answers []http.HandlerFunc
		for range rapid.IntRange(0, 12).Draw(r, "cuts") {
			h := rapid.SampledFrom([]http.HandlerFunc{whole(data), whole(data), whole(old), plain(data), status(503), status(416)}).Draw(r, "kind")
			answers = append(answers, cut(h, rapid.IntRange(0, 49_999).Draw(r, "at")))
		}
		s := serve(t, append(answers, whole(data))...)
		defer s.Close()
		file := target(t, s.URL, data)
		f := quick()
		f.Pause = 0
		for call := 0; ; call++ {
			fresh, err := f.Get(t.Context(), file)
			if fresh && err == nil {
				break
			}
			// The old file may have come whole, in pieces.
			if call > len(answers) || errors.Is(err, fetch.ErrChecksum) && len(left(t, file)) > 0 {
				r.Fatalf("call %d: fresh %v, %v, left behind: %v", call, fresh, err, left(t, file))
			}
		}
		complete(t, file, data)
	})
}
