package enginecache

import (
	"bytes"
	"errors"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"braid/accel"
)

// said gathers a log.
type said struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (s *said) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.buf.Write(p)
}

func (s *said) lines() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.FieldsFunc(s.buf.String(), func(r rune) bool { return r == '\n' })
}

func newCache(dir string) (*Cache, *said) {
	s := &said{}
	return &Cache{Dir: dir, Log: slog.New(slog.NewTextHandler(s, nil))}, s
}

func engine() Engine {
	d := accel.TensorDesc{Name: "x", Type: accel.Float32, Shape: []int64{1, 3, 8, 8}}
	return Engine{
		Segment: HashOf([]byte("onnx")), Inputs: []accel.TensorDesc{d}, Outputs: []accel.TensorDesc{d}, Precision: "fp16",
		Flags: []string{"a"}, Runtime: "TensorRT 10.7.0", Driver: "580", Compute: "9.0", Device: "gpu", Chip: "H100",
	}
}

func TestThereAndBack(t *testing.T) {
	c, said := newCache(filepath.Join(t.TempDir(), "deep", "engines"))
	key := engine().Key()
	if _, ok := c.Get(key); ok {
		t.Error("an empty cache has it")
	}
	c.Put(key, []byte("blob"), Manifest{Name: "yolo infer.0", Engine: engine()})
	other, _ := newCache(c.Dir)
	if blob, ok := other.Get(key); !ok || string(blob) != "blob" {
		t.Errorf("%q, %v", blob, ok)
	}
	text, err := os.ReadFile(c.path(key.String(), manifestSuffix))
	if err != nil || !strings.Contains(string(text), `"name": "yolo infer.0"`) || !strings.Contains(string(text), `"bytes": 4`) || !strings.Contains(string(text), `"compute": "9.0"`) {
		t.Errorf("%s, %v", text, err)
	}
	if len(said.lines()) > 0 {
		t.Error(said.lines())
	}
}

// TestKey: each field makes another engine, and how a list is empty does not.
func TestKey(t *testing.T) {
	seen := map[Key]string{engine().Key(): "none"}
	for name, change := range map[string]func(*Engine){
		"segment":    func(e *Engine) { e.Segment[0]++ },
		"inputs":     func(e *Engine) { e.Inputs[0].Shape[3] = 9 },
		"outputs":    func(e *Engine) { e.Outputs = nil },
		"moved":      func(e *Engine) { e.Inputs, e.Outputs = append(e.Inputs, e.Outputs...), nil },
		"type":       func(e *Engine) { e.Inputs[0].Type = accel.Float16 },
		"precision":  func(e *Engine) { e.Precision = "int8" },
		"flags":      func(e *Engine) { e.Flags = []string{"a", "b"} },
		"one flag":   func(e *Engine) { e.Flags = []string{"a,b"} },
		"runtime":    func(e *Engine) { e.Runtime = "TensorRT 10.7.1" },
		"driver":     func(e *Engine) { e.Driver = "581" },
		"capability": func(e *Engine) { e.Compute = "8.7" },
		"device":     func(e *Engine) { e.Device = "dla" },
		"chip":       func(e *Engine) { e.Chip = "H200" },
	} {
		e := engine()
		e.Inputs[0].Shape = append([]int64{}, e.Inputs[0].Shape...)
		change(&e)
		if before, twice := seen[e.Key()]; twice {
			t.Errorf("%s has the key of %s", name, before)
		}
		seen[e.Key()] = name
	}
	a, b := Engine{}, Engine{Flags: []string{}, Inputs: []accel.TensorDesc{}, Outputs: []accel.TensorDesc{}}
	if a.Key() != b.Key() {
		t.Error("nil and empty lists differ")
	}
}

// TestDamage: whatever happens to the file, a wrong blob never comes out; the
// damage is said in one line, and the file is gone.
func TestDamage(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		c, said := newCache(dir)
		key := engine().Key()
		blob := rapid.SliceOf(rapid.Byte()).Draw(t, "blob")
		c.Put(key, blob, Manifest{})
		path := c.path(key.String(), engineSuffix)
		whole, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		hurt := bytes.Clone(whole)
		switch rapid.IntRange(0, 3).Draw(t, "damage") {
		case 0:
			hurt = hurt[:rapid.IntRange(0, len(hurt)-1).Draw(t, "length")]
		case 1:
			hurt[rapid.IntRange(0, len(hurt)-1).Draw(t, "byte")] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
		case 2:
			hurt = append(hurt, rapid.SliceOfN(rapid.Byte(), 1, 9).Draw(t, "more")...)
		default: // an engine by another's name
			hurt = append(header{HashOf([]byte("other")).key(), HashOf(blob), int64(len(blob))}.write(), blob...)
		}
		if err := os.WriteFile(path, hurt, 0o644); err != nil {
			t.Fatal(err)
		}
		if got, ok := c.Get(key); ok {
			t.Fatalf("got %q of a damaged file", got)
		}
		if _, err := os.Stat(path); !os.IsNotExist(err) {
			t.Errorf("the file is still there: %v", err)
		}
		if _, ok := c.Get(key); ok || len(said.lines()) != 1 || !strings.Contains(said.lines()[0], "level=WARN") {
			t.Errorf("said %q", said.lines())
		}
	})
}

func (h Hash) key() Key { return Key(h) }

// TestUnwritable goes on, after one line.
func TestUnwritable(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	c, said := newCache(filepath.Join(file, "below"))
	for range 2 {
		c.Put(engine().Key(), []byte("x"), Manifest{})
		c.PutTimings("10.7.0", "9.0", []byte("x"))
		unlock, err := c.Lock(t.Context(), engine().Key())
		if err != nil {
			t.Fatal(err)
		}
		unlock()
	}
	warned := 0
	for _, l := range said.lines() {
		if strings.Contains(l, "cannot be written") {
			warned++
		}
	}
	if warned != 1 {
		t.Errorf("said %q", said.lines())
	}
	(&Cache{Dir: c.Dir}).Put(engine().Key(), nil, Manifest{}) // without a log there is nothing to say
}

// TestConcurrentPuts: readers see one blob or the other, whole.
func TestConcurrentPuts(t *testing.T) {
	dir := t.TempDir()
	key := engine().Key()
	blobs := [][]byte{bytes.Repeat([]byte("a"), 1<<16), bytes.Repeat([]byte("b"), 1<<15)}
	var wg sync.WaitGroup
	for _, blob := range blobs {
		wg.Go(func() {
			c, _ := newCache(dir)
			for range 20 {
				c.Put(key, blob, Manifest{})
			}
		})
		wg.Go(func() {
			c, said := newCache(dir)
			for range 100 {
				if got, ok := c.Get(key); ok && !bytes.Equal(got, blobs[0]) && !bytes.Equal(got, blobs[1]) {
					t.Error("got a mixture")
				}
			}
			if len(said.lines()) > 0 {
				t.Error(said.lines())
			}
		})
	}
	wg.Wait()
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 2 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
}

func TestTimings(t *testing.T) {
	c, said := newCache(t.TempDir())
	if _, ok := c.Timings("10.7.0", "9.0"); ok {
		t.Error("there are some")
	}
	c.PutTimings("10.7.0", "9.0", []byte("old"))
	c.PutTimings("10.7.0", "9.0", []byte("new"))
	if got, ok := c.Timings("10.7.0", "9.0"); !ok || string(got) != "new" {
		t.Errorf("%q, %v", got, ok)
	}
	for _, of := range [][2]string{{"10.7.1", "9.0"}, {"10.7.0", "8.7"}, {"10.7.09", ".0"}} {
		if _, ok := c.Timings(of[0], of[1]); ok {
			t.Errorf("those of %v", of)
		}
	}
	if err := os.WriteFile(c.path(timingKey("10.7.0", "9.0").String(), timingSuffix), []byte("junk"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, ok := c.Timings("10.7.0", "9.0"); ok || len(said.lines()) != 1 {
		t.Errorf("junk was taken, or said %q", said.lines())
	}
}

// TestEviction lets the least recently used go first, and what this process uses
// stay.
func TestEviction(t *testing.T) {
	dir := t.TempDir()
	blob := make([]byte, 1000)
	key := func(i int) Key { return HashOf([]byte{byte(i)}).key() }
	old, _ := newCache(dir)
	for i := range 4 {
		old.Put(key(i), blob, Manifest{})
		at := time.Now().Add(time.Duration(i-10) * time.Minute)
		if err := os.Chtimes(old.path(key(i).String(), engineSuffix), at, at); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "mine"+engineSuffix), make([]byte, 9000), 0o644); err != nil {
		t.Fatal(err)
	}
	c, said := newCache(dir)
	c.Limit = 3500
	if _, ok := c.Get(key(0)); !ok { // the oldest one comes into use
		t.Fatal("it is not there")
	}
	c.Put(key(4), blob, Manifest{})
	for i, want := range []bool{true, false, false, true, true} {
		_, err := os.Stat(old.path(key(i).String(), engineSuffix))
		_, err2 := os.Stat(old.path(key(i).String(), manifestSuffix))
		if (err == nil) != want || (err2 == nil) != want {
			t.Errorf("engine %d: %v, its manifest %v", i, err, err2)
		}
	}
	c.Limit = 1 // all that is left is in use or goes
	c.Put(key(5), blob, Manifest{})
	for i, want := range []bool{true, false, false, false, true, true} {
		if _, ok := old.Get(key(i)); ok != want {
			t.Errorf("engine %d: %v", i, ok)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "mine"+engineSuffix)); err != nil || len(said.lines()) > 0 {
		t.Errorf("%v, said %q", err, said.lines())
	}
	c.Limit = -1
	c.Put(key(6), make([]byte, 1<<20), Manifest{})
}

// FuzzHeader: what is read is written the same again.
func FuzzHeader(f *testing.F) {
	f.Add(header{engine().Key(), HashOf(nil), 7}.write())
	f.Add([]byte(magic))
	f.Fuzz(func(t *testing.T, data []byte) {
		h, err := parseHeader(data)
		if err == nil && !bytes.Equal(h.write(), data[:headerSize]) {
			t.Errorf("%q became %q", data[:headerSize], h.write())
		}
		if blob, err := readBlob(bytes.NewReader(data), int64(len(data)), h.key); err == nil && HashOf(blob) != h.sum {
			t.Errorf("%q gave %q", data, blob)
		}
	})
}

func BenchmarkGet(b *testing.B) {
	c, _ := newCache(b.TempDir())
	blob := make([]byte, 32<<20)
	r := rand.New(rand.NewPCG(1, 2))
	for i := range blob {
		blob[i] = byte(r.Uint32())
	}
	c.Put(engine().Key(), blob, Manifest{})
	b.SetBytes(int64(len(blob)))
	for b.Loop() {
		if _, ok := c.Get(engine().Key()); !ok {
			b.Fatal("it is gone")
		}
	}
}

// TestKeep builds an engine once, keeps no failure, and builds always without a cache.
func TestKeep(t *testing.T) {
	c, said := newCache(t.TempDir())
	built, fails := 0, error(nil)
	build := func() ([]byte, error) {
		built++
		return []byte{byte(built)}, fails
	}
	fails = errors.New("no memory")
	if _, err := c.Keep(t.Context(), engine(), "infer.0", build); !errors.Is(err, fails) {
		t.Errorf("error %v", err)
	}
	fails = nil
	for range 3 {
		if blob, err := c.Keep(t.Context(), engine(), "infer.0", build); err != nil || !bytes.Equal(blob, []byte{2}) {
			t.Errorf("%v, %v", blob, err)
		}
	}
	other := engine()
	other.Precision = "fp32"
	if blob, err := c.Keep(t.Context(), other, "infer.0", build); err != nil || !bytes.Equal(blob, []byte{3}) {
		t.Errorf("another engine: %v, %v", blob, err)
	}
	none := (*Cache)(nil)
	for want := byte(4); want < 6; want++ {
		if blob, err := none.Keep(t.Context(), engine(), "infer.0", build); err != nil || !bytes.Equal(blob, []byte{want}) {
			t.Errorf("without a cache: %v, %v", blob, err)
		}
	}
	if len(said.lines()) > 0 {
		t.Error(said.lines())
	}
}

// TestForget removes an engine that is no use, and nothing else.
func TestForget(t *testing.T) {
	c, said := newCache(t.TempDir())
	key := engine().Key()
	c.Put(key, []byte("blob"), Manifest{})
	for _, text := range []string{"", "x", "../" + key.String(), key.String()[2:]} {
		if c.Forget(text) {
			t.Errorf("%q was forgotten", text)
		}
	}
	if _, ok := c.Get(key); !ok {
		t.Fatal("it is gone already")
	}
	if !c.Forget(key.String()) || c.Forget(key.String()) || (*Cache)(nil).Forget(key.String()) {
		t.Error("it is forgotten once, and only where it is kept")
	}
	if _, ok := c.Get(key); ok || len(said.lines()) > 0 {
		t.Errorf("it is there still: %t, said %v", ok, said.lines())
	}
}

// TestEvictionTogether: two processes that make room at once are no reason to think that the folder cannot be written.
func TestEvictionTogether(t *testing.T) {
	dir := t.TempDir()
	var wait sync.WaitGroup
	for worker := range 4 {
		c, said := newCache(dir)
		c.Limit = 3 * 200
		wait.Go(func() {
			for i := range 50 {
				e := engine()
				e.Driver = strings.Repeat("x", 1+worker*100+i)
				c.Put(e.Key(), make([]byte, 100), Manifest{})
				c.mu.Lock()
				c.used = nil // as if another process had it
				c.mu.Unlock()
			}
			if lines := said.lines(); len(lines) > 0 {
				t.Error(lines[0])
			}
		})
	}
	wait.Wait()
}

// TestHalfWrittenFilesGo when nobody can be writing them any more.
func TestHalfWrittenFilesGo(t *testing.T) {
	c, _ := newCache(t.TempDir())
	key := engine().Key().String()
	old := time.Now().Add(-2 * abandoned)
	for name, stays := range map[string]bool{
		"." + key + ".engine.123": false, "." + key + ".json.9": false, ".gitignore": true, ".other.engine.1": true,
	} {
		path := filepath.Join(c.Dir, name)
		if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
		c.evict()
		if _, err := os.Stat(path); err != nil {
			t.Errorf("%s went at once", name)
		}
		if err := os.Chtimes(path, old, old); err != nil {
			t.Fatal(err)
		}
		c.evict()
		if _, err := os.Stat(path); (err == nil) != stays {
			t.Errorf("%s stays: %v", name, err == nil)
		}
	}
}
