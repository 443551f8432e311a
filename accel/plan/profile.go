package plan

import (
	"bytes"
	"fmt"
	"slices"

	"go.yaml.in/yaml/v3"

	"braid/accel"
	"braid/internal/strict"
)

// Profile is what was measured of one model on one machine: the planner's input.
// All times are milliseconds of one frame.
type Profile struct {
	Version   int              `yaml:"version" rule:"required" doc:"1"`
	Model     string           `yaml:"model,omitempty" doc:"the model that was measured, as in a plan"`
	Machine   string           `yaml:"machine,omitempty" doc:"key of the machine that it was measured on"`
	Cores     int              `yaml:"cores" rule:"min=1,max=4096" doc:"CPU cores that decode, prep, detect and segments on the CPU share"`
	Units     []Unit           `yaml:"units" rule:"required" doc:"the network in order, once for each device, number of threads and precision"`
	Transfers []Transfer       `yaml:"transfers,omitempty" doc:"tensors that change memories"`
	Streams   []Streams        `yaml:"streams,omitempty" doc:"the whole network by the number of streams on one device"`
	FIFO      []accel.DeviceID `yaml:"fifo,omitempty" doc:"devices that run one segment at a time, in order, whatever stream it comes from; each dla does"`
	Corun     []Corun          `yaml:"corun,omitempty" doc:"two devices at work at once"`
	CPU       CPUTimes         `yaml:"cpu_ms,flow" doc:"CPU time around the network"`
	Beside    []Beside         `yaml:"beside,omitempty" doc:"runtimes of the CPU that take another number of times as long with a plan at work than cpu_ms.beside"`
	HandOver  float64          `yaml:"handover_ms,omitempty" rule:"min=0" doc:"from the end of one segment to the start of the next, on the path of a frame"`
	Input     int64            `yaml:"input_bytes,omitempty" rule:"min=0" doc:"of what prep writes, which a device with a memory of its own copies in"`
	Accuracy  []Accuracy       `yaml:"accuracy,omitempty" doc:"what precisions lose; a planner leaves those out that lose more than it may"`
	Watts     []Watts          `yaml:"watts,omitempty" doc:"electrical power of the devices; the energy goal needs it"`
	Simulated []SimDevice      `yaml:"simulated,omitempty" doc:"devices of this profile that were declared and not measured"`
}

// Unit is the stretch of the network between two neighbouring cut points on one
// device.
type Unit struct {
	At         string         `yaml:"at,omitempty" doc:"the cut point at its end; the last unit of the network has none"`
	Device     accel.DeviceID `yaml:"device" rule:"required" doc:"where it ran"`
	Threads    int            `yaml:"threads,omitempty" rule:"min=0,max=1024" doc:"CPU threads; 0 on other devices"`
	Precision  Precision      `yaml:"precision,omitempty" doc:"default: fp32"`
	MS         float64        `yaml:"ms" rule:"min=0" doc:"time alone on the device, one stream"`
	CI         float64        `yaml:"ci_ms,omitempty" rule:"min=0" doc:"half of the 95 % interval of ms"`
	CutMS      float64        `yaml:"cut_ms,omitempty" doc:"what a cut behind this unit adds to the time of both sides together: fusion lost, one more launch"`
	FullMS     float64        `yaml:"full_ms,omitempty" rule:"min=0" doc:"of the device's time for a frame with so many streams that more make no more frames: what streams gain is not the same for all units; for all units of a series or none: ms over the gain of the whole network; not for CPUs"`
	FullCutMS  float64        `yaml:"full_cut_ms,omitempty" rule:"min=0" doc:"what a cut behind this unit adds to what both sides ask of the full device together, where both are on it; none: nothing; of use with full_ms only"`
	FullAwayMS float64        `yaml:"full_away_ms,omitempty" rule:"min=0" doc:"what one side of a cut behind this unit asks of the full device more where the other is on another device; none: nothing; of use with full_ms only"`
	Bytes      int64          `yaml:"bytes,omitempty" rule:"min=0" doc:"of the tensors that cross behind it"`
	Tensors    int            `yaml:"tensors,omitempty" rule:"min=0,max=4096" doc:"how many these are; none: one"`
	Why        string         `yaml:"why,omitempty" doc:"the reason why the device cannot run it, naming the layer; ms is then 0"`
}

// Transfer is a copy of tensors from one device's memory to another's. Between
// two sizes it is a straight line.
type Transfer struct {
	From  accel.DeviceID `yaml:"from" rule:"required" doc:"the memory that is read"`
	To    accel.DeviceID `yaml:"to" rule:"required" doc:"the memory that is written"`
	Bytes int64          `yaml:"bytes" rule:"min=0" doc:"size of the copy"`
	MS    float64        `yaml:"ms" rule:"min=0" doc:"time of the copy"`
}

// Streams is the whole network on one device with a number of streams.
type Streams struct {
	Device    accel.DeviceID `yaml:"device" rule:"required" doc:"where it ran"`
	N         int            `yaml:"n" rule:"min=1,max=64" doc:"streams, each with its own frame"`
	Threads   int            `yaml:"threads,omitempty" rule:"min=0,max=1024" doc:"CPU threads of each; 0 on other devices"`
	Precision Precision      `yaml:"precision,omitempty" doc:"default: fp32"`
	Rate      float64        `yaml:"rate" rule:"min=0" doc:"frames a second of all streams together"`
}

// Corun is by how much two devices slow each other down: 1.1 is a tenth more time
// for each unit.
type Corun struct {
	A         accel.DeviceID `yaml:"a" rule:"required" doc:"one device"`
	B         accel.DeviceID `yaml:"b" rule:"required" doc:"the other"`
	SlowdownA float64        `yaml:"slowdown_a" rule:"min=0" doc:"time on a with b at work, over time alone"`
	SlowdownB float64        `yaml:"slowdown_b" rule:"min=0" doc:"time on b with a at work, over time alone"`
}

// CPUTimes are milliseconds of one core for one frame.
type CPUTimes struct {
	Decode float64 `yaml:"decode" rule:"min=0" doc:"decoding"`
	Prep   float64 `yaml:"prep" rule:"min=0" doc:"resizing and normalising"`
	Detect float64 `yaml:"detect" rule:"min=0" doc:"decoding the heads and NMS"`
	// Publish is of all threads that a message passes, the server's in the process among them.
	Publish float64 `yaml:"publish,omitempty" rule:"min=0" doc:"the message on its way to a server inside the process that stores it"`
	Beside  float64 `yaml:"beside,omitempty" rule:"min=0,max=10" doc:"how many times as long all CPU work takes with a plan at work as each step took alone; default: 1"`
	Width   int     `yaml:"width,omitempty" rule:"min=0,max=65536" doc:"of the frames that decode was measured with: cameras of another size take time by their pixels"`
	Height  int     `yaml:"height,omitempty" rule:"min=0,max=65536" doc:"of these frames"`
}

// Beside is how much longer a network takes on a runtime of the CPU with a plan at work.
type Beside struct {
	Device accel.DeviceID `yaml:"device" rule:"required" doc:"the runtime"`
	Times  float64        `yaml:"times" rule:"min=0,max=10" doc:"time at work over the time alone"`
}

// All is the CPU time of a frame around the network, ms of one core.
func (c CPUTimes) All() float64 { return c.Decode + c.Prep + c.Detect + c.Publish }

// Accuracy is what a device's precision makes of the model's detections.
type Accuracy struct {
	Device    accel.DeviceID `yaml:"device" rule:"required" doc:"where the model ran"`
	Precision Precision      `yaml:"precision,omitempty" doc:"default: fp32"`
	Drop      float64        `yaml:"drop" rule:"min=-1,max=1" doc:"mAP lost against fp32 on the CPU, absolute; negative: gained"`
	Images    int            `yaml:"images,omitempty" rule:"min=0" doc:"pictures that it was measured with"`
}

// Watts is the electrical power that a device takes.
type Watts struct {
	Device accel.DeviceID `yaml:"device" rule:"required" doc:"the device; cpu is all cores together"`
	Busy   float64        `yaml:"busy" rule:"min=0" doc:"watts while it works without pause"`
	Idle   float64        `yaml:"idle,omitempty" rule:"min=0" doc:"watts while it waits, which are spent whether the plan uses it or not"`
}

// SimDevice is a device that was declared.
type SimDevice struct {
	ID     accel.DeviceID `yaml:"id" rule:"required" doc:"the device"`
	Source string         `yaml:"source,omitempty" doc:"where its figures come from"`
}

// ParseProfile reads a profile file. file is its name, for messages. The error is
// a strict.Errors with everything that is wrong.
func ParseProfile(data []byte, file string) (Profile, error) {
	var p Profile
	lines, errs := strict.Decoder{File: file}.Decode(data, &p)
	if err := strict.Merge(file, lines, errs, p.problems()).Err(); err != nil {
		return Profile{}, err
	}
	return p, nil
}

// IsFIFO is whether a device runs one segment at a time, in order.
func (p Profile) IsFIFO(d accel.DeviceID) bool {
	return d.Kind() == "dla" || slices.ContainsFunc(p.FIFO, d.Same)
}

// Marshal writes the profile as a file that ParseProfile reads back the same.
func (p Profile) Marshal() ([]byte, error) {
	var b bytes.Buffer
	enc := yaml.NewEncoder(&b)
	enc.SetIndent(2)
	if err := enc.Encode(p); err != nil {
		return nil, err
	}
	return b.Bytes(), enc.Close()
}

// Series tells the runs of Units apart that each cover the whole network.
type Series struct {
	Device    accel.DeviceID
	Threads   int
	Precision Precision
}

// Series is what the unit was measured as, with the default precision filled in.
func (u Unit) Series() Series {
	if u.Precision == "" {
		u.Precision = FP32
	}
	return Series{u.Device, u.Threads, u.Precision}
}

// BySeries are the units of each series, in the order of the network, and the
// series in the order of the file.
func (p Profile) BySeries() (order []Series, units map[Series][]Unit) {
	units = map[Series][]Unit{}
	for _, u := range p.Units {
		s := u.Series()
		if units[s] == nil {
			order = append(order, s)
		}
		units[s] = append(units[s], u)
	}
	return order, units
}

func (p Profile) problems() strict.Errors {
	errs := strict.Check(p)
	if p.Version != Version && p.Version != 0 {
		errs.Addf("version", "this braid reads version %d, not %d", Version, p.Version)
	}
	if p.Model != "" && !modelForm.MatchString(p.Model) {
		errs.Addf("model", "want name or name@sha256:hash with 8 to 64 hex digits")
	}
	device := func(at string, d accel.DeviceID) {
		if d != "" && !deviceForm.MatchString(string(d)) {
			errs.Addf(at, "%q is no device: want cpu, gpu:N, dla:N, npu:N or sim:NAME", d)
		}
	}
	for i, u := range p.Units {
		device(fmt.Sprintf("units[%d].device", i), u.Device)
	}
	for i, t := range p.Transfers {
		device(fmt.Sprintf("transfers[%d].from", i), t.From)
		device(fmt.Sprintf("transfers[%d].to", i), t.To)
	}
	for i, s := range p.Streams {
		device(fmt.Sprintf("streams[%d].device", i), s.Device)
	}
	for i, c := range p.Corun {
		device(fmt.Sprintf("corun[%d].a", i), c.A)
		device(fmt.Sprintf("corun[%d].b", i), c.B)
	}
	for i, w := range p.Watts {
		device(fmt.Sprintf("watts[%d].device", i), w.Device)
		if w.Busy < w.Idle {
			errs.Addf(fmt.Sprintf("watts[%d].busy", i), "%v is less than the %v of idle", w.Busy, w.Idle)
		}
	}
	if (p.CPU.Width == 0) != (p.CPU.Height == 0) {
		errs.Addf("cpu_ms", "width and height go together")
	}
	p.seriesProblems(&errs)
	return errs
}

// seriesProblems: every series covers the same units in the same order.
func (p Profile) seriesProblems(errs *strict.Errors) {
	order, units := p.BySeries()
	if len(order) == 0 {
		return
	}
	first := units[order[0]]
	for _, s := range order {
		if len(units[s]) != len(first) {
			errs.Addf("units", "%s has %d units and %s has %d: each device needs all of them", s.Device, len(units[s]), order[0].Device, len(first))
			continue
		}
		for i, u := range units[s] {
			last := i == len(first)-1
			switch {
			case u.At != first[i].At:
				errs.Addf("units", "unit %d of %s ends at %q, and at %q on %s", i, s.Device, u.At, first[i].At, order[0].Device)
			case (u.At == "") != last:
				errs.Addf("units", "unit %d of %s: the last unit, and only the last, has no at", i, s.Device)
			case u.FullMS > 0 && u.Device.Kind() == "cpu":
				errs.Addf("units", "unit %d of %s: full_ms is not for CPUs, whose frames have cores", i, s.Device)
			case u.FullCutMS+u.FullAwayMS > 0 && !slices.ContainsFunc(units[s], func(o Unit) bool { return o.FullMS > 0 }):
				errs.Addf("units", "unit %d of %s: full_cut_ms and full_away_ms are of no use without full_ms, of all units", i, s.Device)
			case u.FullMS == 0 && u.MS > 0 && slices.ContainsFunc(units[s], func(o Unit) bool { return o.FullMS > 0 }):
				errs.Addf("units", "unit %d of %s has no full_ms: give it to all units of a device or to none", i, s.Device)
			}
		}
	}
}
