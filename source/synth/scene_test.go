package synth

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"reflect"
	"slices"
	"testing"

	"braid/source/synth/actor"
	"braid/source/synth/mesh"
)

var update = flag.Bool("update", false, "write the golden files anew")

// small is a scene that is drawn quickly.
func small(seed uint64) Options {
	return Options{Seed: seed, Width: 320, Height: 180, FPS: 2, Seconds: 4}
}

func scene(t testing.TB, o Options) *Scene {
	t.Helper()
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// The same seed gives the same truth for ever, on every processor. When bodies
// or traffic change on purpose, -update writes the file anew, and the change is
// said in docs/scenes.md.
func TestTruthIsGolden(t *testing.T) {
	var b bytes.Buffer
	for _, seed := range []uint64{1, 2, 3, 4} {
		s := scene(t, small(seed))
		for i := range s.Options.Frames() {
			for _, o := range s.Advance(i) {
				fmt.Fprintf(&b, "seed %d frame %d %s %d %v %.4f\n", seed, i, o.Class, o.Track, o.Box, o.Visible)
			}
		}
	}
	const file = "testdata/truth.golden"
	if *update {
		if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(b.Bytes(), want) {
		t.Errorf("the truth of seeds 1 to 4 has changed: run with -update and look at the difference")
	}
}

func TestTruthIsSound(t *testing.T) {
	var classes [actor.Classes]int
	for seed := range uint64(manyScenes) {
		s := scene(t, small(seed))
		for i := range 3 {
			tracks := map[int]bool{}
			for _, o := range s.Advance(i) {
				classes[o.Class]++
				if tracks[o.Track] {
					t.Errorf("seed %d frame %d: track %d twice", seed, i, o.Track)
				}
				tracks[o.Track] = true
				if o.Box[0] < 0 || o.Box[1] < 0 || o.Box[2] <= 0 || o.Box[3] <= 0 || o.Box[0]+o.Box[2] > 320 || o.Box[1]+o.Box[3] > 180 {
					t.Errorf("seed %d frame %d: box %v is not in the picture", seed, i, o.Box)
				}
				if !(o.Visible > 0 && o.Visible <= 1) {
					t.Errorf("seed %d frame %d: %v is visible", seed, i, o.Visible)
				}
			}
		}
	}
	for c, n := range classes {
		if n == 0 && manyScenes >= 30 {
			t.Errorf("no %s in %d scenes", actor.Class(c), manyScenes)
		}
	}
}

// A frame is the same whether those before it were asked for or not, which is
// what a camera's dropped frames need.
func TestFramesDoNotDependOnThoseBefore(t *testing.T) {
	a, b := scene(t, small(5)), scene(t, small(5))
	var want []Object
	for i := range 6 {
		want = slices.Clone(a.Advance(i))
	}
	got := b.Advance(5)
	if !reflect.DeepEqual(got, want) {
		t.Errorf("frame 5 alone is\n%+v, after the others\n%+v", got, want)
	}
	pa, pb := make([]byte, 3*320*180), make([]byte, 3*320*180)
	a.Paint(pa, 5)
	b.Paint(pb, 5)
	if !bytes.Equal(pa, pb) {
		t.Error("the pictures of frame 5 differ")
	}
}

func TestFramesMove(t *testing.T) {
	s := scene(t, small(1))
	first, later := make([]byte, 3*320*180), make([]byte, 3*320*180)
	s.Advance(0)
	s.Paint(first, 0)
	s.Advance(4)
	s.Paint(later, 4)
	if bytes.Equal(first, later) {
		t.Error("after 2 seconds the picture is the same")
	}
}

// What is left out of a frame would have covered nothing of it.
func TestWhatIsOutOfSightIsNotSeen(t *testing.T) {
	left := 0
	for seed := range uint64(fewScenes) {
		s := scene(t, small(seed))
		for i := range 4 {
			s.Advance(i)
			bodies := s.traffic.Bodies()
			for k := range bodies {
				b := &bodies[k]
				if s.inSight(b) {
					continue
				}
				left++
				parts := []*mesh.Mesh{{}, {}}[:len(b.Actor.Parts())]
				b.Actor.Draw(b.Motion, parts)
				for _, p := range parts {
					if c := s.canvas.Draw(p, b.Place, 1, s.street.Camera, &s.street.Light, s.back); c.Samples != 0 {
						t.Errorf("seed %d frame %d: track %d is left out, but covers %+v", seed, i, b.Track, c)
					}
				}
			}
		}
	}
	if left == 0 {
		t.Error("nothing was left out")
	}
}

// Once a body has been drawn, nothing more is allocated for it.
func TestFramesAllocateNothing(t *testing.T) {
	s := scene(t, Options{Seed: 7, Width: 320, Height: 180, FPS: 100})
	rgb := make([]byte, 3*320*180)
	i := 0
	frame := func() {
		s.Advance(i)
		s.Paint(rgb, i)
		i++
	}
	for range 20 {
		frame()
	}
	before := lastTrack(s)
	n := testing.AllocsPerRun(20, frame)
	if lastTrack(s) != before {
		t.Fatal("a body has entered: take another stretch")
	}
	if n != 0 {
		t.Errorf("%v allocations a frame", n)
	}
}

// lastTrack is that of the body which entered last.
func lastTrack(s *Scene) int {
	last := 0
	for _, b := range s.traffic.Bodies() {
		last = max(last, b.Track)
	}
	return last
}

func BenchmarkFrame(b *testing.B) {
	for _, size := range [][2]int{{640, 360}, {1280, 720}} {
		b.Run(fmt.Sprintf("%dx%d", size[0], size[1]), func(b *testing.B) {
			s := scene(b, Options{Seed: 7, Width: size[0], Height: size[1], FPS: 25})
			rgb := make([]byte, 3*size[0]*size[1])
			i := 0
			for b.Loop() {
				s.Advance(i)
				s.Paint(rgb, i)
				i++
			}
		})
	}
}
