package actor

import (
	"fmt"
	"hash/fnv"
	"math"
	"slices"
	"testing"

	"braid/source/synth/dice"
	"braid/source/synth/mesh"
)

// onFootAndWheels are the makers this file's tests hold to the same rules.
var onFootAndWheels = []struct {
	name   string
	make   func(*dice.Dice) Actor
	parts  []Class
	low    mesh.Vec // least and greatest size of any seed
	high   mesh.Vec
	golden [3]uint64 // of the meshes of seeds 1, 2 and 3
}{
	{
		"pedestrian", NewPedestrian,
		[]Class{Person},
		mesh.V(0.4, 0.3, 1.05), mesh.V(1.6, 1.4, 2.5),
		[3]uint64{0xfb77eced522e35ba, 0x763aac985bfb1c99, 0xa7a57137f0b3a55d},
	},
	{
		"cyclist", NewCyclist,
		[]Class{Bicycle, Person},
		mesh.V(1.4, 0.45, 1.2), mesh.V(2.2, 1.1, 2.1),
		[3]uint64{0x41d453e60713865, 0x1b5a1b2075c3830c, 0xc83f2c07ae1e8b50},
	},
	{
		"parked bicycle", NewParkedBicycle,
		[]Class{Bicycle},
		mesh.V(1.4, 0.4, 0.85), mesh.V(2.2, 1.2, 1.4),
		[3]uint64{0x5de02ab2f4d6c925, 0xc1b5d6a27c568b43, 0x7d7f3068d044815},
	},
	{
		"motorcyclist", NewMotorcyclist,
		[]Class{Motorcycle, Person},
		mesh.V(1.6, 0.6, 1.3), mesh.V(2.6, 1.3, 2.1),
		[3]uint64{0x14609d3f663c17eb, 0x4a7a9b8142eb9abd, 0xc871a5022b26ea69},
	},
	{
		"parked motorcycle", NewParkedMotorcycle,
		[]Class{Motorcycle},
		mesh.V(1.6, 0.6, 0.95), mesh.V(2.6, 1.5, 1.6),
		[3]uint64{0x8d9085fb485f4451, 0x72a6ff070268186d, 0x37ff6a74119976b7},
	},
}

// drawn returns an actor's parts at a moment.
func drawn(a Actor, m Motion) []*mesh.Mesh {
	parts := make([]*mesh.Mesh, len(a.Parts()))
	for i := range parts {
		parts[i] = new(mesh.Mesh)
	}
	a.Draw(m, parts)
	return parts
}

// moments are motions that every actor must stand.
var moments = []Motion{
	{},
	{Time: 7.3},
	{Time: 1, Travelled: 0.3, Speed: 0.3},
	{Time: 2, Travelled: 2.9, Speed: 1.4, Steer: 0.3},
	{Time: 3, Travelled: 11.7, Speed: 3.1, Steer: -0.3},
	{Time: 900, Travelled: 4321, Speed: 9, Steer: 0.05, Brake: true},
}

func TestPeopleAndTwoWheelersAreSound(t *testing.T) {
	for _, c := range onFootAndWheels {
		t.Run(c.name, func(t *testing.T) {
			for seed := range uint64(30) {
				a := c.make(dice.New(seed, 5))
				if got := a.Parts(); !slices.Equal(got, c.parts) {
					t.Fatalf("seed %d: parts %v, want %v", seed, got, c.parts)
				}
				l, w, h := a.Size()
				for _, s := range [][3]float64{{l, c.low.X, c.high.X}, {w, c.low.Y, c.high.Y}, {h, c.low.Z, c.high.Z}} {
					if s[0] < s[1] || s[0] > s[2] {
						t.Errorf("seed %d: size %.2f %.2f %.2f is out of range", seed, l, w, h)
						break
					}
				}
				for _, m := range moments {
					for i, part := range drawn(a, m) {
						sound(t, part, fmt.Sprintf("seed %d part %d at %+v", seed, i, m))
					}
				}
				fits(t, a, seed)
			}
		})
	}
}

// sound fails unless m is closed, finite and well indexed.
func sound(t *testing.T, m *mesh.Mesh, what string) {
	t.Helper()
	if v := m.Volume(); v <= 0 || v > 1.5 {
		t.Errorf("%s: volume %g", what, v)
	}
	for i, p := range m.Points {
		if n := m.Normals[i]; math.IsNaN(p.Dot(n)) || math.Abs(n.Len()-1) > 1e-6 || p.Len() > 10 {
			t.Fatalf("%s: point %d is %v with normal %v", what, i, p, n)
		}
	}
	for _, tr := range m.Triangles {
		if k := int32(len(m.Points)); tr.A >= k || tr.B >= k || tr.C >= k || int(tr.Material) >= len(m.Materials) {
			t.Fatalf("%s: triangle %v names what is not there", what, tr)
		}
	}
	for _, mat := range m.Materials {
		for _, c := range []float64{mat.Albedo.R, mat.Albedo.G, mat.Albedo.B} {
			if c < 0 || c > 1 {
				t.Fatalf("%s: albedo %v", what, mat.Albedo)
			}
		}
	}
}

// fits fails where the size is not that of the meshes, give or take.
func fits(t *testing.T, a Actor, seed uint64) {
	t.Helper()
	l, w, h := a.Size()
	var high float64
	for _, m := range []Motion{{}, {Speed: 1.4, Travelled: 0.4}, {Speed: 1.4, Travelled: 1.1}} {
		for _, part := range drawn(a, m) {
			lo, hi := part.Bounds()
			if lo.X < -l/2-0.12 || hi.X > l/2+0.12 || lo.Y < -w/2-0.12 || hi.Y > w/2+0.12 || hi.Z > h+0.08 || lo.Z < -0.03 {
				t.Errorf("seed %d: bounds %v %v do not fit the size %.2f %.2f %.2f", seed, lo, hi, l, w, h)
			}
			high = max(high, hi.Z)
		}
	}
	if high < h-0.15 {
		t.Errorf("seed %d: %.2f high, size says %.2f", seed, high, h)
	}
}

func TestSameDiceSameMesh(t *testing.T) {
	for _, c := range onFootAndWheels {
		t.Run(c.name, func(t *testing.T) {
			for i, want := range c.golden {
				sum := fnv.New64a()
				for _, m := range []Motion{{Time: 2}, {Time: 3, Travelled: 4.2, Speed: 1.4, Steer: 0.1}} {
					for _, part := range drawn(c.make(dice.New(uint64(i+1), 5)), m) {
						for _, p := range part.Points {
							fmt.Fprintln(sum, int64(math.Round(p.X*1e6)), int64(math.Round(p.Y*1e6)), int64(math.Round(p.Z*1e6)))
						}
					}
				}
				if got := sum.Sum64(); got != want {
					t.Errorf("seed %d: %#x, want %#x: a seed no longer gives the scene that it promised", i+1, got, want)
				}
			}
		})
	}
}

func TestFeetTouchTheGround(t *testing.T) {
	for seed := range uint64(40) {
		a := NewPedestrian(dice.New(seed, 6))
		for i := range 48 {
			m := Motion{Time: float64(i) / 10, Travelled: float64(i) * 0.06, Speed: 1.3}
			if i%4 == 0 {
				m.Speed = 0
			}
			lo, _ := drawn(a, m)[0].Bounds()
			if math.Abs(lo.Z) > 0.02 {
				t.Fatalf("seed %d: lowest point at %.3f m with %+v", seed, lo.Z, m)
			}
		}
	}
}

func TestRunnersLeaveTheGround(t *testing.T) {
	a := NewPedestrian(dice.New(1, 6))
	high := 0.0
	for i := range 40 {
		lo, _ := drawn(a, Motion{Travelled: float64(i) * 0.06, Speed: 3.2})[0].Bounds()
		high = max(high, lo.Z)
	}
	if high < 0.02 || high > 0.12 {
		t.Errorf("a runner rises %.3f m", high)
	}
}

func TestRidersHoldOn(t *testing.T) {
	near := func(what string, seed uint64, got, want mesh.Vec, limit float64) {
		if d := got.Sub(want).Len(); d > limit {
			t.Errorf("seed %d: %s is %.2f m away", seed, what, d)
		}
	}
	for seed := range uint64(60) {
		c := NewCyclist(dice.New(seed, 7)).(*cyclist)
		k := NewMotorcyclist(dice.New(seed, 7)).(*motorcyclist)
		for i := range 8 {
			m := Motion{Travelled: float64(i) * 0.7, Speed: 5}
			drawn(c, m)
			drawn(k, m)
			for side := bone(sideL); side <= sideR; side++ {
				y := sideSign[side]
				near("a cyclist's hand", seed, c.palm(side), mesh.V(c.grip.X, y*c.grip.Y, c.grip.Z), 0.07)
				near("a cyclist's foot", seed, c.ball(side), c.pedalAt(int(side), c.crankTurn(m.Travelled)), 0.06)
				near("a motorcyclist's hand", seed, k.palm(side), mesh.V(k.motorcycle.grip.X, y*k.motorcycle.grip.Y, k.motorcycle.grip.Z), 0.07)
				near("a motorcyclist's foot", seed, k.ball(side), mesh.V(k.peg.X, y*k.peg.Y, k.peg.Z), 0.06)
			}
		}
	}
}

// palm and ball are where a rider's hand and foot have come to.
func (r *rider) palm(side bone) mesh.Vec {
	return r.pose[boneHandL+side].Point(r.joint[boneHandL+side].Sub(mesh.V(0, 0, 0.085*r.scale)))
}

func (r *rider) ball(side bone) mesh.Vec {
	j := r.joint[boneFootL+side]
	return r.pose[boneFootL+side].Point(mesh.V(j.X+0.6*r.toe, j.Y, 0))
}

func TestBrakeLightShines(t *testing.T) {
	a := NewMotorcyclist(dice.New(1, 8))
	glow := func(brake bool) (sum float64) {
		for _, m := range drawn(a, Motion{Speed: 5, Brake: brake})[0].Materials {
			sum += m.Signal.R
		}
		return sum
	}
	if dark, lit := glow(false), glow(true); lit < dark+1 {
		t.Errorf("signal is %g braking and %g not", lit, dark)
	}
}

func TestDrawingPeopleAllocatesNothing(t *testing.T) {
	for _, c := range onFootAndWheels {
		a := c.make(dice.New(3, 5))
		parts := drawn(a, Motion{Speed: 1})
		n := 0.0
		if allocs := testing.AllocsPerRun(10, func() {
			for _, p := range parts {
				p.Reset()
			}
			n++
			a.Draw(Motion{Speed: 1, Travelled: n, Time: n}, parts)
		}); allocs > 0 {
			t.Errorf("%s: %g allocations a frame", c.name, allocs)
		}
	}
}

func BenchmarkDrawPeople(b *testing.B) {
	for _, c := range onFootAndWheels {
		b.Run(c.name, func(b *testing.B) {
			a := c.make(dice.New(3, 5))
			parts := drawn(a, Motion{Speed: 1})
			for i := 0; b.Loop(); i++ {
				for _, p := range parts {
					p.Reset()
				}
				a.Draw(Motion{Speed: 1, Travelled: float64(i)}, parts)
			}
		})
	}
}
