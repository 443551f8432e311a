// Package whatif makes profiles of machines that one does not have: from the work of
// the parts of a network, or a measured profile, and what is declared of the devices.
// It is pure; reading a file of devices is its caller's.
package whatif

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"braid/accel"
	"braid/accel/plan"
)

// ErrMachine is wrapped where a declared machine makes no sense.
var ErrMachine = errors.New("declared machine cannot be used")

// Work is what the unit between two neighbouring cut points asks for.
type Work struct {
	At      string  // the cut point behind it; "" behind the last
	Amount  float64 // in GFLOP, or in any other unit that Device.Speed is in
	Bytes   int64   // of the tensors that cross behind it
	Tensors int     // how many these are; 0: one
	Layers  int     // that take time of their own beside their work: Device.LayerMS
}

// Machine is what is declared.
type Machine struct {
	Cores    int
	Devices  []Device
	CopyMS   float64 // of any copy between two memories
	GBPerS   float64 // and of its bytes; 0: they take no time
	Corun    []plan.Corun
	CutMS    float64 // what a cut adds to the time of both sides together
	CPU      plan.CPUTimes
	HandOver float64 // ms
	Source   string  // where all this comes from
}

// Device is one of them.
type Device struct {
	ID          accel.DeviceID
	FIFO        bool
	Speed       float64   // amount of work a millisecond
	LayerMS     float64   // of each of a unit's layers, whatever its work: a GPU's launch, and filling it
	StartMS     float64   // of a segment, whatever its work: on its first unit and behind each cut
	StreamsGain []float64 // StreamsGain[n-1]: rate with n streams over the rate with one
	Precision   plan.Precision
	Why         func(unit int) string // why it cannot run a unit, naming the layer; nil: it runs all
}

// Of makes the profile of a network on a declared machine. All of its devices are
// marked as simulated. The bytes of its input are not known: set Input of the
// profile where they count.
func Of(model string, work []Work, m Machine) (plan.Profile, error) {
	p := plan.Profile{
		Version: plan.Version, Model: model, Cores: m.Cores, Corun: m.Corun, CPU: m.CPU, HandOver: m.HandOver,
	}
	if len(work) == 0 {
		return p, fmt.Errorf("%w: the network has no units", ErrMachine)
	}
	for i, d := range m.Devices {
		if !(d.Speed > 0) || math.IsInf(d.Speed, 1) {
			return p, fmt.Errorf("%w: devices[%d].speed: %v, want more than 0", ErrMachine, i, d.Speed)
		}
		p.Simulated = append(p.Simulated, plan.SimDevice{ID: d.ID, Source: m.Source})
		if d.FIFO && !slices.Contains(p.FIFO, d.ID) {
			p.FIFO = append(p.FIFO, d.ID)
		}
		p.Units = append(p.Units, units(work, m, d)...)
		p.Streams = append(p.Streams, streams(work, d)...)
	}
	p.Transfers = m.copies()
	return p, nil
}

// Relative is the work of a measured profile's series: amounts in ms there, so that a
// device of speed 2 is twice as fast.
func Relative(p plan.Profile, s plan.Series) []Work {
	_, units := p.BySeries()
	var out []Work
	for _, u := range units[s] {
		out = append(out, Work{At: u.At, Amount: u.MS, Bytes: u.Bytes, Tensors: u.Tensors})
	}
	return out
}

// alone is the time of a unit without the start of its segment, ms.
func (d Device) alone(w Work) float64 { return w.Amount/d.Speed + float64(w.Layers)*d.LayerMS }

// units has half of a start in each cut, so that every segment has one.
func units(work []Work, m Machine, d Device) []plan.Unit {
	var out []plan.Unit
	for i, w := range work {
		u := plan.Unit{At: w.At, Device: d.ID, Threads: threads(d), Precision: d.Precision, MS: d.alone(w), Bytes: w.Bytes, Tensors: w.Tensors}
		if i == 0 || i == len(work)-1 {
			u.MS += d.StartMS / 2
		}
		if len(work) == 1 {
			u.MS += d.StartMS / 2
		}
		if i < len(work)-1 {
			u.CutMS = m.CutMS + d.StartMS
		}
		if d.Why != nil {
			if u.Why = d.Why(i); u.Why != "" {
				u.MS = 0
			}
		}
		out = append(out, u)
	}
	return out
}

func threads(d Device) int {
	if d.ID.Kind() == "cpu" {
		return 1
	}
	return 0
}

func streams(work []Work, d Device) []plan.Streams {
	alone := d.StartMS
	for _, w := range work {
		alone += d.alone(w)
	}
	var out []plan.Streams
	for i, gain := range d.StreamsGain {
		out = append(out, plan.Streams{Device: d.ID, N: i + 1, Threads: threads(d), Precision: d.Precision, Rate: gain * 1000 / alone})
	}
	return out
}

// copies are between every two memories, that of the CPU among them.
func (m Machine) copies() []plan.Transfer {
	memories := []accel.DeviceID{"cpu"}
	for _, d := range m.Devices {
		if to := d.ID.Memory(); !slices.Contains(memories, to) {
			memories = append(memories, to)
		}
	}
	perMB := 0.0
	if m.GBPerS > 0 {
		perMB = 1 / m.GBPerS
	}
	var out []plan.Transfer
	for _, from := range memories {
		for _, to := range memories {
			if from != to {
				out = append(out, plan.Transfer{From: from, To: to, Bytes: 0, MS: m.CopyMS},
					plan.Transfer{From: from, To: to, Bytes: 1e6, MS: m.CopyMS + perMB})
			}
		}
	}
	return out
}
