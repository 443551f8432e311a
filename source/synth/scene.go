package synth

import (
	"fmt"
	"math"

	"braid/source/synth/actor"
	"braid/source/synth/backdrop"
	"braid/source/synth/mesh"
	"braid/source/synth/raster"
	"braid/source/synth/street"
	"braid/source/synth/traffic"
)

// Object is one object of a frame's truth.
type Object struct {
	Class   actor.Class
	Track   int        // the same object has the same in every frame
	Box     [4]float64 // x, y of the top left corner, width and height of what is to be seen, pixels
	Visible float64    // share of the object that is to be seen, 0 to 1
}

// Hard says that an object is too small or too much hidden for a detector to be
// blamed for missing it: less than a quarter of it is to be seen, or its longer
// side is below 16 pixels.
func (o Object) Hard() bool {
	return o.Visible < 0.25 || max(o.Box[2], o.Box[3]) < 16
}

// Scene draws the frames of a scene, which must be asked for in order. It is
// used by one goroutine.
type Scene struct {
	Options Options

	street  *street.Street
	traffic *traffic.Traffic
	back    *backdrop.Picture
	canvas  *raster.Canvas
	shake   shake
	noise   noise

	parts   [maxParts]*mesh.Mesh // of one actor, in its own axes
	light   raster.Light         // where it stands
	bodies  []drawn
	seen    []int
	boxes   []raster.Box
	objects []Object
	patch   [12]mesh.Vec
}

// drawn is a part of an actor that was drawn: body i of the canvas is bodies[i].
type drawn struct {
	class actor.Class
	track int
	cover raster.Cover
}

// maxParts is how many parts an actor has at most.
const maxParts = 2

// New builds the scene and its backdrop, which takes about a second of CPU time
// at 1280x720.
func New(o Options) (*Scene, error) {
	if err := o.Validate(); err != nil {
		return nil, fmt.Errorf("making scene %s: %w", o, err)
	}
	s := &Scene{Options: o, street: street.New(o.Seed, o.Width, o.Height)}
	s.traffic = traffic.New(s.street)
	s.back = backdrop.Render(s.street)
	s.canvas = raster.NewCanvas(o.Width, o.Height)
	s.shake, s.noise = newShake(o.Seed, o.Width), newNoise(o.Seed, s.street.Dusk)
	s.parts = [maxParts]*mesh.Mesh{{}, {}}
	return s, nil
}

// Advance goes to frame i, which must not lie before the last one, and returns
// its truth in the order of tracks: every object of which something is to be
// seen. The slice is good until the next call.
func (s *Scene) Advance(i int) []Object {
	pts := s.Options.PTS(i)
	s.traffic.Advance(pts)
	s.street.Camera.Shake(s.shake.at(pts.Seconds()))
	s.canvas.Clear()
	s.bodies = append(s.bodies[:0], drawn{}) // body 0 is the backdrop
	bodies := s.traffic.Bodies()
	for k := range bodies {
		s.draw(&bodies[k])
	}
	return s.tally()
}

// draw draws one actor and its shadow.
func (s *Scene) draw(b *traffic.Body) {
	if !s.inSight(b) {
		return
	}
	classes := b.Actor.Parts()
	parts := s.parts[:len(classes)]
	for _, p := range parts {
		p.Reset()
	}
	b.Actor.Draw(b.Motion, parts)
	s.footprint(b)
	s.light = s.back.LightAt(b.Place.T)
	for k, p := range parts {
		d := drawn{class: classes[k], track: b.Track*maxParts + k}
		d.cover = s.canvas.Draw(p, b.Place, uint16(len(s.bodies)), s.street.Camera, &s.light, s.back)
		s.bodies = append(s.bodies, d)
		s.castShadow(p, b.Place)
	}
}

// inSight leaves out what is certainly not in the picture, nor its shadow.
func (s *Scene) inSight(b *traffic.Body) bool {
	const slack = 0.5 // of what sticks out of an actor's box, metres
	l, w, h := b.Actor.Size()
	sun, cam := s.street.Light.Sun, s.street.Camera
	missed := raster.AllSides
	for i := range 8 {
		x, y, z := l/2+slack, w/2+slack, -slack
		if i&1 != 0 {
			x = -x
		}
		if i&2 != 0 {
			y = -y
		}
		if i&4 != 0 {
			z = h + slack
		}
		p := b.Place.Point(mesh.V(x, y, z))
		missed &= cam.Outside(p)
		if sunny(&s.street.Light) && z > 0 {
			missed &= cam.Outside(p.Sub(sun.Mul(z / sun.Z)))
		}
	}
	return missed == 0
}

// sunny says whether shadows are seen in a light.
func sunny(l *raster.Light) bool { return l.SunColor.G*l.Sun.Z > 0.02 }

// castShadow darkens the ground where m, which stands in the light of its place,
// keeps the sun off it.
func (s *Scene) castShadow(m *mesh.Mesh, place mesh.Affine) {
	if light := &s.light; sunny(light) {
		sun := light.SunColor.G * light.Sun.Z
		s.canvas.CastShadow(m, place, s.street.Camera, light.Sun, sun/(sun+light.Sky.G))
	}
}

// footprint darkens the ground below an actor, which little of the sky's light
// reaches: an inner and an outer patch, as the edge of such a shadow is soft.
func (s *Scene) footprint(b *traffic.Body) {
	length, width, _ := b.Actor.Size()
	for _, patch := range [...]struct{ grow, strength float64 }{{1, 0.25}, {0.8, 0.5}} {
		for k := range s.patch {
			sin, cos := math.Sincos(2 * math.Pi * (float64(k) + 0.5) / float64(len(s.patch)))
			// A rounded rectangle: a circle, stretched towards its corners.
			square := 1 / max(math.Abs(sin), math.Abs(cos))
			r := patch.grow * (0.25 + 0.75*square) / 2
			s.patch[k] = b.Place.Point(mesh.V(r*cos*length, r*sin*width, 0))
		}
		s.canvas.Dim(s.patch[:], s.street.Camera, patch.strength)
	}
}

// tally turns what the canvas shows into the frame's truth.
func (s *Scene) tally() []Object {
	n := len(s.bodies)
	for len(s.seen) < n {
		s.seen, s.boxes = append(s.seen, 0), append(s.boxes, raster.Box{})
	}
	s.canvas.Tally(s.seen[:n], s.boxes[:n])
	s.objects = s.objects[:0]
	for i := 1; i < n; i++ {
		d, box := &s.bodies[i], s.boxes[i]
		if box.Empty() {
			continue
		}
		const o = raster.Over
		s.objects = append(s.objects, Object{
			Class: d.class, Track: d.track,
			Visible: float64(s.seen[i]) / float64(d.cover.Samples) * d.cover.Inside,
			Box: [4]float64{
				float64(box.X0) / o, float64(box.Y0) / o, float64(box.X1-box.X0+1) / o, float64(box.Y1-box.Y0+1) / o,
			},
		})
	}
	return s.objects
}

// Paint writes the picture of the frame that Advance went to: packed RGB, rows
// without padding.
func (s *Scene) Paint(rgb []byte, i int) {
	dx, dy := s.shake.at(s.Options.PTS(i).Seconds())
	s.back.Shift(rgb, dx, dy)
	s.canvas.Compose(rgb)
	s.noise.add(rgb, i)
}
