package profile

import "math"

// equation is a measured time of a span of units.
type equation struct {
	span
	ms    float64
	sigma float64 // standard deviation of ms
	// whole says that the span ran inside of a larger engine, so that no cut's cost
	// is in it.
	whole bool
}

// solution is what the equations say of the n units of a stretch and the n-1 cuts between them.
type solution struct {
	ms, ci []float64 // of units; ci is half of the 95 % interval
	cut    []float64 // what a cut adds to both sides together
}

// expected is what is taken for true of the units before anything is measured. Its
// deviations are wide, so that it matters only where no equation tells.
type expected struct {
	unit []float64
	cut  float64
}

// solve finds unit times u and cut costs c from measured spans. A span [a, b) takes
//
//	u_a + … + u_b-1  +  c_a/2 + c_b/2
//
// with half of the cost of the cut at each of its ends that is inside of the
// stretch: so both parts of a stretch cut once are longer by c together, and the
// whole has none. It is the least-squares solution weighted by 1/sigma², with what is expected as further equations: a unit by its guess, of variance
// guess × all guesses (what several units took together is divided as guessed), a
// cut by the mean cost, of a deviation of the same size. A cut that is at no end of any measured
// span costs the mean of those that are. No time is negative: one
// that would be is set to 0. The interval follows from the covariance, widened
// where the equations contradict each other by more than their deviations (Birge's
// ratio).
func solve(n int, equations []equation, e expected) solution {
	fixed := make([]bool, 2*n-1)
	for {
		m, y := normal(n, equations, e, fixed)
		inverse := invert(m)
		x := times(inverse, y)
		if negative(x, fixed) {
			continue
		}
		birge := residual(n, equations, x)
		s := solution{ms: x[:n], cut: x[n:]}
		s.spread(equations)
		for i := range n {
			s.ci = append(s.ci, z95*birge*math.Sqrt(max(inverse[i][i], 0)))
		}
		return s
	}
}

// spread gives cuts of which no equation tells the mean of those of which one does.
func (s solution) spread(equations []equation) {
	told := make([]bool, len(s.cut))
	for _, q := range equations {
		for _, border := range []int{q.first, q.end} {
			if !q.whole && border > 0 && border <= len(told) {
				told[border-1] = true
			}
		}
	}
	sum, n := 0.0, 0
	for i, is := range told {
		if is {
			sum, n = sum+s.cut[i], n+1
		}
	}
	for i, is := range told {
		if !is && n > 0 {
			s.cut[i] = sum / float64(n)
		}
	}
}

// negative sets what is below 0 to 0 and fixes it there; it says whether there was
// any.
func negative(x []float64, fixed []bool) (found bool) {
	for i := range x {
		switch {
		case fixed[i]:
			x[i] = 0
		case x[i] < 0:
			fixed[i], found = true, true
		}
	}
	return found
}

// row are the coefficients of an equation.
func (q equation) row(n int) []float64 {
	r := make([]float64, 2*n-1)
	for i := q.first; i < q.end; i++ {
		r[i] = 1
	}
	if q.whole {
		return r
	}
	if q.first > 0 {
		r[n+q.first-1] = 0.5
	}
	if q.end < n {
		r[n+q.end-1] = 0.5
	}
	return r
}

// normal are the normal equations, matrix and right side.
func normal(n int, equations []equation, e expected, fixed []bool) (m [][]float64, y []float64) {
	m, y = make([][]float64, 2*n-1), make([]float64, 2*n-1)
	for i := range m {
		m[i] = make([]float64, 2*n-1)
	}
	for _, q := range equations {
		r, w := q.row(n), 1/(q.sigma*q.sigma)
		for i := range r {
			y[i] += w * r[i] * q.ms
			for k := range r {
				m[i][k] += w * r[i] * r[k]
			}
		}
	}
	all := 0.0
	for _, g := range e.unit {
		all += g
	}
	floor := 1e-6 * all // of a deviation: numbers must stay apart from 0
	for i := range m {
		mean, variance := e.cut, e.cut*e.cut
		if i < n {
			mean, variance = e.unit[i], e.unit[i]*all
		}
		if fixed[i] {
			mean, variance = 0, 0
		}
		w := 1 / (variance + floor*floor)
		m[i][i] += w
		y[i] += w * mean
	}
	return m, y
}

// residual is the root of the mean squared residual in deviations, at least 1.
func residual(n int, equations []equation, x []float64) float64 {
	sum := 0.0
	for _, q := range equations {
		d := q.ms
		for i, c := range q.row(n) {
			d -= c * x[i]
		}
		sum += d * d / (q.sigma * q.sigma)
	}
	return math.Sqrt(max(1, sum/float64(max(1, len(equations)))))
}

// invert is the inverse of a symmetric positive matrix, by Gauss and Jordan, which
// needs no pivots there.
func invert(m [][]float64) [][]float64 {
	n := len(m)
	out := make([][]float64, n)
	for i := range out {
		out[i] = make([]float64, n)
		out[i][i] = 1
	}
	for i := range n {
		p := m[i][i]
		for k := range n {
			m[i][k] /= p
			out[i][k] /= p
		}
		for r := range n {
			f := m[r][i]
			if r == i || f == 0 {
				continue
			}
			for k := range n {
				m[r][k] -= f * m[i][k]
				out[r][k] -= f * out[i][k]
			}
		}
	}
	return out
}

func times(m [][]float64, x []float64) []float64 {
	out := make([]float64, len(m))
	for i, row := range m {
		for k, v := range row {
			out[i] += v * x[k]
		}
	}
	return out
}
