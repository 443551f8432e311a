// Package plan is the plan file: which segments a model is cut into, on which
// devices each runs, with how many streams, and how many frames are inside the
// graph at once. It holds pure functions; it knows no network, so whether a cut
// point exists is for its caller to check.
package plan

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"braid/accel"
)

// Version is the version of the plan file that this package reads and writes.
const Version = 1

// MaxStreams is the most streams that a segment may have on a device.
const MaxStreams = 64

// ErrOtherModel is wrapped where a plan was made for another model.
var ErrOtherModel = errors.New("plan of another model")

// Plan is a plan file. Parse has filled in the defaults; of a Plan made
// otherwise, Default is the start.
type Plan struct {
	Version   int        `yaml:"version" rule:"required" doc:"1"`
	Model     string     `yaml:"model,omitempty" doc:"the model it was made for, as name@sha256:hash (8 digits or more) or name alone; with another model braid stops. Empty: any"`
	Machine   string     `yaml:"machine,omitempty" doc:"key of the machine it was made for; on another one braid warns"`
	Serial    bool       `yaml:"serial,omitempty" doc:"the baseline: one frame at a time on one goroutine. Needs one segment on one device and no second worker, stream or frame"`
	Precision Precision  `yaml:"precision" doc:"of the segments that do not say their own"`
	Batch     int        `yaml:"batch" rule:"min=1" doc:"frames of one inference; more than 1 is reserved for a later version"`
	Prep      Pool       `yaml:"prep,flow"`
	Segments  []Segment  `yaml:"segments" rule:"required" doc:"the network in order"`
	Detect    Pool       `yaml:"detect,flow"`
	InFlight  int        `yaml:"in_flight" rule:"min=1,max=4096,zero" doc:"frames inside the graph at once. Default: workers of prep and detect, streams of all segments, what streams beside a spare device take ahead, and 1 that waits for its turn to be sent"`
	Sync      Sync       `yaml:"sync,omitempty" doc:"how a thread waits for a device. Spinning answers sooner and costs a core"`
	Launch    Launch     `yaml:"launch,omitempty" doc:"how a GPU gets a segment: as one captured graph, or kernel by kernel"`
	Predicted *Predicted `yaml:"predicted,omitempty,flow"`
}

// Segment is a sub-network and where it runs.
type Segment struct {
	Until     string      `yaml:"until,omitempty" doc:"the cut point at its end, named by tensor; the last segment has none"`
	Devices   []Placement `yaml:"devices" rule:"required" doc:"where it runs: cpu, gpu:N, dla:N, npu:N, sim:NAME, with a runtime where several serve it: cpu/ort. Of several whichever is free takes the next frame"`
	Streams   int         `yaml:"streams,omitempty" rule:"min=1,max=64" doc:"on each device that does not say its own"`
	Precision Precision   `yaml:"precision,omitempty" doc:"default: the plan's"`
	Fallback  Fallback    `yaml:"fallback,omitempty" doc:"whether layers that the device cannot run may run on another"`
}

// Placement is one device of a Segment. In the file it is the device's name, or
// keys.
type Placement struct {
	ID      accel.DeviceID `yaml:"id" rule:"required" doc:"the device"`
	Streams int            `yaml:"streams,omitempty" rule:"min=1,max=64,zero" doc:"default: the segment's"`
	Threads int            `yaml:"threads,omitempty" rule:"min=0,max=1024" doc:"CPU threads of each stream. Default: 1 where several streams of the plan share the CPU, else one for each of its cores, else the runtime's choice"`
	Depth   int            `yaml:"depth,omitempty" rule:"min=1,max=64,zero" doc:"how many frames each stream gives the device at once; the CPU has one. Default: 2 where the segment runs on several devices, so that a device has its next frame when it is done with one, else any number. With 1 a slow device beside faster ones takes a frame when it has none, which comes out the sooner"`
	Spare   bool           `yaml:"spare,omitempty" doc:"takes a frame only where no device of the segment that is not spare has room for it"`
	Cores   []int          `yaml:"cores,omitempty" rule:"min=0,max=4095" doc:"only for a cpu: the cores that its streams and their threads stay on, counted from 0. Default: any"`
}

// Pool is the workers of prep or detect.
type Pool struct {
	Workers int            `yaml:"workers" rule:"min=1,max=64" doc:"workers in parallel"`
	Device  accel.DeviceID `yaml:"device" doc:"only cpu in this version"`
}

// Predicted is what the planner expects of the plan.
type Predicted struct {
	FPS        float64 `yaml:"fps" rule:"min=0" doc:"frames a second"`
	LatencyMS  float64 `yaml:"latency_ms" rule:"min=0" doc:"milliseconds from prep to detect"`
	Bottleneck string  `yaml:"bottleneck,omitempty" doc:"what limits the rate: a device, prep or detect"`
	// StagesMS is by the name of the node: prep, infer.0 …, detect.
	StagesMS map[string]float64 `yaml:"stages_ms,omitempty" rule:"above=0" doc:"milliseconds that a frame takes in each stage while the plan runs: prep, infer.0 and so on, detect. Where a stage on the CPU takes over 25 % more, braid warns"`
}

// Default is a Plan without segments, with the defaults of the file.
func Default() Plan {
	pool := Pool{Workers: 1, Device: "cpu"}
	return Plan{Version: Version, Precision: FP32, Batch: 1, Prep: pool, Detect: pool, Sync: SyncSleep, Launch: LaunchGraph}
}

// Serial is the baseline that everything is measured against: one frame at a
// time, the whole network on the CPU with the runtime's default threads.
func Serial(model string) Plan {
	p := Default()
	p.Model, p.Serial, p.InFlight = model, true, 1
	p.Segments = []Segment{segment("cpu", 1)}
	return p
}

// Auto is frame-level data parallelism on a CPU: a stream of one thread for each
// core, since a detector's operators scale worse over cores than frames do. From
// four cores on, one worker of prep cannot keep them busy.
func Auto(model string, cores int) Plan {
	p := Default()
	p.Model = model
	p.Segments = []Segment{segment("cpu", min(max(1, cores), MaxStreams))}
	p.Segments[0].Devices[0].Threads = 1
	if cores >= 4 {
		p.Prep.Workers = 2
	}
	p.InFlight = p.workers()
	return p
}

func segment(d accel.DeviceID, streams int) Segment {
	return Segment{Devices: []Placement{{ID: d}}, Streams: streams, Fallback: Allow}
}

// workers are all that can hold a frame at once.
func (p Plan) workers() int {
	n := p.Prep.Workers + p.Detect.Workers
	for i := range p.Segments {
		n += len(p.Replicas(i))
	}
	return n
}

// UsualInFlight is the in_flight of a plan that does not say its own: a frame for
// each worker of prep and detect and each stream, and one that waits for its turn to
// be sent. Where a device is spare, the others have as many as they take first.
func (p Plan) UsualInFlight() int {
	n := p.workers() + 1
	for i := range p.Segments {
		replicas := p.Replicas(i)
		if !slices.ContainsFunc(replicas, func(r Replica) bool { return r.Spare }) {
			continue
		}
		for _, r := range replicas {
			if !r.Spare {
				n += max(0, r.Depth-1)
			}
		}
	}
	return n
}

// ModelRef is how a plan names a model.
func ModelRef(m accel.Model) string {
	if m.SHA256 == "" {
		return m.Name
	}
	return m.Name + "@sha256:" + m.SHA256
}

// For says whether the plan is for a model, given as ModelRef writes it. Hashes
// decide; names do where one of the two has no hash.
func (p Plan) For(model string) error {
	if p.Model == "" || model == "" {
		return nil
	}
	name, hash, _ := strings.Cut(p.Model, "@sha256:")
	otherName, otherHash, _ := strings.Cut(model, "@sha256:")
	same := name == otherName
	if hash != "" && otherHash != "" {
		same = strings.HasPrefix(hash, otherHash) || strings.HasPrefix(otherHash, hash)
	}
	if same {
		return nil
	}
	return fmt.Errorf("%w: made for %s, not for %s", ErrOtherModel, p.Model, model)
}

// Cuts are the cut points between the segments, in order.
func (p Plan) Cuts() []string {
	var at []string
	for _, s := range p.Segments[:max(0, len(p.Segments)-1)] {
		at = append(at, s.Until)
	}
	return at
}

// PrecisionOf is the precision of segment i, as accel.BuildOptions has it.
func (p Plan) PrecisionOf(i int) string {
	if s := p.Segments[i].Precision; s != "" {
		return string(s)
	}
	return string(p.Precision)
}

// Replica is one worker of a segment: an Exec on a device.
type Replica struct {
	Device  accel.DeviceID
	Threads int   // CPU threads; 0: the runtime's choice
	Depth   int   `json:",omitempty"` // frames that the device is given at once; 0: any number
	Spare   bool  `json:",omitempty"` // takes a frame only where no other has room for it
	Cores   []int `json:",omitempty"` // CPU cores to stay on, ascending; nil: any
}

// Replicas are the workers of segment i, device after device.
func (p Plan) Replicas(i int) []Replica {
	var out []Replica
	shared := p.cpuStreams() > 1
	s := p.Segments[i]
	for _, d := range s.Devices {
		r := Replica{Device: d.ID, Threads: d.Threads, Depth: d.Depth, Spare: d.Spare, Cores: slices.Sorted(slices.Values(d.Cores))}
		if r.Depth == 0 {
			r.Depth = p.usualDepth(i, d.ID)
		}
		if r.Threads == 0 && d.ID.Kind() == "cpu" {
			r.Threads = len(d.Cores)
			if shared {
				r.Threads = 1
			}
		}
		for range s.streams(d) {
			out = append(out, r)
		}
	}
	return out
}

// usualDepth is the depth of segment i's replicas that do not say their own: two where they are on
// several devices, so that each takes as many frames as it has done and its device has its next one.
// Without a limit they would take turns, however long each has to do. A stream on the CPU has one at a time in any case.
func (p Plan) usualDepth(i int, d accel.DeviceID) int {
	if len(p.Segments[i].Devices) > 1 && d.Kind() != "cpu" {
		return 2
	}
	return 0
}

// Alike is the plan whose devices all take frames in the same way: none is spare or says its own depth.
func (p Plan) Alike() Plan {
	p.Segments = slices.Clone(p.Segments)
	for i := range p.Segments {
		s := &p.Segments[i]
		s.Devices = slices.Clone(s.Devices)
		for d := range s.Devices {
			s.Devices[d].Depth, s.Devices[d].Spare = 0, false
		}
	}
	return p
}

// AlikeIfShort is the plan, or where it has not the frames in flight that its spare devices need to have any
// Alike.
func (p Plan) AlikeIfShort() Plan {
	if p.InFlight < p.UsualInFlight() {
		return p.Alike()
	}
	return p
}

// On is whether there is a segment i, and it has replicas on a device; see accel.DeviceID.Same.
func (p Plan) On(i int, d accel.DeviceID) bool {
	return i >= 0 && i < len(p.Segments) && slices.ContainsFunc(p.Segments[i].Devices, func(o Placement) bool { return o.ID.Same(d) })
}

// SegmentsOn is how many segments have replicas on a device.
func (p Plan) SegmentsOn(d accel.DeviceID) (n int) {
	for i := range p.Segments {
		if p.On(i, d) {
			n++
		}
	}
	return n
}

// Rank is which of the segments on a device it works for first, those of a higher rank: those that it has for itself, then
// of those that it shares with other devices the later ones. Frames wait in front of the latter then, where the others
// see that they do. 0 is the last, and all where it shares none.
func (p Plan) Rank(i int, d accel.DeviceID) (n int) {
	own := !p.shares(i, d)
	for j := range p.Segments {
		if (own || j < i) && p.shares(j, d) {
			n++
		}
	}
	return n
}

// shares is whether segment i is on a device and on another processor too.
func (p Plan) shares(i int, d accel.DeviceID) bool {
	return p.On(i, d) && slices.ContainsFunc(p.Segments[i].Devices, func(o Placement) bool { return o.ID.Processor() != d.Processor() })
}

// Uses says whether a segment has a replica on the device.
func (p Plan) Uses(d accel.DeviceID) bool {
	for i := range p.Segments {
		if slices.ContainsFunc(p.Replicas(i), func(r Replica) bool { return r.Device.Same(d) }) {
			return true
		}
	}
	return false
}

func (s Segment) streams(d Placement) int {
	if d.Streams > 0 {
		return d.Streams
	}
	return max(1, s.Streams)
}

func (p Plan) cpuStreams() (n int) {
	for _, s := range p.Segments {
		for _, d := range s.Devices {
			if d.ID.Kind() == "cpu" {
				n += s.streams(d)
			}
		}
	}
	return n
}

// special are sync and launch where they are not the default, else "".
func (p Plan) special() (s Sync, l Launch) {
	if p.Sync != SyncSleep {
		s = p.Sync
	}
	if p.Launch != LaunchGraph {
		l = p.Launch
	}
	return s, l
}

// canonical is what of a plan tells it from others: all that decides how it
// runs, with defaults filled in, in fixed order.
type canonical struct {
	Version  int                `json:"version"`
	Model    string             `json:"model"`
	Serial   bool               `json:"serial"`
	Batch    int                `json:"batch"`
	Prep     Pool               `json:"prep"`
	Segments []canonicalSegment `json:"segments"`
	Detect   Pool               `json:"detect"`
	InFlight int                `json:"in_flight"`
	Sync     Sync               `json:"sync,omitempty"`
	Launch   Launch             `json:"launch,omitempty"`
}

type canonicalSegment struct {
	Until     string    `json:"until"`
	Replicas  []Replica `json:"replicas"`
	Precision string    `json:"precision"`
	Fallback  Fallback  `json:"fallback"`
}

// ID is "p-" and the first 8 hex digits of the SHA-256 of the plan's canonical
// form: compact JSON of version, model, serial, batch, prep, segments (until,
// replicas, precision, fallback), detect, in_flight, and sync and launch where they
// are not the default, with the other defaults filled in. A replica has its cores
// where the plan gives some, its depth where that is not the usual, and that it is spare. Machine and prediction are left out, so that two
// spellings of one plan, and the same plan on two machines, have one id.
func (p Plan) ID() string {
	c := canonical{p.Version, p.Model, p.Serial, p.Batch, p.Prep, nil, p.Detect, p.InFlight, "", ""}
	c.Sync, c.Launch = p.special()
	for i, s := range p.Segments {
		if s.Fallback == "" {
			s.Fallback = Allow
		}
		replicas := p.Replicas(i)
		for n := range replicas {
			if replicas[n].Depth == p.usualDepth(i, replicas[n].Device) {
				replicas[n].Depth = 0 // said or not
			}
		}
		c.Segments = append(c.Segments, canonicalSegment{s.Until, replicas, p.PrecisionOf(i), s.Fallback})
	}
	data, _ := json.Marshal(c) // strings and numbers: cannot fail
	sum := sha256.Sum256(data)
	return "p-" + hex.EncodeToString(sum[:4])
}
