package street

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"braid/source/synth/mesh"
)

func TestBandsHaveNoGaps(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := New(rapid.Uint64().Draw(t, "seed"), 1280, 720)
		drives := map[float64]bool{}
		for i, b := range s.Bands {
			if b.Width() <= 0 || i > 0 && math.Abs(b.From-s.Bands[i-1].To) > 1e-9 {
				t.Fatalf("band %d is %+v after %+v", i, b, s.Bands[max(0, i-1)])
			}
			if b.Use == Drive {
				drives[b.Way] = true
			}
		}
		if !drives[1] || !drives[-1] {
			t.Fatalf("no lanes in one of the directions: %+v", s.Bands)
		}
		if s.Bands[0].Use != Walk || s.Bands[len(s.Bands)-1].Use != Walk {
			t.Fatal("no pavement at the edge")
		}
	})
}

func TestRightHandTraffic(t *testing.T) {
	s := New(3, 1280, 720)
	for _, b := range s.Bands {
		if b.Use == Drive && (b.Middle() < 0) != (b.Way > 0) {
			t.Errorf("lane at %.1f m to the left of the road's direction goes %+v", b.Middle(), b.Way)
		}
	}
}

func TestLocateIsTheInverseOfGround(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := New(rapid.Uint64().Draw(t, "seed"), 1280, 720)
		u, v := rapid.Float64Range(-80, 80).Draw(t, "along"), rapid.Float64Range(-20, 20).Draw(t, "across")
		if gu, gv := s.Locate(s.Ground(u, v)); math.Abs(gu-u)+math.Abs(gv-v) > 1e-9 {
			t.Fatalf("%v, %v became %v, %v", u, v, gu, gv)
		}
	})
}

// The road is what the camera is there for.
func TestCameraSeesTheRoad(t *testing.T) {
	for seed := range uint64(300) {
		s := New(seed, 1280, 720)
		seen := 0
		for along := -30.0; along <= 30; along++ {
			if x, y, depth := s.Camera.Project(s.Ground(along, 0)); depth > 0 && x > 100 && x < 1180 && y > 100 && y < 700 {
				seen++
			}
		}
		if seen < 6 {
			t.Errorf("seed %d: %d m of the road's middle are in the picture", seed, seen)
		}
	}
}

func TestTrafficKeepsOffTheCamera(t *testing.T) {
	for seed := range uint64(300) {
		s := New(seed, 1280, 720)
		_, across := s.Locate(mesh.Vec{})
		for _, b := range s.Bands {
			if b.Use == Drive && across > b.From-3.4 && across < b.To+3.4 {
				t.Errorf("seed %d: the camera stands %.1f m across, the lane is from %.1f to %.1f", seed, across, b.From, b.To)
			}
		}
	}
}
