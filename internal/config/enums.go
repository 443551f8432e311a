package config

import "braid/internal/strict"

// Policy says what a camera's gate does with a frame when the graph is busy.
type Policy string

// The policies.
const (
	Block      Policy = "block"
	DropOldest Policy = "drop-oldest"
	DropNewest Policy = "drop-newest"
	EveryN     Policy = "every-n"
)

// Values are all policies.
func (Policy) Values() []string { return []string{"block", "drop-oldest", "drop-newest", "every-n"} }

// UnmarshalText refuses anything else.
func (p *Policy) UnmarshalText(text []byte) error {
	*p = Policy(text)
	return strict.OneOf(text, p.Values())
}

// Transport is what RTSP sends its packets over.
type Transport string

// The transports.
const (
	TCP Transport = "tcp"
	UDP Transport = "udp"
)

// Values are both transports.
func (Transport) Values() []string { return []string{"tcp", "udp"} }

// UnmarshalText refuses anything else.
func (t *Transport) UnmarshalText(text []byte) error {
	*t = Transport(text)
	return strict.OneOf(text, t.Values())
}

// Decoder is what may decode a camera's video.
type Decoder string

// The decoders.
const (
	DecoderAuto     Decoder = "auto"
	DecoderSoftware Decoder = "software"
)

// Values are both decoders.
func (Decoder) Values() []string { return []string{"auto", "software"} }

// UnmarshalText refuses anything else.
func (d *Decoder) UnmarshalText(text []byte) error {
	*d = Decoder(text)
	return strict.OneOf(text, d.Values())
}

// Clock is where capture times come from.
type Clock string

// The clocks.
const (
	ClockAuto Clock = "auto"
	ClockRTCP Clock = "rtcp"
	ClockWall Clock = "wall"
	ClockPTS  Clock = "pts"
)

// Values are all clocks.
func (Clock) Values() []string { return []string{"auto", "rtcp", "wall", "pts"} }

// UnmarshalText refuses anything else.
func (c *Clock) UnmarshalText(text []byte) error {
	*c = Clock(text)
	return strict.OneOf(text, c.Values())
}

// Level is the least that is logged.
type Level string

// The levels.
const (
	Debug Level = "debug"
	Info  Level = "info"
	Warn  Level = "warn"
	Error Level = "error"
)

// Values are all levels.
func (Level) Values() []string { return []string{"debug", "info", "warn", "error"} }

// UnmarshalText refuses anything else.
func (l *Level) UnmarshalText(text []byte) error {
	*l = Level(text)
	return strict.OneOf(text, l.Values())
}

// Format is how log lines are written.
type Format string

// The formats.
const (
	Text Format = "text"
	JSON Format = "json"
)

// Values are both formats.
func (Format) Values() []string { return []string{"text", "json"} }

// UnmarshalText refuses anything else.
func (f *Format) UnmarshalText(text []byte) error {
	*f = Format(text)
	return strict.OneOf(text, f.Values())
}
