package darknet

import (
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"braid/accel/network"
	"braid/accel/network/darknettest"
)

// TestMoments holds the moments of activations against those of random numbers.
func TestMoments(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, a := range activations() {
		for _, in := range []moments{{0, 1}, {1, 3}, {-0.5, 0.3}} {
			var mean, square float64
			const draws = 50_000
			for range draws {
				y := activation(a).value(in.mean + math.Sqrt(in.variance())*rng.NormFloat64())
				mean, square = mean+y/draws, square+y*y/draws
			}
			got := activation(a).moments(in)
			if math.Abs(got.mean-mean) > 0.04 || math.Abs(got.square-square) > 0.12 {
				t.Errorf("%s of %v: %v, drawn %v %v", a, in, got, mean, square)
			}
		}
	}
}

// TestMomentsOfProducts holds those of products against those of random numbers.
func TestMomentsOfProducts(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	a, b := moments{0.5, 1.25}, moments{-1, 1.5}
	var product, squared moments
	const draws = 400_000
	for range draws {
		x := a.mean + math.Sqrt(a.variance())*rng.NormFloat64()
		y := b.mean + math.Sqrt(b.variance())*rng.NormFloat64()
		product.mean, product.square = product.mean+x*y/draws, product.square+x*y*x*y/draws
		squared.mean, squared.square = squared.mean+x*x/draws, squared.square+x*x*x*x/draws
	}
	for _, c := range []struct {
		what        string
		have, drawn moments
	}{{"product", a.times(b), product}, {"square", a.squared(), squared}} {
		if math.Abs(c.have.mean-c.drawn.mean) > 0.02 || math.Abs(c.have.square-c.drawn.square) > 0.1 {
			t.Errorf("%s: %v, drawn %v", c.what, c.have, c.drawn)
		}
	}
}

// TestRandomNetworks builds random networks and reads them back: the file is a
// network whose shapes are all stated.
func TestRandomNetworks(t *testing.T) {
	built := 0
	rapid.Check(t, func(t *rapid.T) {
		n, err := Parse([]byte(darknettest.Cfg(t)), "r.cfg")
		if err != nil {
			t.Skip(err)
		}
		b, err := n.Build("r", n.RandomWeights(rapid.Uint64().Draw(t, "seed"), nil))
		if err != nil {
			t.Fatal(err)
		}
		data, err := b.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		parsed, err := network.Parse(data)
		if err != nil {
			t.Fatal(err)
		}
		ids := map[string]bool{"": true}
		for _, l := range parsed.Layers() {
			ids[l.Outputs[0].Name] = true
			for _, o := range l.Outputs {
				if _, err := parsed.Describe(t.Context(), []string{o.Name}, nil); err != nil {
					t.Fatal(err)
				}
			}
		}
		for _, at := range n.TKDNNLayers() {
			if !ids[at] {
				t.Fatalf("no node writes %s", at)
			}
		}
		built++
	})
	if built < 50 {
		t.Errorf("only %d networks", built)
	}
}
