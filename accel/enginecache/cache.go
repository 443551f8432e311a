package enginecache

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"braid/internal/atomicfile"
)

// The names of files in the folder.
const (
	engineSuffix   = ".engine"
	manifestSuffix = ".json"
	timingSuffix   = ".timing"
	lockSuffix     = ".lock"
)

// DefaultLimit bounds the engines of a folder where Cache says nothing else.
const DefaultLimit = 4 << 30

// Cache is a folder of engines. Its methods are safe for concurrent use, also by
// several processes. The zero value with a Dir is ready; it must not be copied.
type Cache struct {
	Dir   string
	Limit int64        // bytes of engines; 0: DefaultLimit, below: no limit
	Log   *slog.Logger // nil: what goes wrong is not said

	mu     sync.Mutex
	used   map[Key]bool // by this process: never evicted by it
	warned bool         // that the folder cannot be written
}

// Get finds an engine's blob. It is read once and belongs to the caller.
func (c *Cache) Get(key Key) ([]byte, bool) {
	blob, ok := c.read(c.path(key.String(), engineSuffix), key)
	if ok {
		c.use(key)
		now := time.Now()
		_ = os.Chtimes(c.path(key.String(), engineSuffix), now, now) // a folder that is read-only keeps its order
	}
	return blob, ok
}

// Keep looks for the engine e, and builds and keeps it where it is not there: one
// process does, and the others wait for it. name is the segment's. A nil Cache builds.
func (c *Cache) Keep(ctx context.Context, e Engine, name string, build func() ([]byte, error)) ([]byte, error) {
	if c == nil {
		return build()
	}
	key := e.Key()
	if blob, ok := c.Get(key); ok {
		return blob, nil
	}
	unlock, err := c.Lock(ctx, key)
	if err != nil {
		return nil, err
	}
	defer unlock()
	if blob, ok := c.Get(key); ok {
		return blob, nil
	}
	start := time.Now()
	blob, err := build()
	if err == nil {
		c.Put(key, blob, Manifest{Name: name, Engine: e, Made: start, Took: time.Since(start)})
	}
	return blob, err
}

// read reads a file; one that is not what it should be is reported and removed.
func (c *Cache) read(path string, key Key) ([]byte, bool) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, false
	}
	var blob []byte
	var info fs.FileInfo
	if err == nil {
		defer f.Close()
		info, err = f.Stat()
	}
	if err != nil {
		c.warn("engine cache: a file cannot be read", "file", path, "error", err)
		return nil, false
	}
	if blob, err = readBlob(f, info.Size(), key); err == nil {
		return blob, true
	}
	c.warn("engine cache: removing a file that is not what it should be", "file", path, "error", err)
	c.removeSame(path, info)
	return nil, false
}

// Forget removes an engine that its runtime does not take, by its key as Key.String writes it. It says whether there was one.
func (c *Cache) Forget(key string) bool {
	if c == nil {
		return false
	}
	if _, ok := keyOf(key); !ok {
		return false
	}
	err := c.remove(key)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		c.unwritable(err)
	}
	return err == nil
}

// remove removes an engine and its manifest.
func (c *Cache) remove(key string) error {
	err := os.Remove(c.path(key, engineSuffix))
	if err == nil || errors.Is(err, fs.ErrNotExist) {
		_ = os.Remove(c.path(key, manifestSuffix)) // without its engine it misleads nobody who looks for one
	}
	return err
}

// removeSame removes a file, unless another process has put a good one in its
// place since it was looked at.
func (c *Cache) removeSame(path string, seen fs.FileInfo) {
	if now, err := os.Stat(path); err != nil || !os.SameFile(now, seen) {
		return
	}
	if err := os.Remove(path); err != nil {
		c.unwritable(err)
	}
}

// Put keeps a blob, and its manifest beside it. What cannot be written is not
// kept: the cache says so once.
func (c *Cache) Put(key Key, blob []byte, m Manifest) {
	c.use(key)
	c.write(c.path(key.String(), engineSuffix), key, blob)
	m.Bytes = len(blob)
	if err := c.whole(c.path(key.String(), manifestSuffix), func(w io.Writer) error {
		e := json.NewEncoder(w)
		e.SetIndent("", "  ")
		return e.Encode(m)
	}); err != nil {
		c.unwritable(err)
	}
	c.evict()
}

// write puts a file with a header in place, whole or not at all.
func (c *Cache) write(path string, key Key, blob []byte) {
	h := header{key, HashOf(blob), int64(len(blob))}
	if err := c.whole(path, func(w io.Writer) error {
		if _, err := w.Write(h.write()); err != nil {
			return err
		}
		_, err := w.Write(blob)
		return err
	}); err != nil {
		c.unwritable(err)
	}
}

func (c *Cache) whole(path string, write func(io.Writer) error) error {
	if err := os.MkdirAll(c.Dir, 0o755); err != nil {
		return err
	}
	return atomicfile.WriteFrom(path, write)
}

func (c *Cache) path(name, suffix string) string { return filepath.Join(c.Dir, name+suffix) }

func (c *Cache) use(key Key) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.used == nil {
		c.used = map[Key]bool{}
	}
	c.used[key] = true
}

// unwritable says once that nothing is kept.
func (c *Cache) unwritable(err error) {
	c.mu.Lock()
	first := !c.warned
	c.warned = true
	c.mu.Unlock()
	if first {
		c.warn("engine cache: the folder cannot be written, engines are built anew at every start", "folder", c.Dir, "error", err)
	}
}

func (c *Cache) warn(message string, args ...any) {
	if c.Log != nil {
		c.Log.Warn(message, args...) //nolint:sloglint // each caller's message is constant
	}
}
