package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"time"
)

// ErrSchema is wrapped where a message is of another schema than the one asked
// for.
var ErrSchema = errors.New("wrong schema")

// ParseFrame reads a message of the schema braid.v1.Frame. Keys that it does
// not know are ignored: later versions add some. Stages keep the order in which
// they were written.
func ParseFrame(data []byte) (Frame, error) {
	type plain Frame
	var m struct {
		plain
		Stages stages `json:"stages_us"`
	}
	if err := parse(data, &m, &m.Schema, SchemaFrame); err != nil {
		return Frame{}, err
	}
	f := Frame(m.plain)
	f.Stages = m.Stages
	return f, nil
}

// ParseCamera reads a message of the schema braid.v1.Camera.
func ParseCamera(data []byte) (Camera, error) {
	type plain Camera
	var m plain
	if err := parse(data, &m, &m.Schema, SchemaCamera); err != nil {
		return Camera{}, err
	}
	return Camera(m), nil
}

// ParseStats reads a message of the schema braid.v1.Stats.
func ParseStats(data []byte) (Stats, error) {
	type plain Stats
	var m plain
	if err := parse(data, &m, &m.Schema, SchemaStats); err != nil {
		return Stats{}, err
	}
	return Stats(m), nil
}

func parse(data []byte, into any, schema *string, want string) error {
	if err := json.Unmarshal(data, into); err != nil {
		return fmt.Errorf("parsing a %s message: %w", want, err)
	}
	if *schema != want {
		return fmt.Errorf("parsing a %s message: %w: %.60q", want, ErrSchema, *schema)
	}
	return nil
}

// MarshalJSON writes what AppendJSON writes, for encoding/json.
func (f Frame) MarshalJSON() ([]byte, error) { return f.AppendJSON(nil), nil }

// UnmarshalJSON reads what ParseFrame reads, for encoding/json.
func (f *Frame) UnmarshalJSON(data []byte) error {
	g, err := ParseFrame(data)
	if err == nil {
		*f = g
	}
	return err
}

// stages is the object stages_us: names and microseconds, in order.
type stages []Stage

// UnmarshalJSON implements json.Unmarshaler.
func (s *stages) UnmarshalJSON(data []byte) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	open, err := d.Token()
	if err != nil || open == nil { // null
		return err
	}
	if open != json.Delim('{') {
		return errors.New("stages_us is not an object")
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return err
		}
		name, ok := key.(string)
		if !ok {
			return errors.New("a key of stages_us is not a string")
		}
		var us int64
		if err := d.Decode(&us); err != nil {
			return fmt.Errorf("reading stages_us: %w", err)
		}
		if us > math.MaxInt64/1000 || us < math.MinInt64/1000 {
			return fmt.Errorf("reading stages_us: %d microseconds are out of range", us)
		}
		*s = append(*s, Stage{Name: name, Time: time.Duration(us) * time.Microsecond})
	}
	return nil
}
