package strict

import (
	"errors"
	"math"
	"strconv"
	"strings"
)

// Bytes is a size in bytes, written "64MiB", "10GB" or as a plain number.
type Bytes int64

var errSize = errors.New("want a size such as 64MiB")

var units = []struct {
	name string
	size int64
}{
	{"TiB", 1 << 40},
	{"GiB", 1 << 30},
	{"MiB", 1 << 20},
	{"KiB", 1 << 10},
	{"TB", 1e12},
	{"GB", 1e9},
	{"MB", 1e6},
	{"kB", 1e3},
	{"B", 1},
	{"", 1},
}

// UnmarshalText reads a whole number with or without a unit.
func (b *Bytes) UnmarshalText(text []byte) error {
	s := string(text)
	for _, u := range units {
		digits, ok := strings.CutSuffix(s, u.name)
		if !ok {
			continue
		}
		n, err := strconv.ParseInt(strings.TrimSpace(digits), 10, 64)
		if err != nil || n < 0 || n > math.MaxInt64/u.size {
			return errSize
		}
		*b = Bytes(n * u.size)
		return nil
	}
	return errSize
}

// String uses the largest unit that loses nothing.
func (b Bytes) String() string {
	for _, u := range units[:4] {
		if b != 0 && int64(b)%u.size == 0 {
			return strconv.FormatInt(int64(b)/u.size, 10) + u.name
		}
	}
	return strconv.FormatInt(int64(b), 10)
}

// MarshalText is String, so that what is written can be read again.
func (b Bytes) MarshalText() ([]byte, error) { return []byte(b.String()), nil }
