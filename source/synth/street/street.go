// Package street lays out the place of a synthetic scene: a road with its
// lanes, pavements, crossings and light, and the fixed camera that watches it.
// What is drawn (package backdrop) and what moves (package traffic) both follow
// from it.
package street

import (
	"math"
	"slices"

	"braid/source/synth/dice"
	"braid/source/synth/mesh"
	"braid/source/synth/raster"
)

// Use is who a band of the road is for.
type Use uint8

// Bands of a road.
const (
	Drive Use = iota // motor traffic, also bicycles where there is no Cycle band
	Cycle
	Parking // cars, motorcycles and trucks that stand along the kerb
	Walk    // pavement
	Verge   // grass or planting; trees and poles stand here, or at the kerb where there is none
)

// Band is a strip along the road, between two distances from its middle line.
type Band struct {
	Use      Use
	From, To float64 // metres across, From < To; positive is to the left of Heading
	Way      float64 // +1: traffic follows Heading, -1: comes against it, 0: both or none
}

// Middle is the distance of the band's middle line from the road's.
func (b Band) Middle() float64 { return (b.From + b.To) / 2 }

// Width is To - From, metres.
func (b Band) Width() float64 { return b.To - b.From }

// Crossing is where people walk over the road.
type Crossing struct {
	Along float64 // where its middle is along the road
	Width float64 // metres along the road
}

// Street is a place at a time of day. All of it follows from its seed.
type Street struct {
	Seed      uint64
	Heading   float64 // direction of the road: 0 along +x (across the view), +pi/2 away from the camera
	Origin    mesh.Vec
	From, To  float64 // the stretch along the road that matters: traffic enters and leaves beyond it
	Bands     []Band  // from the right of the road to its left, without gaps
	Crossings []Crossing
	Light     raster.Light
	Dusk      bool
	Overcast  bool
	Camera    *raster.Camera
}

// Ground returns the point of the ground at a distance along the road and one
// across it (positive to the left of Heading).
func (s *Street) Ground(along, across float64) mesh.Vec {
	sin, cos := math.Sincos(s.Heading)
	return mesh.V(
		s.Origin.X+float64(along*cos)-float64(across*sin),
		s.Origin.Y+float64(along*sin)+float64(across*cos), 0)
}

// Locate is the inverse of Ground: where along and across the road p is.
func (s *Street) Locate(p mesh.Vec) (along, across float64) {
	sin, cos := math.Sincos(s.Heading)
	d := p.Sub(s.Origin)
	return float64(d.X*cos) + float64(d.Y*sin), float64(d.Y*cos) - float64(d.X*sin)
}

// BandAt returns the band that a distance across the road falls in.
func (s *Street) BandAt(across float64) (Band, bool) {
	for _, b := range s.Bands {
		if across >= b.From && across < b.To {
			return b, true
		}
	}
	return Band{}, false
}

// New lays out the street of a seed for pictures of width by height pixels.
func New(seed uint64, width, height int) *Street {
	d := dice.New(seed, 1)
	s := &Street{Seed: seed, From: -75, To: 75}
	s.Bands = bands(d)
	for range 1 + d.Pick(1, 1) {
		s.Crossings = append(s.Crossings, Crossing{Along: d.Range(-14, 14), Width: d.Range(2.5, 4.5)})
	}
	if len(s.Crossings) == 2 && math.Abs(s.Crossings[0].Along-s.Crossings[1].Along) < 8 {
		s.Crossings = s.Crossings[:1]
	}
	s.place(d, width, height)
	s.light(d)
	return s
}

// bands stacks the strips of the road, right to left.
func bands(d *dice.Dice) []Band {
	lane := d.Range(3.15, 3.6)
	lanes := 1 + d.Pick(3, 2) // each way
	if lanes == 1 && d.Chance(0.25) {
		lane += 0.5
	}
	cycle, park, verge := d.Chance(0.4), [2]bool{d.Chance(0.5), d.Chance(0.5)}, [2]bool{d.Chance(0.4), d.Chance(0.4)}
	walk := [2]float64{d.Range(2, 4.5), d.Range(2, 4.5)}
	var half [2][]Band // from the middle line outwards: right, left
	for side := range half {
		at := 0.0
		add := func(u Use, w float64, way float64) {
			half[side] = append(half[side], Band{Use: u, From: at, To: at + w, Way: way})
			at += w
		}
		way := float64(1 - 2*side)
		for range lanes {
			add(Drive, lane, way)
		}
		if cycle {
			add(Cycle, 1.6, way)
		}
		if park[side] {
			add(Parking, 2.5, way)
		}
		if verge[side] {
			add(Verge, 1.5, 0)
		}
		add(Walk, walk[side], 0)
	}
	var all []Band
	for _, b := range slices.Backward(half[0]) {
		b.From, b.To = -b.To, -b.From
		all = append(all, b)
	}
	return append(all, half[1]...)
}

// Width returns the distances across at which the outermost pavements end.
func (s *Street) Width() (right, left float64) {
	return s.Bands[0].From, s.Bands[len(s.Bands)-1].To
}

// place sets the camera on its post and turns the road before it, so that the
// road's near edge is a few metres ahead and its middle in the picture.
func (s *Street) place(d *dice.Dice, width, height int) {
	// Along the view, across it, or at an angle.
	s.Heading = [3]float64{d.Range(-0.3, 0.3), math.Pi/2 + d.Range(-0.3, 0.3), d.Range(0.35, 1.2)}[d.Pick(4, 3, 4)]
	if d.Chance(0.5) {
		s.Heading = math.Pi - s.Heading
	}
	up := d.Range(2.6, 6.5)
	fov := d.Range(0.7, 1.2)
	vertical := 2 * math.Atan(math.Tan(fov/2)*float64(height)/float64(width))
	// The horizon lies in the upper part of the picture.
	tilt := d.Range(0.08, 0.42) * vertical
	s.Origin = mesh.V(d.Range(-3, 3), up/math.Tan(tilt+float64(0.18*vertical))*d.Range(0.75, 1.25), 0)
	s.Origin.Y = min(max(s.Origin.Y, 8), 26)
	s.clear()
	s.Camera = raster.NewCamera(mesh.V(0, 0, up), s.bearing()+d.Range(-0.08, 0.08), tilt, d.Norm()*0.012, fov, width, height)
}

// bearing is the direction, to the right of ahead, in which the middle of the
// road lies: some way down a road that leads away, else where it passes.
func (s *Street) bearing() float64 {
	const far = 24
	along := 0.0
	if lead := math.Sin(s.Heading); math.Abs(lead) > 0.3 {
		along = (far - s.Origin.Y) / lead
	}
	p := s.Ground(along, 0)
	return math.Atan2(p.X, p.Y)
}

// clear moves the road sideways until nothing drives by within 3.5 m of the
// camera's foot: what comes nearer would fill the picture.
func (s *Street) clear() {
	const room = 3.5
	_, across := s.Locate(mesh.Vec{})
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, b := range s.Bands {
		if b.Use == Drive || b.Use == Cycle || b.Use == Parking {
			lo, hi = min(lo, b.From-room), max(hi, b.To+room)
		}
	}
	if across <= lo || across >= hi {
		return
	}
	to := hi
	if across-lo < hi-across {
		to = lo
	}
	sin, cos := math.Sincos(s.Heading)
	move := across - to
	s.Origin = s.Origin.Add(mesh.V(-float64(move*sin), float64(move*cos), 0))
}

// light chooses time of day and weather.
func (s *Street) light(d *dice.Dice) {
	s.Dusk, s.Overcast = d.Chance(0.3), d.Chance(0.35)
	azimuth, height := d.Range(0, 2*math.Pi), d.Range(0.35, 1.15)
	l := raster.Light{
		SunColor: mesh.Color{R: 1.55, G: 1.42, B: 1.22}, Sky: mesh.Color{R: 0.46, G: 0.57, B: 0.76},
		Horizon: mesh.Color{R: 0.78, G: 0.84, B: 0.92}, Ground: mesh.Color{R: 0.26, G: 0.25, B: 0.23},
		Haze: 0.004 * d.Range(0.1, 0.8) * d.Float(), Exposure: d.Range(0.75, 1.2),
	}
	switch {
	case s.Dusk:
		height = d.Range(0.06, 0.2)
		l.SunColor = mesh.Color{R: 0.30, G: 0.16, B: 0.08}.Mul(d.Range(0, 1))
		l.Sky = mesh.Color{R: 0.12, G: 0.15, B: 0.26}.Mul(d.Range(0.6, 1.2))
		l.Horizon = mesh.Color{R: 0.36, G: 0.26, B: 0.24}.Mul(d.Range(0.5, 1))
		l.Ground = mesh.Color{R: 0.06, G: 0.052, B: 0.045}
		l.Lamps, l.Exposure = d.Range(0.6, 1), d.Range(1.5, 2.6)
	case s.Overcast:
		l.SunColor = mesh.Color{R: 0.16, G: 0.16, B: 0.16}.Mul(d.Range(0, 1))
		l.Sky = mesh.Color{R: 0.80, G: 0.83, B: 0.88}.Mul(d.Range(0.7, 1))
		l.Horizon = mesh.Color{R: 0.84, G: 0.86, B: 0.88}.Mul(d.Range(0.8, 1))
		l.Ground = mesh.Color{R: 0.26, G: 0.25, B: 0.24}
		l.Haze *= 1.4
		l.Exposure *= 1.1
	}
	sh, ch := math.Sincos(height)
	sa, ca := math.Sincos(azimuth)
	l.Sun = mesh.V(ca*ch, sa*ch, sh)
	s.Light = l
}
