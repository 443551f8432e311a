package backdrop

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math"
	"testing"

	"pgregory.net/rapid"

	"braid/source/synth/mesh"
	"braid/source/synth/raster"
	"braid/source/synth/street"
)

// sums are the digests of a picture and of what it hides.
func sums(p *Picture) (picture, near string) {
	var bits []byte
	for y := range p.Height {
		for x := range p.Width {
			bits = binary.LittleEndian.AppendUint32(bits, math.Float32bits(p.InverseDepth(x, y)))
		}
	}
	a, b := sha256.Sum256(p.RGB), sha256.Sum256(bits)
	return hex.EncodeToString(a[:8]), hex.EncodeToString(b[:8])
}

func TestRenderRepeats(t *testing.T) {
	for seed := range uint64(4) {
		a, b := sums(Render(street.New(seed, 160, 90)))
		if c, d := sums(Render(street.New(seed, 160, 90))); a != c || b != d {
			t.Errorf("seed %d: two renderings differ", seed)
		}
		if c, d := sums(Render(street.New(seed+100, 160, 90))); a == c || b == d {
			t.Errorf("seeds %d and %d: the same picture", seed, seed+100)
		}
	}
}

// planned is a street as its seed fills it.
func planned() *site {
	l := empty()
	l.plan()
	return l
}

// What hides bodies decides the truth: it is the same on every processor and in
// every version.
func TestHidesTheSameForEver(t *testing.T) {
	const want = "d4d34eb3d3fe64c2"
	if _, got := sums(paint(planned())); got != want {
		t.Errorf("digest of the inverse depths %s, want %s", got, want)
	}
}

func TestSize(t *testing.T) {
	p := Render(street.New(3, 160, 90))
	if want := 3 * (160 + 2*Margin) * (90 + 2*Margin); len(p.RGB) != want || p.Width != 160 || p.Height != 90 {
		t.Errorf("%d bytes for %d by %d, want %d", len(p.RGB), p.Width, p.Height, want)
	}
	for _, at := range [][2]int{{-Margin - 1, 0}, {0, -Margin - 1}, {160 + Margin, 0}, {0, 90 + Margin}} {
		if got := p.InverseDepth(at[0], at[1]); got != 0 {
			t.Errorf("outside, at %v: %g", at, got)
		}
	}
}

// empty is a street without anything on it, seen from 4 m straight ahead.
func empty() *site {
	s := &street.Street{
		Seed: 6, Heading: 0, Origin: mesh.V(0, 12, 0), From: -75, To: 75,
		Bands: []street.Band{
			{Use: street.Walk, From: -6, To: -3},
			{Use: street.Drive, From: -3, To: 0, Way: 1},
			{Use: street.Drive, From: 0, To: 3, Way: -1},
			{Use: street.Walk, From: 3, To: 6},
		},
		Light: raster.Light{
			Sun: mesh.V(-0.5, -0.5, 0.7).Unit(), SunColor: mesh.Color{R: 1, G: 1, B: 1}, Sky: mesh.Color{R: 0.4, G: 0.4, B: 0.5},
			Horizon: mesh.Color{R: 0.8, G: 0.8, B: 0.8}, Ground: mesh.Color{R: 0.2, G: 0.2, B: 0.2}, Exposure: 0.8,
		},
		Camera: raster.NewCamera(mesh.V(0, 0, 4), 0, 0.3, 0, 1, 320, 180),
	}
	l := &site{s: s, v: newView(s)}
	l.lots = [2]lot{{edge: -6, setback: 20}, {edge: 6, setback: 20}}
	return l
}

func TestNothingHidesOnAnEmptyStreet(t *testing.T) {
	p := paint(empty())
	for y := -Margin; y < p.Height+Margin; y++ {
		for x := -Margin; x < p.Width+Margin; x++ {
			if p.InverseDepth(x, y) != 0 {
				t.Fatalf("pixel %d, %d hides bodies", x, y)
			}
		}
	}
}

func TestHidesWhereAThingStands(t *testing.T) {
	l := empty()
	foot := mesh.V(1, 2, 0)
	m := &mesh.Mesh{}
	m.Box(m.Material(mesh.Material{}), foot.Add(mesh.V(-0.5, -0.5, 0)), foot.Add(mesh.V(0.5, 0.5, 2)))
	l.things = []thing{{foot, m}}
	p := paint(l)
	_, _, depth := l.s.Camera.Project(l.s.Ground(foot.X, foot.Y))
	inside := func(x, y float64) bool { // is the box on the ray through this point?
		d := l.v.ray(x+Margin, y+Margin)
		lo, hi := 0.0, math.Inf(1)
		for _, a := range [3][4]float64{{l.v.eye.X, d.X, 0.5, 1.5}, {l.v.eye.Y, d.Y, 1.5, 2.5}, {l.v.eye.Z, d.Z, 0, 2}} {
			t0, t1 := (a[2]-a[0])/a[1], (a[3]-a[0])/a[1]
			lo, hi = max(lo, min(t0, t1)), min(hi, max(t0, t1))
		}
		return lo < hi
	}
	hidden := 0
	for y := range p.Height {
		for x := range p.Width {
			all, none := true, true
			for _, c := range [4][2]float64{{-0.1, -0.1}, {1.1, -0.1}, {-0.1, 1.1}, {1.1, 1.1}} {
				in := inside(float64(x)+c[0], float64(y)+c[1])
				all, none = all && in, none && !in
			}
			got := p.InverseDepth(x, y)
			if all && math.Abs(float64(got)*depth-1) > 1e-3 || none && got != 0 {
				t.Fatalf("pixel %d, %d: inverse depth %g; inside %v, depth %g", x, y, got, all, depth)
			}
			if got > 0 {
				hidden++
			}
		}
	}
	if hidden < 100 {
		t.Errorf("only %d pixels are hidden", hidden)
	}
}

func TestLightAtFollowsTheShadow(t *testing.T) {
	l := empty()
	l.blocks = []block{{from: -20, to: 20, front: -7, back: -15, side: -1, height: 12, shadow: 12}}
	p := paint(l)
	shade, open := p.LightAt(l.s.Ground(0, -4)), p.LightAt(l.s.Ground(60, 4))
	if shade.SunColor.R > 0.01 || open.SunColor.R < 0.99 {
		t.Errorf("sun in the house's shadow %g, far from it %g", shade.SunColor.R, open.SunColor.R)
	}
}

func TestShift(t *testing.T) {
	p := Render(street.New(5, 64, 48))
	got := make([]byte, 3*p.Width*p.Height)
	rapid.Check(t, func(t *rapid.T) {
		// Sixteenths, so that both sides move by the same.
		sx, sy := rapid.IntRange(-7*steps, 7*steps).Draw(t, "x"), rapid.IntRange(-7*steps, 7*steps).Draw(t, "y")
		dx, dy := float64(sx)/steps, float64(sy)/steps
		p.Shift(got, dx, dy)
		for y := range p.Height {
			for x := range p.Width {
				for c := range 3 {
					want := naive(p, float64(x)-dx, float64(y)-dy, c)
					if g := got[3*(y*p.Width+x)+c]; math.Abs(float64(g)-want) > 0.5001 {
						t.Fatalf("shift %g, %g: pixel %d, %d is %d, want %g", dx, dy, x, y, g, want)
					}
				}
			}
		}
	})
}

// naive blends channel c of the four pixels about a point of the shown picture.
func naive(p *Picture, x, y float64, c int) float64 {
	at := func(x, y float64) float64 {
		return float64(p.RGB[3*((int(y)+Margin)*(p.Width+2*Margin)+int(x)+Margin)+c])
	}
	x0, y0 := math.Floor(x), math.Floor(y)
	x, y = x-x0, y-y0
	sum := 0.0
	for _, k := range [4][3]float64{{0, 0, (1 - x) * (1 - y)}, {1, 0, x * (1 - y)}, {0, 1, (1 - x) * y}, {1, 1, x * y}} {
		if k[2] > 0 {
			sum += k[2] * at(x0+k[0], y0+k[1])
		}
	}
	return sum
}

func BenchmarkRender(b *testing.B) {
	for _, size := range [][2]int{{640, 360}, {1280, 720}} {
		b.Run(map[int]string{360: "360p", 720: "720p"}[size[1]], func(b *testing.B) {
			seed := uint64(0)
			for b.Loop() {
				Render(street.New(seed%16, size[0], size[1]))
				seed++
			}
		})
	}
}

func BenchmarkShift(b *testing.B) {
	p := &Picture{Width: 1280, Height: 720, RGB: make([]byte, 3*(1280+2*Margin)*(720+2*Margin))}
	dst := make([]byte, 3*1280*720)
	for b.Loop() {
		p.Shift(dst, 1.3, -0.7)
	}
}
