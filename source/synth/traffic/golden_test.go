package traffic

import (
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"braid/source/synth/mesh"
	"braid/source/synth/raster"
	"braid/source/synth/street"
)

var update = flag.Bool("update", false, "write the golden files anew")

// place is a street of the test's own, so that only traffic alters the motion.
func place(seed uint64) *street.Street {
	return &street.Street{
		Seed: seed, Heading: 0.5, Origin: mesh.V(1, 16, 0), From: -75, To: 75,
		Bands: []street.Band{
			{Use: street.Walk, From: -9.5, To: -6.5},
			{Use: street.Parking, From: -6.5, To: -4.2, Way: 1},
			{Use: street.Drive, From: -4.2, To: -0.8, Way: 1},
			{Use: street.Drive, From: -0.8, To: 2.6, Way: -1},
			{Use: street.Cycle, From: 2.6, To: 4.2, Way: -1},
			{Use: street.Verge, From: 4.2, To: 5.7},
			{Use: street.Walk, From: 5.7, To: 9.9},
		},
		Crossings: []street.Crossing{{Along: 9, Width: 3.5}, {Along: -8, Width: 4}},
		Camera:    raster.NewCamera(mesh.V(0, 0, 5), 0.05, 0.3, 0, 1, 1280, 720),
	}
}

// motion is the hash of where everybody is in each second of a minute.
func motion(tr *Traffic) string {
	h := sha256.New()
	micro := func(v mesh.Vec) [3]int64 {
		return [3]int64{int64(math.Round(v.X * 1e6)), int64(math.Round(v.Y * 1e6)), int64(math.Round(v.Z * 1e6))}
	}
	for at := range 60 {
		tr.Advance(time.Duration(at) * time.Second)
		for _, b := range tr.Bodies() {
			fmt.Fprintf(h, "%d %d %v %v %v %t\n", at, b.Track, b.Actor.Parts(), micro(b.Place.T), micro(b.Place.X), b.Motion.Brake)
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

// The same seed gives the same motion for ever, on every processor.
func TestMotionIsTheSame(t *testing.T) {
	var got strings.Builder
	for _, seed := range []uint64{1, 2, 3, 7, 42} {
		fmt.Fprintln(&got, seed, motion(populate(place(seed), fake)))
	}
	file := filepath.Join("testdata", "motion.golden")
	if *update {
		if err := os.WriteFile(file, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got.String() != string(want) {
		t.Errorf("motion of seeds:\n%swant:\n%s", got.String(), want)
	}
}

// Other seeds give other motion, and looks do not alter it.
func TestMotionFollowsTheSeed(t *testing.T) {
	a, b := motion(populate(place(1), fake)), motion(populate(place(1), fake))
	if a != b {
		t.Error("one seed gives two motions")
	}
	if motion(populate(place(2), fake)) == a {
		t.Error("two seeds give the same motion")
	}
}
