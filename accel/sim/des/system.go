package des

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"time"
)

// System is what is simulated.
type System struct {
	Devices  []Device
	Nodes    []Node // in series: prep, segments, detect
	Source   Source
	InFlight int           // braid's protocol: frames from admission to emit; 0 with Slots
	Slots    int           // JEDI's protocol: frames on each edge; 0 with InFlight
	Poll     time.Duration // JEDI's protocol: how often a segment looks; prep and detect see at once
}

// Device is a processor.
type Device struct {
	Name     string
	Servers  int       // frames served at once, the others in order of arrival; 0: it is shared
	Capacity float64   // what frames at work can have of it together, in the unit of Replica.Share
	Gain     []float64 // rate of 1, 2, … frames at work over that of one; nil: 1, 2, …
	Kinds    []Kind    // of work that is not as Gain says; see Replica.Kind
	Slow     []float64 // by the index of another device: factor of time while that works; nil or 0: 1
}

// Kind is work that others at work slow down more or less than the device's Gain says, or that goes before theirs.
type Kind struct {
	Gain []float64 // of 1, 2, … frames, if all at work were of the kind; nil: the device's
	// Rank is which work goes first, on a device where each frame can use a share of 1: that of the highest rank is as fast
	// as if there were no other, the others have what it leaves, those of the next rank first. Kind 0 has rank 0.
	Rank int
}

// Node is a stage with its streams.
type Node struct {
	Name     string
	Replicas []Replica
	Handover time.Duration // behind a frame's end: until the next node has it and the stream is free
}

// Replica is a number of streams on one device.
type Replica struct {
	Device  int // index of System.Devices
	Streams int
	Service Dist          // of a frame that is alone on the device
	Share   float64       // of the device's capacity that a frame can use
	Kind    int           // of work: 0 has the device's Gain and rank 0, 1 is the first of its Kinds, and so on
	Copies  time.Duration // of a frame: its stream waits for them; its device does not, unless frames are given ahead to a queue
	// Ahead: a stream is given its next frame, and the next node gets it too, before
	// the frame has come, as on devices that chain by events. Such streams take
	// frames in turn, however many they have. Else a stream has one frame until
	// that is done, and whichever is free takes the next.
	Ahead bool
	// Most is how many frames a stream that is given some ahead has at once, done ones
	// not among them; 0: any number. With a limit whichever has room takes the next.
	Most int
	// Waits: a stream that is given some ahead takes no other while one has not come, and the next
	// node gets none before: the host starts each when it has come, on a device that several nodes
	// share and that serves in order of arrival.
	Waits bool
	// Spare: its streams are given a frame only where no stream of the others can be. One that
	// had none takes one that has waited for Patience.
	Spare    bool
	Patience time.Duration
}

// Policy says what a camera does with frames that nobody takes.
type Policy int

// Block holds the camera up: frames come late and none is lost. DropOldest
// drops the frame that has waited longest.
const (
	Block Policy = iota
	DropOldest
)

// Source is where frames come from.
type Source struct {
	Cameras int     // at least 1; all alike
	FPS     float64 // of each camera; 0: as fast as frames are taken
	Policy  Policy
	Queue   int // decoded frames that wait at each camera's gate; at least 1
	Decode  Dist
	Device  int     // where frames are decoded, one at a time for each camera
	Share   float64 // that decoding uses
}

// Validate says what is wrong with s.
func (s System) Validate() error {
	switch {
	case len(s.Devices) == 0 || len(s.Nodes) == 0:
		return fmt.Errorf("%d devices and %d nodes: at least one of each is needed", len(s.Devices), len(s.Nodes))
	case (s.InFlight > 0) == (s.Slots > 0) || s.InFlight < 0 || s.Slots < 0:
		return fmt.Errorf("in_flight %d and slots %d: one of them must be positive, the other 0", s.InFlight, s.Slots)
	case s.Poll < 0 || s.Poll > 0 && s.Slots == 0:
		return fmt.Errorf("poll %v is for slots only", s.Poll)
	}
	for _, d := range s.Devices {
		if err := d.validate(len(s.Devices)); err != nil {
			return fmt.Errorf("device %s: %w", d.Name, err)
		}
	}
	for _, n := range s.Nodes {
		if err := s.validateNode(n); err != nil {
			return fmt.Errorf("node %s: %w", n.Name, err)
		}
	}
	return s.validateSource()
}

func (d Device) validate(devices int) error {
	if d.Servers < 0 || !positive(d.Capacity) {
		return fmt.Errorf("servers %d and capacity %g: capacity must be positive", d.Servers, d.Capacity)
	}
	for _, k := range append([]Kind{{Gain: d.Gain}}, d.Kinds...) {
		if k.Rank < 0 {
			return fmt.Errorf("rank %d must not be negative", k.Rank)
		}
		for _, g := range k.Gain {
			if !positive(g) {
				return fmt.Errorf("gain %g must be positive", g)
			}
		}
	}
	if len(d.Slow) > devices {
		return fmt.Errorf("%d slowdowns for %d devices", len(d.Slow), devices)
	}
	for _, f := range d.Slow {
		if f != 0 && !(f >= 1) {
			return fmt.Errorf("slowdown %g must be at least 1", f)
		}
	}
	return nil
}

// isRanked is whether some work goes before other.
func (d Device) isRanked() bool {
	return slices.ContainsFunc(d.Kinds, func(k Kind) bool { return k.Rank > 0 })
}

func (s System) validateNode(n Node) error {
	if len(n.Replicas) == 0 || n.Handover < 0 {
		return fmt.Errorf("%d replicas, hand-over %v", len(n.Replicas), n.Handover)
	}
	for _, r := range n.Replicas {
		if r.Ahead && s.Slots > 0 {
			return errors.New("JEDI's protocol gives no frame ahead")
		}
		if r.Device < 0 || r.Device >= len(s.Devices) || r.Streams < 1 || !positive(r.Share) {
			return fmt.Errorf("device %d, %d streams, share %g: want a device, a stream and a positive share", r.Device, r.Streams, r.Share)
		}
		if r.Kind < 0 || r.Kind > len(s.Devices[r.Device].Kinds) || r.Kind > 0 && r.Share > 1 {
			return fmt.Errorf("kind %d of work with a share of %g: the device has %d, of a share of at most 1", r.Kind, r.Share, len(s.Devices[r.Device].Kinds))
		}
		if r.Share != 1 && s.Devices[r.Device].isRanked() {
			return fmt.Errorf("share %g: a device whose work has ranks takes shares of 1", r.Share)
		}
		if err := r.Service.validate(); err != nil {
			return err
		}
	}
	return nil
}

func (s System) validateSource() error {
	o := s.Source
	if o.Cameras < 1 || o.Queue < 1 || !(o.FPS >= 0) || o.FPS > 1e9 || o.Device < 0 || o.Device >= len(s.Devices) {
		return fmt.Errorf("source: %d cameras of %g frames/s, queue %d, decoded on device %d", o.Cameras, o.FPS, o.Queue, o.Device)
	}
	if o.FPS == 0 && o.Policy != Block {
		return errors.New("source: an endless camera drops nothing: give it frames/s, or the policy that blocks")
	}
	if o.Decode.max() > 0 && !positive(o.Share) {
		return fmt.Errorf("source: decoding uses a share of %g", o.Share)
	}
	if err := o.Decode.validate(); err != nil {
		return fmt.Errorf("source: decoding: %w", err)
	}
	return nil
}

func positive(x float64) bool { return x > 0 && !math.IsInf(x, 0) }
