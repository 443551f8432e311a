package profile

import (
	"context"
	"fmt"
	"slices"
	"time"

	"braid/accel"
	"braid/accel/plan"
)

// Refiner measures segments of plans on the devices that these have them on, and gives the profile that says of them what was
// measured. What a profile says else changes as little as that asks for. Units and cuts are measured at few borders,
// and between them layers' times tell of a part with an error that a plan is chosen for: the best of thousands is made of
// the parts that look better than they are.
//
// On GPUs all tensors cross as between GPUs: the other form that they have to or from a DLA or CPU is not in it.
type Refiner struct {
	backend accel.Backend
	devices []accel.Device
	network Network
	options Options
	given   plan.Profile // which stays as it is
	refined plan.Profile
	order   []place // of what was told
	told    map[place]*told
}

// place is a stretch of the network that a device runs.
type place struct {
	series  plan.Series
	stretch span
}

// told is what was measured of parts of a stretch, each once: alone, and of the full device.
type told struct{ times, full []share }

// share is what a part takes of a device's time for all of its stretch.
type share struct {
	use
	of, sigma float64
}

// use is a part of a plan on a device, and which of its neighbours are there too.
type use struct {
	span
	near plan.Near
}

// NewRefiner refines the profile of a network on devices. What a part takes of one is taken for what it takes of those of the same
// name and runtime. A plan's parts are measured for the budget of the options.
func NewRefiner(b accel.Backend, devices []accel.Device, n Network, p plan.Profile, o Options) *Refiner {
	return &Refiner{backend: b, devices: devices, network: n, options: o, given: p, refined: p, told: map[place]*told{}}
}

// Profile holds to all that was measured.
func (r *Refiner) Profile() plan.Profile { return r.refined }

// Measure measures the parts of a plan that have not been, but those on CPUs and on simulated devices and what is all that its
// device can run there. It says how many it measured, none where that would take longer than there is time for.
func (r *Refiner) Measure(ctx context.Context, of plan.Plan) (parts int, err error) {
	places, uses := r.used(of)
	for i, at := range places {
		if r.options.Progress != nil {
			r.options.Progress(i, len(places), "parts of a plan on "+label(at.series))
		}
		m := &measurement{backend: r.backend, network: r.network, options: r.options, profile: r.given}
		got, err := m.parts(ctx, at, uses[at], max(r.options.Budget/time.Duration(len(places)), leastParts))
		if err != nil {
			return parts, fmt.Errorf("measuring parts of a plan on %s: %w", at.series.Device, err)
		}
		r.hear(at, got)
		parts += len(got.times)
	}
	r.fit()
	return parts, nil
}

// leastParts is the least time for the parts of a device, of which building the engines takes minutes.
const leastParts = 4 * time.Second

// hear keeps what was told, instead of what was told of the same parts before.
func (r *Refiner) hear(at place, got told) {
	at.series = r.twins(at.series)[0]
	t := r.told[at]
	if t == nil {
		t = &told{}
		r.order, r.told[at] = append(r.order, at), t
	}
	for _, list := range []struct {
		had *[]share
		got []share
	}{{&t.times, got.times}, {&t.full, got.full}} {
		*list.had = append(slices.DeleteFunc(*list.had, func(s share) bool { return has(list.got, s.use) }), list.got...)
	}
}

func has(list []share, u use) bool {
	return slices.ContainsFunc(list, func(s share) bool { return s.use == u })
}

// twins are the series of devices of the same name and runtime as a series', which is among them, in the order of the profile.
func (r *Refiner) twins(s plan.Series) (list []plan.Series) {
	device := func(id accel.DeviceID) accel.Device {
		i := slices.IndexFunc(r.devices, func(d accel.Device) bool { return d.ID == id })
		if i < 0 {
			return accel.Device{Name: string(id)}
		}
		return r.devices[i]
	}
	is := device(s.Device)
	order, _ := r.given.BySeries()
	for _, o := range order {
		d := device(o.Device)
		twin := d.Name == is.Name && d.Name != "" && d.Backend == is.Backend && d.FIFO == is.FIFO
		if o == s || twin && o.Precision == s.Precision && o.Threads == s.Threads && o.Device.Kind() == s.Device.Kind() {
			list = append(list, o)
		}
	}
	return list
}

// used are the parts of a plan that can be measured, by place, but where all were.
func (r *Refiner) used(of plan.Plan) (order []place, uses map[place][]use) {
	if len(r.given.Units) == 0 {
		return nil, nil
	}
	along := unitsOf(r.given, r.given.Units[0].Series()) // all series have the same borders
	uses = map[place][]use{}
	first := 0
	for i, segment := range of.Segments {
		is := use{span: span{first, 1 + slices.IndexFunc(along, func(u *plan.Unit) bool { return u.At == segment.Until })}}
		if is.end <= first {
			return nil, nil // made for other borders
		}
		for _, d := range segment.Devices {
			s := plan.Series{Device: d.ID, Precision: plan.Precision(of.PrecisionOf(i))}
			is.near = plan.Near{Front: of.On(i-1, d.ID), Back: of.On(i+1, d.ID)}
			stretch, ok := around(unitsOf(r.given, s), is.span)
			if !ok || d.ID.Kind() == "cpu" || declared(r.given, d.ID) {
				continue
			}
			at := place{s, stretch}
			if uses[at] == nil {
				order = append(order, at)
			}
			uses[at] = append(uses[at], is)
		}
		first = is.end
	}
	return slices.DeleteFunc(order, func(at place) bool { return r.knows(at, uses[at]) }), uses
}

// knows is whether each of some parts was measured, of the full device too where the profile tells of that.
func (r *Refiner) knows(at place, uses []use) bool {
	full := filledBy(r.given, at.series) > 0
	at.series = r.twins(at.series)[0]
	t := r.told[at]
	return t != nil && !slices.ContainsFunc(uses, func(u use) bool { return !has(t.times, u) || full && !has(t.full, u) })
}

// around is the stretch of a series' units that has all of a part and more.
func around(units []*plan.Unit, is span) (stretch span, ok bool) {
	for _, stretch = range runnable(units) {
		if is.first >= stretch.first && is.end <= stretch.end {
			return stretch, is != stretch
		}
	}
	return span{}, false
}

// runnable are the stretches that a device runs.
func runnable(units []*plan.Unit) []span {
	return stretches(len(units), func(i int) bool { return units[i].Why == "" })
}

// declared is whether nobody measured a device.
func declared(p plan.Profile, d accel.DeviceID) bool {
	return slices.ContainsFunc(p.Simulated, func(s plan.SimDevice) bool { return s.ID == d })
}
