package fetch

import (
	"fmt"
	"testing"
)

func TestContentRange(t *testing.T) {
	for _, tt := range []struct {
		header       string
		start, total int64
		ok           bool
	}{
		{"bytes 0-0/1", 0, 1, true},
		{"bytes 5-9/10", 5, 10, true},
		{"bytes 5-9/*", 5, -1, true},
		{"bytes 0-9223372036854775806/9223372036854775807", 0, 9223372036854775807, true},
		{"bytes 5-10/10", 0, 0, false},
		{"bytes 9-5/10", 0, 0, false},
		{"bytes */10", 0, 0, false},
		{"bytes 5-9/9223372036854775808", 0, 0, false},
		{"bytes -5-9/10", 0, 0, false},
		{"bytes +5-9/10", 0, 0, false},
		{"bytes 5-9", 0, 0, false},
		{"lines 5-9/10", 0, 0, false},
		{"", 0, 0, false},
	} {
		start, total, err := contentRange(tt.header)
		if (err == nil) != tt.ok || start != tt.start || total != tt.total {
			t.Errorf("%q: %d of %d, %v", tt.header, start, total, err)
		}
	}
}

// FuzzContentRange wants numbers that can be counted on, and only from what is
// written as the standard has it.
func FuzzContentRange(f *testing.F) {
	for _, s := range []string{"bytes 0-0/1", "bytes 5-9/*", "bytes */10", "bytes 1-2", "bytes 01-2/3"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, header string) {
		start, total, err := contentRange(header)
		if err != nil {
			return
		}
		if start < 0 || total < -1 || total >= 0 && start >= total {
			t.Fatalf("%q: %d of %d", header, start, total)
		}
		again := fmt.Sprintf("bytes %d-%d/%d", start, start, total)
		if total < 0 {
			again = fmt.Sprintf("bytes %d-%d/*", start, start)
		}
		if s, n, err := contentRange(again); err != nil || s != start || n != total {
			t.Fatalf("%q is %d of %d, %q is %d of %d, %v", header, start, total, again, s, n, err)
		}
	})
}
