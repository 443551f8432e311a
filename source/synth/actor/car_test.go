package actor

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"testing"

	"pgregory.net/rapid"

	"braid/source/synth/dice"
	"braid/source/synth/mesh"
)

// kinds are the makers of vehicles and what their sizes may be.
var kinds = []struct {
	name                  string
	class                 Class
	make                  func(*dice.Dice) Actor
	length, width, height span
}{
	{"car", Car, NewCar, span{3.6, 5.25}, span{1.85, 2.35}, span{1.2, 2.15}},
	{"bus", Bus, NewBus, span{5.2, 12.8}, span{2.1, 3.15}, span{2.3, 3.8}},
	{"truck", Truck, NewTruck, span{5, 15.8}, span{2, 3.15}, span{1.7, 4.1}},
}

// drawnIn returns what a vehicle looks like in a motion.
func drawnIn(a Actor, m Motion) *mesh.Mesh {
	var out mesh.Mesh
	a.Draw(m, []*mesh.Mesh{&out})
	return &out
}

func TestVehiclesAreSound(t *testing.T) {
	for _, k := range kinds {
		t.Run(k.name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				a := k.make(dice.New(rapid.Uint64().Draw(t, "seed"), 1))
				if parts := a.Parts(); len(parts) != 1 || parts[0] != k.class {
					t.Fatalf("parts %v, want one %v", parts, k.class)
				}
				m := drawnIn(a, Motion{})
				checkMesh(t, m)
				l, w, h := a.Size()
				for _, s := range []struct {
					name string
					got  float64
					in   span
				}{{"length", l, k.length}, {"width", w, k.width}, {"height", h, k.height}} {
					if s.got < s.in.lo || s.got > s.in.hi {
						t.Fatalf("%s %.2f m, want one in %v", s.name, s.got, s.in)
					}
				}
				lo, hi := m.Bounds()
				if math.Abs(lo.Z) > 1e-6 {
					t.Fatalf("lowest point at %.4f m: wheels must stand on the ground", lo.Z)
				}
				if math.Abs(hi.X-l/2) > 0.01 || math.Abs(lo.X+l/2) > 0.01 || math.Abs(hi.Z-h) > 0.01 || math.Abs(2*max(hi.Y, -lo.Y)-w) > 0.01 {
					t.Fatalf("bounds %v %v do not agree with the size %.2f %.2f %.2f", lo, hi, l, w, h)
				}
			})
		})
	}
}

// checkMesh looks for what the renderer could not draw.
func checkMesh(t *rapid.T, m *mesh.Mesh) {
	for i, p := range m.Points {
		if s := p.X + p.Y + p.Z; math.IsNaN(s) || math.IsInf(s, 0) {
			t.Fatalf("point %d is %v", i, p)
		}
		if l := m.Normals[i].Len(); math.Abs(l-1) > 1e-6 {
			t.Fatalf("normal %d has length %g", i, l)
		}
	}
	if n := len(m.Triangles); n < 800 || n > 5000 {
		t.Fatalf("%d triangles: looks need some, speed allows few", n)
	}
	for i, tri := range m.Triangles {
		if int(max(tri.A, tri.B, tri.C)) >= len(m.Points) || int(tri.Material) >= len(m.Materials) || min(tri.A, tri.B, tri.C, tri.Material) < 0 {
			t.Fatalf("triangle %d names what does not exist: %v", i, tri)
		}
	}
}

func TestVehiclesAreTheSameForEver(t *testing.T) {
	for _, k := range kinds {
		for seed, want := range golden[k.name] {
			a := k.make(dice.New(uint64(seed), 1))
			h := sha256.New()
			for _, p := range drawnIn(a, Motion{Travelled: 0.4, Steer: 0.1}).Points {
				for _, x := range [3]float64{p.X, p.Y, p.Z} {
					var b [8]byte
					binary.LittleEndian.PutUint64(b[:], uint64(int64(math.Round(x*1e6))))
					h.Write(b[:])
				}
			}
			if got := fmt.Sprintf("%x", h.Sum(nil))[:16]; got != want {
				t.Errorf("%s of seed %d has the points %s, want %s: a seed's truth must not change", k.name, seed, got, want)
			}
		}
	}
}

// golden are hashes of the vertices by kind and seed.
var golden = map[string][]string{
	"car":   {"e789f3d07da7162e", "782a77547e0911c3", "3e650242db0dc761", "21cb7b30e9bfaf08"},
	"bus":   {"458df4a75581ed13", "a20c65e0c409b819", "b7b4faeebccdeea6", "f150e3f982bdbf79"},
	"truck": {"c049293eaa81e237", "32ec05c19b8f5310", "48f78c4232f981d0", "87432bb4e7545d48", "59a98a77243e2417", "cf8707e9ef3aa928"},
}

func TestBodiesAreClosed(t *testing.T) {
	plain := func(i, j int, left bool) int32 { return 0 }
	wall := func(bool, int, int) int32 { return 0 }
	for _, style := range []*carStyle{&hatchback, &saloon, &estate, &suv, &minivan, &coupe, &van, &pickup} {
		c := style.shape(dice.New(7, 1))
		s := &shell{warp: c.bow, side: plain, end: wall}
		for _, at := range c.stations() {
			s.x, s.half = append(s.x, c.length/2-at), append(s.half, c.section(at, c.top()))
		}
		var m mesh.Mesh
		s.build(&m)
		box := c.length * c.width * c.height
		if v := m.Volume(); v < 0.45*box || v > 0.85*box {
			t.Errorf("a body of %.1f x %.1f x %.1f m has a volume of %.1f m3: not closed, or inside out", c.length, c.width, c.height, v)
		}
	}
	w := newWheel(wheelStyle{radius: 0.3, width: 0.2, rim: 0.7, spokes: 5})
	if v, want := w.Volume(), math.Pi*0.09*0.2; v < 0.85*want || v > want {
		t.Errorf("a wheel has a volume of %.4f m3, want about %.4f", v, want)
	}
}

func TestWheelsTurnAndSteer(t *testing.T) {
	for _, k := range kinds {
		v := k.make(dice.New(3, 1)).(*vehicle)
		still := drawnIn(v, Motion{})
		moved := func(m Motion) (body, front, rear float64) {
			after := drawnIn(v, m)
			at := len(v.body.Points)
			for i := range at {
				body = max(body, after.Points[i].Sub(still.Points[i]).Len())
			}
			for _, w := range v.wheels {
				most := 0.0
				for range w.wheel.Points {
					most = max(most, after.Points[at].Sub(still.Points[at]).Len())
					at++
				}
				if w.steers {
					front = max(front, most)
				} else {
					rear = max(rear, most)
				}
			}
			return body, front, rear
		}
		if b, f, r := moved(Motion{Travelled: 0.2}); b != 0 || math.Abs(f-0.2) > 0.03 || math.Abs(r-0.2) > 0.03 {
			t.Errorf("%s: after 0.2 m its body has moved %.3f, treads %.3f and %.3f m", k.name, b, f, r)
		}
		if b, f, r := moved(Motion{Travelled: 2 * math.Pi * v.wheels[0].radius}); b != 0 || f > 1e-6 || r > 1e-6 {
			t.Errorf("%s: a whole turn of the wheels moved %.3g %.3g %.3g m", k.name, b, f, r)
		}
		if b, f, r := moved(Motion{Steer: 0.3}); b != 0 || f < 0.05 || r != 0 {
			t.Errorf("%s: steering moved body %.3g, front wheels %.3g, rear wheels %.3g m", k.name, b, f, r)
		}
		// Rolling forwards, the top of a wheel goes forwards.
		w := v.wheels[0]
		before, after := drawnIn(v, Motion{}), drawnIn(v, Motion{Travelled: 0.1})
		for i, p := range before.Points[len(v.body.Points) : len(v.body.Points)+len(w.wheel.Points)] {
			if p.Z > 1.9*w.radius && after.Points[len(v.body.Points)+i].X < p.X {
				t.Errorf("%s: wheels turn backwards", k.name)
				break
			}
		}
	}
}

func TestBrakeLights(t *testing.T) {
	for _, k := range kinds {
		v := k.make(dice.New(5, 1)).(*vehicle)
		off, on := drawnIn(v, Motion{}), drawnIn(v, Motion{Brake: true})
		lit, used := 0, 0
		for i := range off.Materials {
			if off.Materials[i] == on.Materials[i] {
				continue
			}
			lit++
			if on.Materials[i].Signal.R < 1 || on.Materials[i].Signal.G > 0.2 {
				t.Errorf("%s: brake lights give %v, want red", k.name, on.Materials[i].Signal)
			}
			for _, tri := range on.Triangles {
				if int(tri.Material) == i && on.Points[tri.A].X < 0 {
					used++
				}
			}
		}
		if lit != len(v.brakes) || used < 4 {
			t.Errorf("%s: %d materials light up on %d triangles of its rear", k.name, lit, used)
		}
		if again := drawnIn(v, Motion{}); again.Materials[v.brakes[0]] != off.Materials[v.brakes[0]] {
			t.Errorf("%s: brake lights stay on", k.name)
		}
	}
}

func TestDrawKeepsToItsBuffers(t *testing.T) {
	a := NewTruck(dice.New(1, 1))
	var m mesh.Mesh
	parts := []*mesh.Mesh{&m}
	a.Draw(Motion{}, parts)
	n := len(m.Points)
	a.Draw(Motion{}, parts)
	if len(m.Points) != 2*n {
		t.Fatalf("drawing twice gave %d points, want %d: Draw must append", len(m.Points), 2*n)
	}
	if allocs := testing.AllocsPerRun(10, func() {
		m.Reset()
		a.Draw(Motion{Travelled: 1, Brake: true}, parts)
	}); allocs > 0 {
		t.Errorf("%v allocations a frame, want none", allocs)
	}
}

func TestBodyStylesAllOccur(t *testing.T) {
	var tall, low, long, short int
	for seed := range uint64(300) {
		l, _, h := NewCar(dice.New(seed, 1)).Size()
		if h > 1.6 {
			tall++
		}
		if h < 1.38 {
			low++
		}
		if l > 4.8 {
			long++
		}
		if l < 4 {
			short++
		}
	}
	if min(tall, low, long, short) < 8 {
		t.Errorf("of 300 cars %d are tall, %d low, %d long, %d short", tall, low, long, short)
	}
}
