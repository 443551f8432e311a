package video

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"braid/internal/frame"
	"braid/sink/wire"
)

// drawn is what a clip shows of one frame.
func drawn(t testing.TB, f *frame.Frame, objects ...wire.Object) *frame.Frame {
	t.Helper()
	c := &canvas{}
	if err := c.begin(f); err != nil {
		t.Fatal(err)
	}
	if err := c.paint(&c.tiles[0], &shot{frame: f, objects: objects}); err != nil {
		t.Fatal(err)
	}
	return c.picture
}

func TestGolden(t *testing.T) {
	f := newFrame(t, frame.I420, 320, 240, frame.Colorimetry{})
	f.Camera, f.Seq, f.PTS = "gate-1", 48213, 62*time.Second+480*time.Millisecond
	golden(t, "objects", drawn(t, f,
		wire.Object{Label: "person", Class: 0, Score: 0.91, Box: [4]float32{0.1, 0.2, 0.05, 0.3}},
		wire.Object{Label: "bicycle", Class: 1, Score: 0.306, Box: [4]float32{0.3, 0.3, 0.15, 0.3}},
		wire.Object{Label: "car", Class: 2, Score: 0.77, Box: [4]float32{0.9, 0.01, 0.2, 0.3}}, // over the edges
		wire.Object{Label: "motorcycle", Class: 3, Score: 0.5, Box: [4]float32{0.5, 0.55, 0.1, 0.3}},
		wire.Object{Label: "bus", Class: 5, Score: 0.66, Box: [4]float32{0, 0.01, 0.2, 0.3}}, // under the title
		wire.Object{Label: "truck", Class: 7, Score: 1, Box: [4]float32{0.7, 0.8, 0.28, 0.3}},
	))
	m := &canvas{cameras: []string{"left", "Pförtner 漢", "yard"}}
	if err := m.begin(f); err != nil {
		t.Fatal(err)
	}
	g := newFrame(t, frame.RGB, 320, 120, frame.Colorimetry{})
	g.Camera, g.Seq, g.Capture = "Pförtner 漢", 7, time.Date(2026, 11, 23, 10, 0, 0, 123e6, time.UTC)
	for range 2 { // what was drawn before does not show
		if err := m.paint(m.tileOf(g.Camera), &shot{frame: g, objects: []wire.Object{{Label: "dog", Class: 16, Score: 0.5, Box: [4]float32{0.4, 0.4, 0.2, 0.2}}}}); err != nil {
			t.Fatal(err)
		}
	}
	golden(t, "mosaic", m.picture)
}

// A box at 720p is where its fractions say, as thick as a person can see, in the
// colour of its class.
func TestBoxIsWhereItShouldBe(t *testing.T) {
	f := newFrame(t, frame.I420, 1280, 720, frame.Colorimetry{Matrix: frame.BT709})
	plain := drawn(t, f)
	with := drawn(t, f, wire.Object{Label: "person", Score: 0.9, Box: [4]float32{0.25, 0.5, 0.5, 0.25}})
	want := hueOf(0)
	for _, at := range [][2]int{{321, 450}, {958, 450}, {640, 362}, {640, 537}} { // inside of each side
		if got := pixel(with, at[0], at[1]); apart(got, want) > 8 {
			t.Errorf("side at %v is %v, want %v", at, got, want)
		}
	}
	for _, at := range [][2]int{{317, 450}, {962, 450}, {640, 542}, {640, 450}, {326, 450}} {
		if got, was := pixel(with, at[0], at[1]), pixel(plain, at[0], at[1]); got != was {
			t.Errorf("pixel at %v was drawn on", at)
		}
	}
	if face, err := newPencil(1280, 720, frame.BT709); err != nil || face.face.height < 22 || face.line < 3 {
		t.Errorf("at 720p text is %d and lines are %d pixels high", face.face.height, face.line)
	}
}

// Whatever is drawn stays in the part that the picture has.
func TestDrawingStaysInside(t *testing.T) {
	p, err := newPencil(200, 160, frame.BT601)
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		whole := blank()
		if err := whole.Shape(frame.I420, 200, 160); err != nil {
			t.Fatal(err)
		}
		fill(whole, rect{0, 0, 200, 160}, ink{77, 88, 99}, opaque)
		x, y := 2*rapid.IntRange(0, 50).Draw(t, "x"), 2*rapid.IntRange(0, 40).Draw(t, "y")
		part := rect{x, y, x + 2*rapid.IntRange(1, (200-x)/2).Draw(t, "w"), y + 2*rapid.IntRange(1, (160-y)/2).Draw(t, "h")}
		number := rapid.Float32Range(-2, 3)
		o := wire.Object{
			Label: rapid.String().Draw(t, "label"), Class: rapid.IntRange(0, 90).Draw(t, "class"), Score: number.Draw(t, "score"),
			Box: [4]float32{number.Draw(t, "bx"), number.Draw(t, "by"), number.Draw(t, "bw"), number.Draw(t, "bh")},
		}
		f := blank()
		f.Camera = rapid.String().Draw(t, "camera")
		p.draw(whole, part, part, &shot{frame: f, objects: []wire.Object{o}})
		for i, want := range []byte{77, 88, 99} {
			shrink := 1 + min(i, 1)
			plane := whole.Planes[i]
			for at, got := range plane.Data {
				px, py := at%plane.Stride*shrink, at/plane.Stride*shrink
				inside := px >= part.x0 && px < part.x1 && py >= part.y0 && py < part.y1
				if !inside && got != want {
					t.Fatalf("plane %d was drawn on at %d,%d, outside of %v", i, px, py, part)
				}
			}
		}
	})
}

func TestPlates(t *testing.T) {
	part, taken := rect{0, 0, 400, 300}, []rect{{0, 0, 150, 20}, {200, 180, 260, 200}}
	for _, c := range []struct {
		name      string
		box, want rect
	}{
		{"above", rect{200, 100, 250, 150}, rect{200, 80, 260, 100}},
		{"at the right edge", rect{380, 100, 400, 150}, rect{340, 80, 400, 100}},
		{"at the top", rect{200, 10, 250, 150}, rect{200, 150, 260, 170}},
		{"under the title", rect{20, 5, 90, 150}, rect{20, 150, 80, 170}},
		{"would touch the title", rect{20, 35, 90, 150}, rect{20, 150, 80, 170}},
		{"beside the title", rect{160, 30, 180, 150}, rect{160, 10, 220, 30}},
		{"as high as the picture", rect{200, 0, 250, 300}, rect{200, 0, 260, 20}},
		{"that and under the title", rect{20, 0, 90, 300}, rect{20, 20, 80, 40}},
		{"another is above", rect{210, 200, 250, 220}, rect{210, 220, 270, 240}},
		{"another is above, the picture ends below", rect{210, 200, 250, 290}, rect{210, 200, 270, 220}},
	} {
		if got := plateOf(c.box, 60, 20, part, taken); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
	if got := plateOf(rect{10, 0, 20, 300}, 60, 20, part, []rect{part}); got != (rect{10, 0, 70, 20}) {
		t.Errorf("no room anywhere: %v", got)
	}
}

// Cameras of two sizes take turns, as they do in a mosaic.
func TestDrawingAllocatesNothing(t *testing.T) {
	for _, p := range []frame.PixelFormat{frame.RGB, frame.NV12, frame.I420} {
		c := &canvas{cameras: []string{"gate-1", "yard"}}
		var shots []*shot
		for i, camera := range c.cameras {
			f := newFrame(t, p, 320+128*i, 180+60*i, frame.Colorimetry{FullRange: true})
			f.Camera = camera
			shots = append(shots, &shot{frame: f, objects: []wire.Object{{Label: "person", Class: 3, Score: 0.5, Box: [4]float32{0.1, 0.1, 0.5, 0.5}}}})
		}
		if err := c.begin(shots[0].frame); err != nil {
			t.Fatal(err)
		}
		if n := testing.AllocsPerRun(5, func() {
			for _, s := range shots {
				if err := c.paint(c.tileOf(s.frame.Camera), s); err != nil {
					t.Fatal(err)
				}
			}
		}); n > 0 {
			t.Errorf("%v: %v allocations", p, n)
		}
	}
}

func BenchmarkPaint(b *testing.B) {
	f := newFrame(b, frame.I420, 1280, 720, frame.Colorimetry{Matrix: frame.BT709})
	s := &shot{frame: f, objects: make([]wire.Object, 10)}
	for i := range s.objects {
		s.objects[i] = wire.Object{Label: "person", Score: 0.5, Box: [4]float32{float32(i) / 10, 0.4, 0.1, 0.3}}
	}
	for name, cameras := range map[string][]string{"one": nil, "mosaic": {"", "b", "c", "d"}} {
		b.Run(name, func(b *testing.B) {
			c := &canvas{cameras: cameras}
			if err := c.begin(f); err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				if err := c.paint(&c.tiles[0], s); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
