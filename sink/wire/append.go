package wire

import (
	"math"
	"strconv"
	"time"
	"unicode/utf8"
)

// timeLayout has a fixed width, so that times sort as strings.
const timeLayout = "2006-01-02T15:04:05.000000Z07:00"

// AppendJSON appends the message as one line of JSON without the line's end. It
// allocates nothing when dst has room, and the same Frame gives the same bytes:
// keys in the order of the struct, optional ones left out when empty, objects
// always present but beside error. Scores and boxes have at most four decimals,
// age_ms one; they are never written with an exponent, and what is not a number
// is written as 0. Invalid UTF-8 becomes U+FFFD.
func (f *Frame) AppendJSON(dst []byte) []byte {
	dst = append(dst, `{"schema":"`+SchemaFrame+`"`...)
	dst = appendOptional(dst, `,"site":`, f.Site)
	dst = append(dst, `,"camera":`...)
	dst = appendString(dst, f.Camera)
	dst = append(dst, `,"run":`...)
	dst = appendString(dst, f.Run)
	dst = append(dst, `,"seq":`...)
	dst = strconv.AppendUint(dst, f.Seq, 10)
	dst = appendOptional(dst, `,"file":`, f.File)
	dst = f.appendWhen(dst)
	dst = append(dst, `,"model":`...)
	dst = appendString(dst, f.Model)
	dst = append(dst, `,"plan":`...)
	dst = appendString(dst, f.Plan)
	dst = f.appendTrip(dst)
	if f.Error == "" {
		dst = appendObjects(dst, f.Objects)
	}
	return append(dst, '}')
}

func (f *Frame) appendWhen(dst []byte) []byte {
	// A year of five digits is no RFC 3339; a broken camera clock can give one.
	if t := f.Capture.UTC(); !f.Capture.IsZero() && t.Year() >= 0 && t.Year() <= 9999 {
		dst = append(dst, `,"capture_ts":"`...)
		dst = t.AppendFormat(dst, timeLayout)
		dst = append(dst, '"')
	}
	dst = append(dst, `,"clock":`...)
	dst = appendString(dst, f.Clock)
	dst = append(dst, `,"pts_ns":`...)
	dst = strconv.AppendInt(dst, f.PTS, 10)
	dst = append(dst, `,"size":[`...)
	dst = strconv.AppendInt(dst, int64(f.Size[0]), 10)
	dst = append(dst, ',')
	dst = strconv.AppendInt(dst, int64(f.Size[1]), 10)
	return append(dst, ']')
}

func (f *Frame) appendTrip(dst []byte) []byte {
	if s := f.Skipped; s != nil && s.N > 0 {
		dst = append(dst, `,"skipped":{"n":`...)
		dst = strconv.AppendUint(dst, s.N, 10)
		dst = append(dst, `,"why":`...)
		dst = appendString(dst, s.Why)
		dst = append(dst, '}')
	}
	if age := fixed(f.Age, 10); age != 0 {
		dst = append(dst, `,"age_ms":`...)
		dst = appendFixed(dst, age, 1)
	}
	for i, s := range f.Stages {
		if i == 0 {
			dst = append(dst, `,"stages_us":{`...)
		} else {
			dst = append(dst, ',')
		}
		dst = appendString(dst, s.Name)
		dst = append(dst, ':')
		dst = strconv.AppendInt(dst, int64(s.Time/time.Microsecond), 10)
	}
	if len(f.Stages) > 0 {
		dst = append(dst, '}')
	}
	return appendOptional(dst, `,"error":`, f.Error)
}

func appendObjects(dst []byte, objects []Object) []byte {
	dst = append(dst, `,"objects":[`...)
	for i := range objects {
		o := &objects[i]
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, `{"label":`...)
		dst = appendString(dst, o.Label)
		dst = append(dst, `,"class":`...)
		dst = strconv.AppendInt(dst, int64(o.Class), 10)
		dst = append(dst, `,"score":`...)
		dst = appendFixed(dst, fourDecimals(o.Score), 4)
		for j, x := range o.Box {
			if j == 0 {
				dst = append(dst, `,"box":[`...)
			} else {
				dst = append(dst, ',')
			}
			dst = appendFixed(dst, fourDecimals(x), 4)
		}
		dst = append(dst, `]}`...)
	}
	return append(dst, ']')
}

// fixed is x times scale as an integer, rounded half away from zero. NaN is 0,
// and what is out of range is cut to it.
func fixed(x, scale float64) int64 {
	const limit = 1e15 // exact in a float64
	x = math.Round(x * scale)
	if math.IsNaN(x) {
		return 0
	}
	return int64(min(max(x, -limit), limit))
}

// fourDecimals is fixed of a float32. What is out of range is cut to a power of two, which comes back the same
// when it is read.
func fourDecimals(x float32) int64 {
	const far = 1 << 36
	return fixed(float64(min(max(x, -far), far)), 1e4)
}

// round4 rounds to four decimals, as fixed does.
func round4(x float64) float64 { return float64(fixed(x, 1e4)) / 1e4 }

// appendFixed appends n / 10^decimals without trailing zeros.
func appendFixed(dst []byte, n int64, decimals int) []byte {
	if n < 0 {
		dst, n = append(dst, '-'), -n
	}
	scale := int64(1)
	for range decimals {
		scale *= 10
	}
	dst = strconv.AppendInt(dst, n/scale, 10)
	n %= scale
	if n == 0 {
		return dst
	}
	dst = append(dst, '.')
	for n > 0 {
		scale /= 10
		dst = append(dst, byte('0'+n/scale))
		n %= scale
	}
	return dst
}

func appendOptional(dst []byte, key, value string) []byte {
	if value == "" {
		return dst
	}
	return appendString(append(dst, key...), value)
}

// appendString appends s as a JSON string. Besides what JSON demands it escapes
// U+2028 and U+2029, which some readers take for a line's end.
func appendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	start := 0 // of what is not yet appended
	for i := 0; i < len(s); {
		c, size := s[i], 1
		escape := ""
		if c >= utf8.RuneSelf {
			var r rune
			r, size = utf8.DecodeRuneInString(s[i:])
			escape = escapeRune(r, size)
		} else if c < ' ' || c == '"' || c == '\\' || c == 0x7f {
			dst = append(dst, s[start:i]...)
			dst = appendEscape(dst, c)
			start = i + 1
		}
		if escape != "" {
			dst = append(dst, s[start:i]...)
			dst = append(dst, escape...)
			start = i + size
		}
		i += size
	}
	dst = append(dst, s[start:]...)
	return append(dst, '"')
}

// escapeRune is what stands for a rune of size bytes, "" where it does itself.
func escapeRune(r rune, size int) string {
	switch {
	case r == utf8.RuneError && size == 1:
		return "\ufffd"
	case r == '\u2028':
		return `\u2028`
	case r == '\u2029':
		return `\u2029`
	}
	return ""
}

func appendEscape(dst []byte, c byte) []byte {
	const hex = "0123456789abcdef"
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\n':
		return append(dst, '\\', 'n')
	case '\r':
		return append(dst, '\\', 'r')
	case '\t':
		return append(dst, '\\', 't')
	}
	return append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
}
