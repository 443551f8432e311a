package plan

import (
	"bytes"

	"go.yaml.in/yaml/v3"

	"braid/accel"
	"braid/internal/strict"
)

// Precision is the number format that a segment computes in.
type Precision string

// The precisions of a plan.
const (
	FP32 Precision = "fp32"
	FP16 Precision = "fp16"
	BF16 Precision = "bf16" // of CPUs that have it, and of some NPUs
	INT8 Precision = "int8"
)

// Values are all precisions.
func (Precision) Values() []string { return []string{"fp32", "fp16", "bf16", "int8"} }

// UnmarshalText refuses anything else.
func (p *Precision) UnmarshalText(text []byte) error {
	*p = Precision(text)
	return strict.OneOf(text, p.Values())
}

// Fallback says what becomes of layers that a segment's device cannot run.
type Fallback string

// Allow lets them run on another device, Forbid makes them an error.
const (
	Allow  Fallback = "allow"
	Forbid Fallback = "forbid"
)

// Values are both choices.
func (Fallback) Values() []string { return []string{"allow", "forbid"} }

// UnmarshalText refuses anything else.
func (f *Fallback) UnmarshalText(text []byte) error {
	*f = Fallback(text)
	return strict.OneOf(text, f.Values())
}

// Sync says how a thread waits for a device.
type Sync string

// SyncSleep sleeps until the device interrupts, SyncSpin asks again and again.
const (
	SyncSleep Sync = "sleep"
	SyncSpin  Sync = "spin"
)

// Values are both choices.
func (Sync) Values() []string { return []string{"sleep", "spin"} }

// UnmarshalText refuses anything else.
func (s *Sync) UnmarshalText(text []byte) error {
	*s = Sync(text)
	return strict.OneOf(text, s.Values())
}

// Launch says how a GPU gets the work of a segment.
type Launch string

// LaunchGraph launches a segment as one graph that was captured at start,
// LaunchEager kernel by kernel.
const (
	LaunchGraph Launch = "graph"
	LaunchEager Launch = "eager"
)

// Values are both choices.
func (Launch) Values() []string { return []string{"graph", "eager"} }

// UnmarshalText refuses anything else.
func (l *Launch) UnmarshalText(text []byte) error {
	*l = Launch(text)
	return strict.OneOf(text, l.Values())
}

// SetDefaults is one stream, fallback allowed.
func (s *Segment) SetDefaults() { s.Streams, s.Fallback = 1, Allow }

// UnmarshalText reads a placement that is only the name of a device.
func (p *Placement) UnmarshalText(text []byte) error {
	*p = Placement{ID: accel.DeviceID(text)}
	return nil
}

// MarshalYAML writes a placement that is only a device as its name.
func (p Placement) MarshalYAML() (any, error) {
	if p.Streams == 0 && p.Threads == 0 && p.Depth == 0 && !p.Spare && len(p.Cores) == 0 {
		return string(p.ID), nil
	}
	type keys Placement
	return keys(p), nil
}

// MarshalYAML writes a segment on one line, without what is default.
func (s Segment) MarshalYAML() (any, error) {
	if s.Streams == 1 {
		s.Streams = 0
	}
	if s.Fallback == Allow {
		s.Fallback = ""
	}
	type keys Segment
	var n yaml.Node
	err := n.Encode(keys(s))
	n.Style = yaml.FlowStyle
	return &n, err
}

// Parse reads a plan file and fills in its defaults. file is its name, for
// messages. The error is a strict.Errors with everything that is wrong.
func Parse(data []byte, file string) (Plan, error) {
	p := Default()
	p.Version = 0 // a file says its version
	lines, errs := strict.Decoder{File: file}.Decode(data, &p)
	switch {
	case p.InFlight != 0:
	case p.Serial:
		p.InFlight = 1
	default:
		p.InFlight = p.UsualInFlight()
	}
	if err := strict.Merge(file, lines, errs, p.problems()).Err(); err != nil {
		return Plan{}, err
	}
	return p, nil
}

// Marshal writes the plan as a file that Parse reads back the same.
func (p Plan) Marshal() ([]byte, error) {
	p.Sync, p.Launch = p.special()
	var b bytes.Buffer
	enc := yaml.NewEncoder(&b)
	enc.SetIndent(2)
	if err := enc.Encode(p); err != nil {
		return nil, err
	}
	return b.Bytes(), enc.Close()
}
