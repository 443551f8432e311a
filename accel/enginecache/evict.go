package enginecache

import (
	"cmp"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// kept is an engine in the folder.
type kept struct {
	key  Key
	size int64
	used time.Time // when it was read or written last: Get and Put set the file's time
}

// evict removes the engines that were used longest ago until the rest fits. Those
// that this process uses stay, even above the limit. An engine that another
// process has loaded can go: it is read once, and what is read needs no file.
func (c *Cache) evict() {
	c.sweep()
	limit := cmp.Or(c.Limit, DefaultLimit)
	if limit < 0 {
		return
	}
	engines := c.engines()
	var total int64
	for _, e := range engines {
		total += e.size
	}
	slices.SortFunc(engines, func(a, b kept) int { return a.used.Compare(b.used) })
	for _, e := range engines {
		if total <= limit {
			return
		}
		if c.inUse(e.key) {
			continue
		}
		if err := c.remove(e.key.String()); err != nil && !errors.Is(err, fs.ErrNotExist) { // another process was first
			c.unwritable(err)
			return
		}
		total -= e.size
	}
}

// abandoned is after how long a file that was never finished is nobody's any more.
const abandoned = 24 * time.Hour

// sweep removes what processes that were killed have left half written.
func (c *Cache) sweep() {
	entries, err := os.ReadDir(c.Dir)
	if err != nil {
		return
	}
	for _, entry := range entries {
		hidden, ok := strings.CutPrefix(entry.Name(), ".")
		name, _, _ := strings.Cut(hidden, ".")
		if _, ours := keyOf(name); !ok || !ours {
			continue
		}
		if info, err := entry.Info(); err == nil && info.Mode().IsRegular() && time.Since(info.ModTime()) > abandoned {
			_ = os.Remove(filepath.Join(c.Dir, entry.Name())) // it costs room and nothing else
		}
	}
}

// engines lists the folder. A file of another name is none of this cache's.
func (c *Cache) engines() (engines []kept) {
	entries, err := os.ReadDir(c.Dir)
	if err != nil {
		return nil
	}
	for _, entry := range entries {
		name, ours := strings.CutSuffix(entry.Name(), engineSuffix)
		key, ok := keyOf(name)
		if !ours || !ok {
			continue
		}
		info, err := entry.Info()
		if err != nil || !info.Mode().IsRegular() {
			continue // it went meanwhile
		}
		engines = append(engines, kept{key, info.Size(), info.ModTime()})
	}
	return engines
}

func (c *Cache) inUse(key Key) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.used[key]
}
