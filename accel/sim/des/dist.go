package des

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"
)

// Dist is how long something takes: always Mean, lognormal around Mean with the
// coefficient of variation CV, or one of Values as likely as the other.
type Dist struct {
	Mean   time.Duration
	CV     float64 // standard deviation over mean
	Values []time.Duration
}

// Constant always takes d.
func Constant(d time.Duration) Dist { return Dist{Mean: d} }

func (d Dist) validate() error {
	if d.Mean < 0 || !(d.CV >= 0) || math.IsInf(d.CV, 0) {
		return fmt.Errorf("time of mean %v and variation %g: neither may be negative", d.Mean, d.CV)
	}
	for _, v := range d.Values {
		if v < 0 {
			return fmt.Errorf("time %v is negative", v)
		}
	}
	return nil
}

// draw is one time. The parameters of the lognormal follow from mean m and
// variation c: sigma^2 = ln(1+c^2), mu = ln m - sigma^2/2.
func (d Dist) draw(r *rand.Rand) time.Duration {
	switch {
	case len(d.Values) > 0:
		return d.Values[r.IntN(len(d.Values))]
	case d.CV == 0 || d.Mean == 0:
		return d.Mean
	}
	s2 := math.Log1p(d.CV * d.CV)
	return time.Duration(float64(d.Mean) * math.Exp(math.Sqrt(s2)*r.NormFloat64()-s2/2))
}

// max is a time that is positive if some draw is.
func (d Dist) max() time.Duration {
	if len(d.Values) > 0 {
		return slices.Max(d.Values)
	}
	return d.Mean
}
