package search

import (
	"math"
	"slices"
)

// prices are what a millisecond of each device and of a core is worth, in a bound of
// the rate: whatever prices, f/1000 * (price of all that a frame asks for) is at most
// the price of all there is (weak duality of linear programs).
type prices struct {
	device []float64
	cores  float64
}

// all is the price of all that the devices of a set offer in a millisecond.
func (c prices) all(set uint, cores int) float64 {
	sum := c.cores * float64(cores)
	for d, p := range c.device {
		if set&(1<<d) != 0 {
			sum += p
		}
	}
	return sum
}

// fluid is the bound of the rate where each unit could be split at will over the
// series, without cost, and the prices that prove it. alone is the ms of each unit on
// each series, load what it asks of the device at least, fixed the CPU time around the network.
type fluid struct {
	m     *machine
	set   uint
	alone [][]float64 // by series of the machine; infinite: cannot run it; nil: not in the set
	load  [][]float64
	fixed float64
}

// chunks is how many pieces the network counts as while prices are looked for. Any
// prices prove a bound; these only have to be good.
const chunks = 24

// bound is the bound under good prices.
func (b fluid) bound() (float64, prices) {
	c := b.m.evenPrices(b.set)
	if b.first() < 0 {
		return 0, c // no series is allowed
	}
	c.descend(b.set, b.coarse().under)
	return b.under(c), c
}

// evenPrices are what the descent begins with.
func (m *machine) evenPrices(set uint) prices {
	c := prices{device: make([]float64, len(m.devices)), cores: 1e-3}
	for d := range m.devices {
		if set&(1<<d) != 0 {
			c.device[d] = 1
		}
	}
	return c
}

// descend lowers a bound along one price or two after the other.
func (c *prices) descend(set uint, under func(prices) float64) {
	free := []*float64{&c.cores}
	for d := range c.device {
		if set&(1<<d) != 0 {
			free = append(free, &c.device[d])
		}
	}
	best := under(*c)
	for step := 4.0; step > 1.003; step = math.Sqrt(step) {
		for better := true; better; {
			better = false
			for i, p := range free {
				for _, q := range free[i:] { // the bound has kinks, where no price alone makes it lower
					for _, move := range [4][2]float64{{step, 1}, {1 / step, 1}, {step, step}, {step, 1 / step}} {
						oldP, oldQ := *p, *q
						*p *= move[0]
						*q *= move[1]
						if f := under(*c); f < best*(1-1e-4) {
							best, better = f, true
						} else {
							*p, *q = oldP, oldQ
						}
					}
				}
			}
		}
	}
}

// coarse is the same network in few pieces, each as slow as the sum of its units.
func (b fluid) coarse() fluid {
	n := len(b.alone[b.first()])
	width := (n + chunks - 1) / chunks
	pieces := func(fine [][]float64) [][]float64 {
		out := make([][]float64, len(fine))
		for i, units := range fine {
			if units == nil {
				continue
			}
			out[i] = make([]float64, (n+width-1)/width)
			for u, t := range units {
				out[i][u/width] += t
			}
		}
		return out
	}
	out := b
	out.alone, out.load = pieces(b.alone), pieces(b.load)
	return out
}

// first is a series of the set.
func (b fluid) first() int {
	return slices.IndexFunc(b.alone, func(alone []float64) bool { return alone != nil })
}

// under is the bound that prices prove.
func (b fluid) under(c prices) float64 {
	sum := c.cores * b.fixed
	for u := range b.alone[b.first()] {
		sum += b.cheapest(c, u)
	}
	return 1000 * c.all(b.set, b.m.cores) / max(least, sum)
}

// cheapest is the least price at which unit u can be had.
func (b fluid) cheapest(c prices, u int) float64 {
	lowest := math.Inf(1)
	for i, alone := range b.alone {
		if alone == nil {
			continue
		}
		s := &b.m.series[i]
		price := c.device[s.device] * b.load[i][u]
		if b.m.devices[s.device].cpu {
			price += c.cores * float64(s.threads) * alone[u] // a core's time does not shrink by streams
		}
		lowest = min(lowest, price)
	}
	return lowest
}
